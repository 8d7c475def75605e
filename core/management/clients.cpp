#include "core/management/clients.hpp"

#include "core/logic/client_list.hpp"

namespace chihaya::management {

Reply answer_client(const Call& call, logic::Roster& roster) {
    const auto id = percent_decoded(*call.target.item, false);
    const auto prefix = id ? logic::client_prefix(*id) : std::nullopt;
    if (call.method == "GET") {
        const bool known = prefix && roster.has_client(*prefix);
        return known ? Reply{} : text_reply(404, "client is not approved");
    }
    if (!prefix) {
        return bad_request("malformed client ID: accepted 1 to 20 percent-encoded bytes");
    }
    if (call.method == "PUT") {
        const ClientRecord client{.prefix = *prefix};
        return status_reply(roster.put_clients({&client, 1}));
    }
    return status_reply(roster.erase_clients({&*prefix, 1}));
}

}  // namespace chihaya::management

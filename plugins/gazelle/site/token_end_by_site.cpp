#include "plugins/gazelle/limits.hpp"
#include "plugins/gazelle/site/site_socket.hpp"
#include "plugins/gazelle/site/token_end.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/URI.h>

#include <algorithm>
#include <array>
#include <istream>
#include <string_view>

namespace chihaya::gazelle {
namespace {

namespace net = Poco::Net;

std::string pair_of(const UsedToken& token) {
    return std::to_string(static_cast<std::uint64_t>(token.user)) + ':' +
           std::to_string(static_cast<std::uint64_t>(token.torrent));
}

bool is_blank(std::istream& body) {
    std::array<char, limits::token_answer_max> bytes{};
    body.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const std::string_view text(bytes.data(), static_cast<std::size_t>(body.gcount()));
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string path_and_query_of(const Parameters& parameters) {
    std::string path = Poco::URI(parameters.site.url).getPathEtc();
    while (path.ends_with('/')) {
        path.pop_back();
    }
    std::string key;
    Poco::URI::encode(parameters.site_password, "!#$%&'()*+,/:;=?@[]", key);
    return path + "/tools.php?key=" + key + "&type=expiretoken&action=ocelot&tokens=";
}

class BySite final : public TokenEnd {
public:
    explicit BySite(const Parameters& parameters)
        : target_(path_and_query_of(parameters)),
          host_(Poco::URI(parameters.site.url).getAuthority()),
          socket_(Poco::URI(parameters.site.url)) {}

    TokensEnded end(std::span<const UsedToken> tokens) override {
        TokensEnded ended;
        try {
            ended = call(tokens);
        } catch (const Poco::Exception& error) {
            ended = {TokenOutcome::failed, std::string(error.displayText())};
        }
        socket_.let_go();
        return ended;
    }

    std::size_t fit(std::span<const UsedToken> tokens) const override {
        std::size_t size = target_.size();
        std::size_t count = 0;
        for (const UsedToken& token : tokens.first(std::min(tokens.size(), most))) {
            size += pair_of(token).size() + 1;
            if (count > 0 && size > limits::token_query_max) {
                break;
            }
            ++count;
        }
        return count;
    }

    void interrupt() noexcept override { socket_.interrupt(); }

private:
    static constexpr std::size_t most = limits::tokens_per_call;

    TokensEnded call(std::span<const UsedToken> tokens) {
        std::string target = target_;
        for (const UsedToken& token : tokens) {
            target += target.ends_with('=') ? "" : ",";
            target += pair_of(token);
        }
        net::HTTPRequest request(net::HTTPRequest::HTTP_GET, target, net::HTTPRequest::HTTP_1_0);
        request.set("Host", host_);
        request.set("Accept", "*/*");
        request.set("Connection", "close");
        const auto session = socket_.connect();
        session->sendRequest(request);
        net::HTTPResponse response;
        std::istream& body = session->receiveResponse(response);
        const int status = response.getStatus();
        if (status != net::HTTPResponse::HTTP_OK) {
            return {TokenOutcome::failed, "the site answered " + std::to_string(status)};
        }
        return is_blank(body) ? TokensEnded{}
                              : TokensEnded{TokenOutcome::refused,
                                            "the site answered 200 with a page of its own"};
    }

    const std::string target_;  // up to the tokens; holds the secret
    const std::string host_;
    SiteSocket socket_;
};

}  // namespace

std::unique_ptr<TokenEnd> token_end_by_site(const Parameters& parameters) {
    return std::make_unique<BySite>(parameters);
}

}  // namespace chihaya::gazelle

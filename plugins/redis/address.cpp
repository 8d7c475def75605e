#include "plugins/redis/address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <exception>
#include <memory>
#include <utility>

namespace chihaya::redis {
namespace {

constexpr std::size_t addresses_max = 16;

template <class Sockaddr>
Address address_of(const Sockaddr& from) noexcept {
    Address address;
    static_assert(sizeof(from) <= sizeof(address.storage));
    std::memcpy(&address.storage, &from, sizeof(from));
    address.size = sizeof(from);
    return address;
}

std::string look_up_into(const Endpoint& endpoint, std::vector<Address>& addresses) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error =
        ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (error != 0) {
        return ::gai_strerror(error);
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
    for (; found != nullptr && addresses.size() < addresses_max; found = found->ai_next) {
        Address address;
        if (found->ai_addrlen <= sizeof(address.storage)) {
            std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
            address.size = found->ai_addrlen;
            addresses.push_back(address);
        }
    }
    return {};
}

}  // namespace

std::optional<Address> literal_address(const Endpoint& endpoint) noexcept {
    if (!endpoint.path.empty()) {
        sockaddr_un local{};
        local.sun_family = AF_UNIX;
        if (endpoint.path.size() >= sizeof(local.sun_path)) {
            return std::nullopt;
        }
        std::memcpy(local.sun_path, endpoint.path.data(), endpoint.path.size());
        return address_of(local);
    }
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(endpoint.port);
    if (::inet_pton(AF_INET, endpoint.host.c_str(), &ipv4.sin_addr) == 1) {
        return address_of(ipv4);
    }
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(endpoint.port);
    if (::inet_pton(AF_INET6, endpoint.host.c_str(), &ipv6.sin6_addr) == 1) {
        return address_of(ipv6);
    }
    return std::nullopt;
}

void Resolver::stop() noexcept {
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool Resolver::start(const Endpoint& endpoint) noexcept {
    if (thread_.joinable()) {
        if (!finished_) {
            return true;
        }
        thread_.join();
    }
    try {
        result_ = {endpoint, {}, {}};
        finished_ = false;
        thread_ = std::thread([this] { look_up(); });
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

void Resolver::look_up() noexcept {
    try {
        result_.fault = look_up_into(result_.endpoint, result_.addresses);
    } catch (const std::exception&) {
        result_.addresses.clear();
    }
    finished_ = true;
    host_.post(done_);
}

std::optional<Resolver::Result> Resolver::take() noexcept {
    if (!thread_.joinable() || !finished_) {
        return std::nullopt;
    }
    thread_.join();
    return std::exchange(result_, {});
}

}  // namespace chihaya::redis

#pragma once

/// @file connection.hpp
/// HTTP around the routes: one connection, one request, one reply.

#include "core/base/log.hpp"
#include "core/management/gate.hpp"
#include "core/management/routes.hpp"

#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/TCPServerConnectionFactory.h>

#include <atomic>

namespace chihaya::management {

/// What connections share.
/// Lifetime: everything outlives them
struct Context {
    Routes& routes;
    const Gate& gate;
    Log& log;
    const std::atomic<bool>& stopping;
};

/// Makes connections for one listening address. Exceptions end with the connection they are about.
[[nodiscard]] Poco::Net::TCPServerConnectionFactory::Ptr connection_factory(
    const Context& context, bool listener_on_loopback);

/// The bounds of limits.hpp, in Poco's words; no connection is kept alive, as in Chihaya v1.
[[nodiscard]] Poco::Net::HTTPServerParams::Ptr connection_params();

}  // namespace chihaya::management

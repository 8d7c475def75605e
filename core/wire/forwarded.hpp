#pragma once

/// @file forwarded.hpp
/// Who asked, according to the proxies in between. Only what a trusted proxy wrote is believed:
/// entries further left were written by whoever came before it.

#include "core/base/ip_address.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace chihaya::wire {

/// The right-most address of the header that is in none of `trusted`; the left-most one when all
/// are.
///
/// `header_name` is what the operator configured, any case. `Forwarded` is read as RFC 7239 says
/// (`for=`); every other name as a list of addresses (X-Forwarded-For), a single one included
/// (X-Real-IP). Several lines of that name are one list. Ports, brackets and quotes are dropped.
/// To be asked only about a request that came from a trusted address itself.
///
/// Errors: empty when the header is absent or the deciding entry is no address; the caller then
///         has only the proxy's own address
/// Source: RFC 7239
[[nodiscard]] std::optional<IpAddress> forwarded_client(
    std::string_view fields, std::string_view header_name,
    std::span<const IpNetwork> trusted) noexcept;

}  // namespace chihaya::wire

#pragma once

/// @file abi.hpp
/// The binary contract between the host and the plugins it loads.
///
/// A plugin is accepted when three facts hold, checked in this order:
///   1. `abi_major` equals the host's. It changes when anything already published changes shape
///      or meaning.
///   2. `abi_minor` is not above the host's. It grows when something is appended.
///   3. `toolchain` equals the host's: C++ ABI and standard library, because views, spans and
///      durations cross the boundary.
/// The reason for a refusal is reported before any plugin code but the entry point has run.
///
/// What may be appended within a major, and by whom it is noticed:
///   - a virtual at the end of an interface the HOST implements (`Host`, every sink): always; an
///     older plugin never calls it.
///   - a virtual at the end of an interface a PLUGIN implements (drivers, sessions): the core asks
///     the card's minor before it calls it, because an older plugin's table simply ends.
///   - a field at the end of a struct the host fills and hands over by reference
///     (`AnnounceRequest`, `TrackerSetup`, …): always; a plugin never meets a host older than its
///     own SDK.
///   - nothing, to a struct a plugin fills (`AnnounceReply`, `PeerHistory`): the host could not
///     tell how much an older plugin filled. Append a sink method that takes a new struct instead.
///   - nothing, to a struct that lies in a span (`AnnounceCall`, `UserRecord`, …): its size is the
///     stride. Such structs carry zeroed spare bytes where growth is likely.
///
/// Stability: the names and meanings in this file never change; the numbers do.

#include <cstdint>
#include <type_traits>
#include <version>

#if defined(_WIN32)
#define CHIHAYA_PLUGIN_EXPORT __declspec(dllexport)
#else
#define CHIHAYA_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

#if defined(_MSC_VER)
#define CHIHAYA_ABI_CXX "msvc"
#else
#define CHIHAYA_ABI_CXX "itanium"
#endif

#if defined(_LIBCPP_VERSION)
#define CHIHAYA_ABI_STDLIB "libc++"
#elif defined(__GLIBCXX__) && _GLIBCXX_USE_CXX11_ABI
#define CHIHAYA_ABI_STDLIB "libstdc++11"
#elif defined(__GLIBCXX__)
#define CHIHAYA_ABI_STDLIB "libstdc++98"
#else
#define CHIHAYA_ABI_STDLIB "msvc-stl"
#endif

namespace chihaya {
namespace abi {

inline constexpr std::uint32_t magic = 0x48'49'48'43;  // "CHIH" in memory order
inline constexpr std::uint16_t major = 1;
inline constexpr std::uint16_t minor = 0;

inline constexpr char toolchain_tag[] = CHIHAYA_ABI_CXX "/" CHIHAYA_ABI_STDLIB;

/// The one symbol a plugin exports. Its suffix is the version of `PluginDescriptor`'s preamble.
inline constexpr char entry_symbol[] = "chihaya_plugin_v1";

static_assert(sizeof(void*) == 8, "plugins are built for 64-bit hosts only");
static_assert(sizeof(bool) == 1);

}  // namespace abi

/// What may be passed between host and plugin by value, by reference or in a span.
template <class T>
concept CrossesBoundary = std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>;

}  // namespace chihaya

#pragma once

/// @file page.hpp
/// `/`: the page on which an operator watches the tracker. Its source is the folder page/, which
/// the build joins into one file; page/embed.cmake says how.

#include "core/management/reply.hpp"

#include <cstddef>

namespace chihaya::management {

/// The whole page, HTML in UTF-8, and what its browser is told it may do. Written by the build.
extern const unsigned char page_bytes[];
extern const std::size_t page_size;
extern const char* const page_policy;

/// The page. It holds no figure and no secret: its script asks `/stats` like any other caller.
[[nodiscard]] Reply page_reply();

}  // namespace chihaya::management

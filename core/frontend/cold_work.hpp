#pragma once

/// @file cold_work.hpp
/// What the HTTP front end may have done on threads that are not a worker's.

#include "core/frontend/control_call.hpp"
#include "core/frontend/full_scrape.hpp"

namespace chihaya::frontend {

/// Lifetime: what is named outlives the front end
struct ColdWork {
    FullScrape* full_scrape = nullptr;  // null: nobody may have one
    ControlDesk* control = nullptr;     // null: the site has no calls to make
};

}  // namespace chihaya::frontend

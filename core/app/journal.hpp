#pragma once

/// @file journal.hpp
/// The journal of systemd as the reader of the log. Source: systemd.exec(5) `JOURNAL_STREAM`,
/// sd-daemon(3)

#include "core/base/log.hpp"

#include <string>

namespace chihaya::app {

/// Does the journal read what is written to `descriptor`? `journal_stream` is the variable of that
/// name, by which systemd says which stream it reads: `device:inode`. A program whose output has
/// been sent elsewhere still has the variable, so the two are compared. Null: it does not.
[[nodiscard]] bool is_journal(int descriptor, const char* journal_stream) noexcept;

/// `line` as the journal takes it: its severity before it as `<N>` in syslog's numbers, and a line
/// end behind it.
[[nodiscard]] std::string journal_line(Severity severity, const std::string& line);

}  // namespace chihaya::app

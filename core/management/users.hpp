#pragma once

/// @file users.hpp
/// `/users/PASSKEY`: the accounts of a private tracker, one at a time. No reply but GET's own shows
/// a passkey, and no line of the log does.
/// Source: Chihaya v1 (PUT and DELETE 2014; its GET was written and never routed)

#include "core/logic/roster.hpp"
#include "core/management/json_fields.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"

#include <string>

namespace chihaya::management {

/// What GET shows of a user.
[[nodiscard]] config::Value shown(const UserRecord& user);

/// The user that PUT's object describes; what is wrong with it, `fields` complains of.
[[nodiscard]] UserRecord read_user(JsonFields& fields, const std::string& passkey_of_path);

/// PUT takes `{"id", "passkey", "up_multiplier", "down_multiplier", "can_leech", "hidden"}`. `id`
/// is needed and is the key: a put with another passkey replaces the old one. As in v1 the body's
/// passkey counts, and the path's where the body has none. Multipliers are 1, `can_leech` true and
/// `hidden` false where absent.
/// 200; 400 when the body is wrong; 503 when the tracker driver is away.
///
/// GET: the same object, or 404. DELETE: 200, whether it was there or not.
[[nodiscard]] Reply answer_user(const Call& call, logic::Roster& roster);

}  // namespace chihaya::management

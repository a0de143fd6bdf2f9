/// Whether a value fits its key. Pure functions on untrusted text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/key_table.h"

namespace stellwerk::config {

/// What keeps `value` from being one of `key`, as a clause after the quoted value ("is not a duration;
/// accepted is ..."); nullopt if it fits. The clause does not repeat the value of a secret.
std::optional<std::string> value_fault(const Key& key, std::string_view value);

/// The word of `key.accepted` that `value` means, as the table spells it.
std::optional<std::string> canonical_choice(const Key& key, std::string_view value);

}  // namespace stellwerk::config

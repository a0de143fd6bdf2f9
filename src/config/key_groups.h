/// The groups that key_table.cc puts together; nobody else includes this.
#pragma once

#include <span>

#include "config/key_table.h"

namespace stellwerk::config {

std::span<const Key> high_availability_keys() noexcept;
std::span<const Key> master_keys() noexcept;
std::span<const Key> rest_keys() noexcept;
std::span<const Key> job_keys() noexcept;
std::span<const Key> worker_keys() noexcept;
std::span<const Key> environment_keys() noexcept;
std::span<const Key> client_keys() noexcept;
std::span<const Key> other_keys() noexcept;

/// An entry for a key of Flink that has no meaning here.
constexpr Key ignored(std::string_view name, std::string_view why = {}, std::string_view aliases = {}) {
  return Key{.name = name, .standing = Standing::ignored, .meaning = why, .aliases = aliases};
}

}  // namespace stellwerk::config

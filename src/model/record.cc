#include "model/record.h"

#include <stellwerk/blob_store.h>

#include <array>

namespace stellwerk::model {

bool is_valid_key(std::string_view key) noexcept {
  static_assert(kKeyBytesMax <= kBlobNameBytesMax);
  return key.size() <= kKeyBytesMax && is_valid_blob_name(key);
}

std::string_view job_of(std::string_view key) noexcept {
  constexpr std::array<std::string_view, 4> kFamilies{"jobs/", "history/", "ended/", "quarantine/"};
  for (const auto family : kFamilies) {
    if (!key.starts_with(family)) continue;
    key.remove_prefix(family.size());
    return key.substr(0, key.find('/'));
  }
  return {};
}

}  // namespace stellwerk::model

#include "identity/identity.h"

#include <algorithm>
#include <limits>

#include "base/ids.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace stellwerk::identity {
namespace {

constexpr std::int64_t kLayout = 1;
constexpr std::size_t kIdBytesMax = 1024;
/// As in the head.
constexpr std::int64_t kEpochMax = 9'999'999'999;
/// So that the next start can still count on.
constexpr std::int64_t kIncarnationMax = std::numeric_limits<std::int64_t>::max() - 1;

bool may_be_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdBytesMax &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '/'; });
}

std::int64_t integer(JsonFields& fields, std::string_view name, std::int64_t least, std::int64_t most) {
  const std::int64_t value = fields.integer(name);
  if (value < least || value > most)
    fields.fail(name, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  return value;
}

}  // namespace

std::string encode_identity(const Identity& identity) {
  std::string text;
  JsonWriter(text)
      .begin_object()
      .member("layout", kLayout)
      .member("id", identity.id)
      .member("incarnation", identity.incarnation)
      .member("cluster", identity.place.cluster)
      .member("epoch", identity.place.epoch)
      .end_object();
  return text + "\n";
}

Result<Identity> decode_identity(std::string_view text) {
  if (text.size() > kIdentityBytesMax)
    return make_error(Errc::too_large, std::to_string(text.size()) + " bytes, at most " +
                                           std::to_string(kIdentityBytesMax) + " are read");
  const auto value = parse_json(text, "identity");
  if (!value) return value.error();
  JsonFields fields(*value, "identity");
  const std::int64_t layout = integer(fields, "layout", 1, std::numeric_limits<std::int64_t>::max());
  if (!fields.ok()) return fields.error();
  if (layout != kLayout)
    return make_error(Errc::not_supported, "it has layout " + std::to_string(layout) + ", this version reads " +
                                               std::to_string(kLayout) + "; start the newer version");
  Identity out;
  out.id = fields.string("id");
  if (!may_be_id(out.id)) fields.fail("id", "1 to " + std::to_string(kIdBytesMax) + " bytes of ASCII without slashes");
  out.incarnation = integer(fields, "incarnation", 1, kIncarnationMax);
  out.place.cluster = fields.string("cluster");
  if (!out.place.cluster.empty() && !is_uuid(out.place.cluster)) fields.fail("cluster", "a uuid, or nothing");
  out.place.epoch = integer(fields, "epoch", 0, kEpochMax);
  if (!fields.ok()) return fields.error();
  return out;
}

}  // namespace stellwerk::identity

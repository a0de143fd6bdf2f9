#include "link/death.h"

#include "base/json_writer.h"
#include "link/message.h"
#include "link/message_fields.h"
#include "model/position.h"

namespace stellwerk::link {

std::string encode_death(const Death& death) {
  std::string text;
  JsonWriter(text)
      .begin_object()
      .member("worker", death.worker)
      .member("incarnation", death.incarnation)
      .member("cluster", death.cluster)
      .member("epoch", death.epoch)
      .end_object();
  return text;
}

Result<Death> decode_death(std::string_view text) {
  const char* const what = "the word of a worker's guard";
  if (text.size() > kDeathBytesMax)
    return make_error(Errc::too_large, std::string(what) + " has " + std::to_string(text.size()) + " bytes; at most " +
                                           std::to_string(kDeathBytesMax) + " are accepted");
  auto value = parse_json(text, what);
  if (value.has_error()) return value.error();
  MessageFields fields(*value, what);
  Death death;
  death.worker = fields.text("worker", 1, kTextBytesMax);
  death.incarnation = fields.integer("incarnation", 1, MessageFields::kMost);
  death.cluster = fields.text("cluster", 1, kTextBytesMax);
  death.epoch = fields.integer("epoch", 1, model::kEpochMax);
  if (!fields.ok()) return fields.error();
  return death;
}

}  // namespace stellwerk::link

/// Any bytes as a head: an answer that can be shown, and what is accepted stays what it is when it is
/// written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "model/head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto head = stellwerk::model::decode_head(bytes);
  if (!head) {
    STELLWERK_ASSERT(stellwerk::is_printable_text(head.error().text), "an error's text cannot be shown");
    return 0;
  }
  const auto again = stellwerk::model::decode_head(stellwerk::model::encode_head(*head));
  STELLWERK_ASSERT(again.has_value() && *again == *head, "a head differs when read again");
  STELLWERK_ASSERT(head->position().seq == head->seq, "a head's position is another's");
  if (head->segments.empty()) return 0;
  STELLWERK_ASSERT(head->segments.front().from == head->first_seq(), "the segments leave a gap behind the snapshot");
  STELLWERK_ASSERT(head->epoch_at(head->seq).has_value(), "the newest commit is in no segment");
  return 0;
}

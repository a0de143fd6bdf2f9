/// Any bytes as what a candidate says of itself.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "leadership/candidate_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace leadership = stellwerk::leadership;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto candidate = leadership::decode_candidate(bytes);
  if (!candidate) {
    STELLWERK_ASSERT(stellwerk::is_printable_text(candidate.error().text), "an error's text cannot be shown");
    return 0;
  }
  for (const auto* text : {&candidate->id, &candidate->rest, &candidate->rpc, &candidate->host})
    STELLWERK_ASSERT(text->size() <= leadership::kCandidateTextMax, "a text is longer than allowed");
  const auto again = leadership::decode_candidate(leadership::encode_candidate(*candidate));
  STELLWERK_ASSERT(again.has_value() && *again == *candidate, "a candidate differs when read again");
  return 0;
}

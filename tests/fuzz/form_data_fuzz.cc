/// Any bytes as a form: what is read lies within the body, in order and without overlapping; the first line is the
/// Content-Type.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "http/form_data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stellwerk::http;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t line = bytes.find('\n');
  const std::string_view type = bytes.substr(0, line);
  const std::string_view body = line == std::string_view::npos ? std::string_view() : bytes.substr(line + 1);
  const auto parts = read_form_data(type, body);
  if (parts.has_error()) {
    STELLWERK_ASSERT(!parts.error().text.empty(), "a fault is a sentence");
    return 0;
  }
  STELLWERK_ASSERT(is_form_data(type), "only forms are read as such");
  STELLWERK_ASSERT(parts->size() <= kFormPartsMax, "more parts than allowed");
  const char* at = body.data();
  for (const FormPart& part : *parts) {
    STELLWERK_ASSERT(part.content.data() >= at, "parts overlap");
    at = part.content.data() + part.content.size();
  }
  STELLWERK_ASSERT(at <= body.data() + body.size(), "a part ends behind the body");
  return 0;
}

#include "http/error_text.h"

#include "base/json.h"
#include "base/text.h"

namespace stellwerk::http {

std::string error_text(const ClientResponse& response) {
  if (const auto body = parse_json(response.body, "answer"); body && body->is_object()) {
    const json::value* const errors = body->as_object().if_contains("errors");
    if (errors != nullptr && errors->is_array() && !errors->as_array().empty() &&
        errors->as_array().front().is_string()) {
      const json::string& text = errors->as_array().front().as_string();
      const std::string_view whole(text.data(), text.size());
      const std::string_view line = whole.substr(0, whole.find("\n\tat "));
      if (!line.empty()) return escaped(line, kErrorBytesMax);
    }
  }
  return "HTTP status " + std::to_string(response.status);
}

}  // namespace stellwerk::http

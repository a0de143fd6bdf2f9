#include "base/json_reader.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>

#include "base/document_builder.h"
#include "base/json.h"
#include "base/text.h"

namespace stellwerk {
namespace {

/// The events of Boost.JSON's parser, which may come in parts. Returning false with `code` set stops
/// it; the builder knows why.
class JsonHandler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit JsonHandler(const DocLimits& limits) : builder_(limits) {}

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& code) { return told(builder_.begin_object({}), code); }
  bool on_object_end(std::size_t, json::error_code& code) { return told(builder_.end(), code); }
  bool on_array_begin(json::error_code& code) { return told(builder_.begin_array({}), code); }
  bool on_array_end(std::size_t, json::error_code& code) { return told(builder_.end(), code); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return keep(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code& code) {
    return keep(part) && told(builder_.key(take_text(), {}), code);
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return keep(part); }
  bool on_string(json::string_view part, std::size_t, json::error_code& code) {
    return keep(part) && told(builder_.scalar(DocValue(take_text())), code);
  }

  bool on_number_part(json::string_view part, json::error_code&) { return keep(part); }
  bool on_int64(std::int64_t, json::string_view part, json::error_code& code) { return on_number(part, code); }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code& code) { return on_number(part, code); }
  bool on_double(double, json::string_view part, json::error_code& code) { return on_number(part, code); }
  bool on_bool(bool value, json::error_code& code) { return told(builder_.scalar(DocValue(value)), code); }
  bool on_null(json::error_code& code) { return told(builder_.scalar(DocValue()), code); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  DocBuilder& builder() noexcept { return builder_; }

 private:
  static bool told(bool ok, json::error_code& code) {
    if (!ok) code = json::error::exception;
    return ok;
  }
  bool keep(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  std::string take_text() { return std::exchange(text_, {}); }

  /// Reads the number from its text, because the parser turns 2^64 and 1e400 into other numbers.
  bool on_number(json::string_view part, json::error_code& code) {
    keep(part);
    const std::string text = take_text();
    const char* const end = text.data() + text.size();
    if (text.find_first_of(".eE") == std::string::npos) {
      std::int64_t whole = 0;
      if (std::from_chars(text.data(), end, whole).ec == std::errc{})
        return told(builder_.scalar(DocValue(whole)), code);
      return told(builder_.refuse("is " + cut(text) + ", beyond 64 bits", {}), code);
    }
    double value = 0;
    if (std::from_chars(text.data(), end, value).ec == std::errc{} && std::isfinite(value))
      return told(builder_.scalar(DocValue(value)), code);
    return told(builder_.refuse("is " + cut(text) + ", beyond a double", {}), code);
  }
  static std::string cut(const std::string& text) {
    return text.size() <= kShownBytesMax ? text : text.substr(0, kShownBytesMax) + "...";
  }

  DocBuilder builder_;
  std::string text_;
};

}  // namespace

Result<DocValue> read_json(std::string_view bytes, std::string_view what, const DocLimits& limits) {
  const auto opened = open_text(bytes, what, limits);
  if (!opened) return opened.error();
  const std::string_view text = *opened;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return document_fault(what, "the document is empty");

  json::parse_options options;
  options.max_depth = limits.depth + 1;  // the builder refuses first, and knows the path
  json::basic_parser<JsonHandler> parser(options, limits);
  json::error_code code;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  DocBuilder& builder = parser.handler().builder();
  if (builder.failed()) return document_fault(what, builder.fault());
  if (!code && read < text.size()) code = json::error::extra_data;
  if (code)
    return document_fault(what, "the document is not JSON: " + code.message() + to_string(place_of(text, read)));
  return builder.take();
}

}  // namespace stellwerk

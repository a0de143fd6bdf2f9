#include "http/form_data.h"

#include "base/text.h"
#include "http/syntax.h"

namespace stellwerk::http {
namespace {

constexpr std::string_view kFormType = "multipart/form-data";
constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046

Error wrong(std::string text) {
  return make_error(Errc::invalid, "The form (multipart/form-data) " + std::move(text));
}

/// `"text"` with its escapes, or a token; taken off the front. None: neither.
std::optional<std::string> take_value(std::string_view& text) {
  if (!text.starts_with('"')) {
    const std::string_view token = text.substr(0, text.find_first_of("; \t"));
    text.remove_prefix(token.size());
    if (!is_token(token)) return std::nullopt;
    return std::string(token);
  }
  std::string out;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return out;
    }
    // Browsers send a quote as %22; of backslashes only the escaped quote is meant as one.
    if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
    out += text[at];
  }
  return std::nullopt;
}

struct Parameter {
  std::string name;
  std::string value;
};

/// `; name=value` again and again; nothing else. None: it is not that.
std::optional<std::vector<Parameter>> read_parameters(std::string_view text) {
  std::vector<Parameter> out;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    if (text.front() != ';') return std::nullopt;
    text = trim(text.substr(1));
    if (text.empty()) break;  // a last semicolon is harmless
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !is_token(text.substr(0, equals))) return std::nullopt;
    Parameter parameter{std::string(text.substr(0, equals)), {}};
    text.remove_prefix(equals + 1);
    auto value = take_value(text);
    if (!value) return std::nullopt;
    parameter.value = std::move(*value);
    for (const Parameter& other : out)
      if (iequals(other.name, parameter.name)) return std::nullopt;
    out.push_back(std::move(parameter));
  }
  return out;
}

std::optional<std::string> find(const std::vector<Parameter>& parameters, std::string_view name) {
  for (const Parameter& parameter : parameters)
    if (iequals(parameter.name, name)) return parameter.value;
  return std::nullopt;
}

Result<std::string> boundary_of(std::string_view content_type) {
  const auto parameters = read_parameters(content_type.substr(kFormType.size()));
  const auto boundary = parameters ? find(*parameters, "boundary") : std::nullopt;
  if (!boundary || boundary->empty() || boundary->size() > kBoundaryBytesMax)
    return wrong("has no boundary of 1 to 70 bytes in its Content-Type, " + shown(content_type, 128));
  return *boundary;
}

/// The part's header, from after the boundary's line; the content begins where it ends.
Result<std::size_t> read_head(std::string_view rest, FormPart& part) {
  std::size_t checked = 0;
  // A part without any header begins with the empty line.
  const HeadEnd end = find_head_end(rest.substr(0, kFormHeadBytesMax), checked);
  if (!end.fault.empty()) return wrong("has a part whose header is not sound: " + std::string(end.fault));
  if (end.size == 0) return wrong("has a part whose header does not end within 8192 bytes");
  std::vector<Field> fields;
  if (const auto fault = parse_fields(rest.substr(0, end.size), 16, fields); !fault.empty())
    return wrong("has a part whose header is not sound: " + std::string(fault));
  for (const Field& field : fields) {
    if (!iequals(field.name, "Content-Disposition")) continue;
    const std::string_view type = field.value.substr(0, field.value.find(';'));
    const auto parameters = read_parameters(field.value.substr(type.size()));
    const auto name = parameters ? find(*parameters, "name") : std::nullopt;
    if (!iequals(trim(type), "form-data") || !name)
      return wrong("has a part without form-data and name in its Content-Disposition, " + shown(field.value, 128));
    part.name = *name;
    part.file_name = find(*parameters, "filename");
    return end.size;
  }
  return wrong("has a part without Content-Disposition");
}

}  // namespace

bool is_form_data(std::string_view content_type) noexcept {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return iequals(type, kFormType);
}

Result<std::vector<FormPart>> read_form_data(std::string_view content_type, std::string_view body) {
  content_type = trim(content_type);
  if (!is_form_data(content_type)) return wrong("is announced as " + shown(content_type, 128));
  const auto boundary = boundary_of(content_type);
  if (boundary.has_error()) return boundary.error();
  const std::string line = "--" + *boundary;
  const std::string separator = "\r\n" + line;
  // What stands before the first boundary is for mail programs of old; forms have nothing there.
  if (!body.starts_with(line)) return wrong("does not begin with its boundary");
  std::size_t at = line.size();
  std::vector<FormPart> out;
  while (!body.substr(at).starts_with("--")) {
    if (!body.substr(at).starts_with("\r\n")) return wrong("has a boundary that is not a line of its own");
    if (out.size() >= kFormPartsMax) return wrong("has more than 32 parts");
    at += 2;
    FormPart part;
    const auto head = read_head(body.substr(at), part);
    if (head.has_error()) return head.error();
    at += *head;
    const std::size_t end = body.find(separator, at);
    if (end == std::string_view::npos) return wrong("ends within a part: it was cut off");
    part.content = body.substr(at, end - at);
    out.push_back(std::move(part));
    at = end + separator.size();
  }
  return out;
}

}  // namespace stellwerk::http

#include "model/artifact_reader.h"

#include <array>

namespace stellwerk::model {
namespace {

constexpr std::string_view kHashAccepted = "64 hexadecimal digits in lower case";
constexpr std::string_view kSizeAccepted = "a whole number from 1 to 67108864";
constexpr std::string_view kFileNameAccepted =
    "1 to 255 bytes of printable text without '/' and without a blank at either end";
constexpr std::string_view kKindAccepted = "bundle or jar";
static_assert(kArtifactBytesMax == 67'108'864 && kArtifactNameBytesMax == 255, "what is accepted is said above");

}  // namespace

ArtifactRef read_artifact(const DocNode& node, DocFaults& faults) {
  constexpr std::array<std::string_view, 4> kFields = {"sha256", "size", "name", "kind"};
  const DocFields fields(node, kFields, faults);
  ArtifactRef out;
  if (!fields.is_object()) return out;
  const auto read_text = [&](std::string_view name, std::string_view accepted, auto take) {
    const auto field = fields.require(name, accepted);
    const std::string* const text = field ? read_string(*field, accepted, faults) : nullptr;
    if (text != nullptr && !take(*text)) refuse(*field, accepted, faults);
  };
  read_text("sha256", kHashAccepted, [&](const std::string& text) { return is_artifact_hash(out.sha256 = text); });
  if (const auto size = fields.require("size", kSizeAccepted))
    out.size = read_whole(*size, 1, kArtifactBytesMax, faults).value_or(0);
  read_text("name", kFileNameAccepted, [&](const std::string& text) { return is_artifact_name(out.name = text); });
  read_text("kind", kKindAccepted, [&](const std::string& text) {
    const auto kind = parse_artifact_kind(text);
    out.kind = kind.value_or(ArtifactKind::bundle);
    return kind.has_value();
  });
  return out;
}

}  // namespace stellwerk::model

#include "model/artifact.h"

#include <algorithm>

#include "base/text.h"

namespace stellwerk::model {

std::string_view to_string(ArtifactKind kind) noexcept {
  return kind == ArtifactKind::jar ? "jar" : "bundle";
}

std::optional<ArtifactKind> parse_artifact_kind(std::string_view text) noexcept {
  if (text == "bundle") return ArtifactKind::bundle;
  if (text == "jar") return ArtifactKind::jar;
  return std::nullopt;
}

bool is_artifact_hash(std::string_view text) noexcept {
  return text.size() == kArtifactHashDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_artifact_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kArtifactNameBytesMax && text != "." && text != ".." &&
         text.find('/') == std::string_view::npos && text.front() != ' ' && text.back() != ' ' &&
         is_printable_text(text);
}

}  // namespace stellwerk::model

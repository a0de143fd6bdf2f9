#include "model/bundle.h"

#include <charconv>

#include "base/ids.h"
#include "base/json.h"
#include "base/text.h"
#include "model/job.h"
#include "model/versioned.h"

namespace stellwerk::model {
namespace {

constexpr std::size_t kUuidBytes = 36;
constexpr std::string_view kArtifactWhat = "an artifact's record";
constexpr std::string_view kBundleWhat = "a bundle's record";

/// Digits without a leading zero; taken off the front.
bool take_number(std::string_view& text, std::int64_t& out) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end.ec != std::errc{} || text.empty() || text.front() < '1' || text.front() > '9') return false;
  text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()));
  return true;
}

}  // namespace

std::string encode_artifact(const StoredArtifact& artifact) {
  return canonical_json(
      json::object{{"file", artifact.file}, {"size", artifact.size}, {"at", artifact.at_ms}, {"v", kJobSchema}});
}

Result<StoredArtifact> decode_artifact(std::string_view text) {
  auto value = parse_versioned(text, kArtifactWhat);
  if (value.has_error()) return value.error();
  JsonFields fields(*value, std::string(kArtifactWhat));
  StoredArtifact out{fields.string("file"), fields.integer("size"), fields.integer("at")};
  if (fields.ok() && parse_artifact_file(out.file).has_error()) fields.fail("file", "the name of an artifact's file");
  if (!fields.ok()) return fields.error();
  return out;
}

std::string encode_bundle(const Bundle& bundle) {
  json::object out{
      {"sha256", bundle.artifact.sha256},        {"size", bundle.artifact.size}, {"name", bundle.artifact.name},
      {"kind", to_string(bundle.artifact.kind)}, {"at", bundle.at_ms},           {"v", kJobSchema}};
  if (bundle.once) out["once"] = true;
  if (!bundle.spec.empty()) out["spec"] = bundle.spec;
  return canonical_json(out);
}

Result<Bundle> decode_bundle(std::string_view text) {
  auto value = parse_versioned(text, kBundleWhat);
  if (value.has_error()) return value.error();
  JsonFields fields(*value, std::string(kBundleWhat));
  Bundle out;
  out.artifact.sha256 = fields.string("sha256");
  out.artifact.size = fields.integer("size");
  out.artifact.name = fields.string("name");
  const auto kind = parse_artifact_kind(fields.string("kind"));
  out.artifact.kind = kind.value_or(ArtifactKind::bundle);
  out.at_ms = fields.integer("at");
  out.once = fields.boolean_or("once", false);
  out.spec = fields.string_or("spec", {});
  if (fields.ok() && !kind) fields.fail("kind", "bundle or jar");
  if (fields.ok() && !is_artifact_hash(out.artifact.sha256)) fields.fail("sha256", "64 hexadecimal digits");
  if (fields.ok() && !is_artifact_name(out.artifact.name)) fields.fail("name", "the name of a file");
  if (!fields.ok()) return fields.error();
  return out;
}

std::string artifact_key(std::string_view sha256) {
  return "artifacts/" + std::string(sha256);
}

std::string bundle_key(std::string_view uuid) {
  return "bundles/" + std::string(uuid);
}

Result<BundleId> parse_bundle_id(std::string_view text) {
  const std::string_view uuid = text.substr(0, kUuidBytes);
  const bool sound = text.size() > kUuidBytes + 1 && is_uuid(uuid) && text[kUuidBytes] == '_' &&
                     is_artifact_name(text.substr(kUuidBytes + 1));
  if (!sound) return make_error(Errc::invalid, shown(text) + " is not the id of a jar or bundle, <uuid>_<file name>");
  return BundleId{std::string(uuid), std::string(text.substr(kUuidBytes + 1))};
}

std::string ArtifactFile::name() const {
  return std::string(kBlobFolder) + sha256.substr(0, 2) + '/' + sha256 + '-' + std::to_string(epoch) + '-' +
         std::to_string(number);
}

Result<ArtifactFile> parse_artifact_file(std::string_view name) {
  const auto refuse = [&] {
    return make_error(Errc::invalid, shown(name) + " is not blobs/<2 digits>/<sha256>-<epoch>-<number>");
  };
  constexpr std::size_t kFolderBytes = 3;  // "ab/"
  if (!name.starts_with(kBlobFolder)) return refuse();
  std::string_view rest = name.substr(kBlobFolder.size());
  if (rest.size() < kFolderBytes + kArtifactHashDigits || rest[2] != '/') return refuse();
  const std::string_view folder = rest.substr(0, 2);
  rest.remove_prefix(kFolderBytes);
  ArtifactFile out;
  out.sha256 = rest.substr(0, kArtifactHashDigits);
  rest.remove_prefix(kArtifactHashDigits);
  if (!is_artifact_hash(out.sha256) || !out.sha256.starts_with(folder) || !rest.starts_with('-')) return refuse();
  rest.remove_prefix(1);
  if (!take_number(rest, out.epoch) || !rest.starts_with('-')) return refuse();
  rest.remove_prefix(1);
  if (!take_number(rest, out.number) || !rest.empty()) return refuse();
  return out;
}

}  // namespace stellwerk::model

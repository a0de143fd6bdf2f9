#include "fsck/survey.h"

#include <algorithm>

#include "base/ids.h"
#include "base/json.h"
#include "base/sha256.h"

namespace stellwerk::fsck {
namespace {

using journal::DecodedFile;
using model::FileKind;

constexpr std::string_view kJournal = "journal/";
constexpr std::string_view kClusterFile = "cluster.json";

/// Bytes are a function of the content alone, so writing it again tells whether they are what was written.
bool is_exact(const DecodedFile& file, std::string_view bytes) {
  if (file.header.kind == FileKind::segment) return journal::encode_segment(file.header, file.records) == bytes;
  journal::RecordTable table;
  for (const auto& record : file.records) table.put(record.key, record.value);
  return journal::encode_snapshot(file.header, table) == bytes;
}

std::string identity_fault(const model::FileName& name, const journal::FileHeader& header) {
  if (header.kind == name.kind && header.at == name.at) return {};
  return "it holds another file: " + std::string(header.kind == FileKind::segment ? "segment " : "snapshot ") +
         to_string(header.at);
}

/// `name: text` says the name once more.
std::string without_name(const std::string& name, std::string text) {
  return text.starts_with(name + ": ") ? text.substr(name.size() + 2) : text;
}

SurveyedFile judge(SurveyedFile out, const Result<std::string>& bytes) {
  if (bytes.has_error()) {
    out.fault = "it cannot be read: " + bytes.error().text;
    return out;
  }
  auto decoded = journal::decode_file(out.name, *bytes);
  if (decoded.has_error()) {
    out.fault = without_name(out.name, decoded.error().text);
    out.newer_version = decoded.error().code == Errc::not_supported;
    return out;
  }
  out.fault = identity_fault(out.file, decoded->header);
  out.exact = !decoded->whole() || is_exact(*decoded, *bytes);
  out.damaged = std::move(decoded->damaged);
  out.header = std::move(decoded->header);
  out.header->keys = {};
  return out;
}

Result<SurveyedFile> look_at(BlobStore& store, const BlobInfo& info, const model::FileName& name) {
  SurveyedFile out;
  for (int tries = 0; tries < 2; ++tries) {
    SurveyedFile file;
    file.name = info.name;
    file.file = name;
    file.bytes = info.bytes;
    const auto bytes = store.get(info.name);
    if (bytes.has_error() && bytes.error().code == Errc::not_found) return bytes.error();
    out = judge(std::move(file), bytes);
    if (out.whole() && out.exact) break;
  }
  return out;
}

/// All of it is read: a file that only has the right name would fail each task that needs it.
void look_at_blob(BlobStore& store, const BlobInfo& info, Survey& out) {
  const auto name = model::parse_artifact_file(info.name);
  if (name.has_error()) {
    out.strangers.push_back(info.name);
    return;
  }
  SurveyedBlob blob{*name, info.bytes, {}};
  const auto bytes = store.get(info.name);
  if (bytes.has_value() && sha256_hex(*bytes) != name->sha256)
    blob.fault = "its content is not what its name says (SHA-256)";
  else if (bytes.has_error() && bytes.error().code != Errc::not_found)  // then it went meanwhile: swept by a leader
    blob.fault = "it cannot be read: " + bytes.error().text;
  out.blobs.emplace(info.name, std::move(blob));
}

void look_at_cluster_file(BlobStore& store, Survey& out) {
  const auto bytes = store.get(kClusterFile);
  if (bytes.has_error()) {
    out.cluster_unreadable = bytes.error().code != Errc::not_found;
    out.cluster_fault = out.cluster_unreadable ? bytes.error().text : "it is missing";
    return;
  }
  const auto value = parse_json(*bytes, kClusterFile);
  if (value.has_error()) {
    out.cluster_fault = value.error().text;
    return;
  }
  JsonFields fields(*value, std::string(kClusterFile));
  const std::string uuid = fields.string("cluster");
  if (!fields.ok())
    out.cluster_fault = fields.error().text;
  else if (!is_uuid(uuid))
    out.cluster_fault = "its \"cluster\" is no uuid";
  else
    out.cluster = uuid;
}

}  // namespace

const SurveyedFile* Survey::find(const std::string& name) const {
  const auto it =
      std::lower_bound(files.begin(), files.end(), name,
                       [](const SurveyedFile& file, const std::string& wanted) { return file.name < wanted; });
  return it != files.end() && it->name == name ? &*it : nullptr;
}

Result<Survey> survey(BlobStore& store, const Progress& progress) {
  const auto listing = store.list(kJournal);
  if (listing.has_error()) return listing.error();
  const auto blobs = store.list(model::kBlobFolder);
  if (blobs.has_error()) return blobs.error();
  const std::size_t files = listing->size() + blobs->size();
  Survey out;
  std::size_t done = 0;
  for (const auto& info : *listing) {
    if (progress) progress(done++, files);
    const auto name = model::parse_file_name(info.name);
    if (!name) {
      out.strangers.push_back(info.name);
      continue;
    }
    auto file = look_at(store, info, *name);
    if (file.has_value()) out.files.push_back(std::move(*file));  // else gone meanwhile: swept by a leader
  }
  for (const auto& info : *blobs) {
    if (progress) progress(done++, files);
    look_at_blob(store, info, out);
  }
  if (progress) progress(done, files);
  look_at_cluster_file(store, out);
  return out;
}

}  // namespace stellwerk::fsck

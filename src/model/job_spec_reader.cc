#include "model/job_spec_reader.h"

#include <algorithm>
#include <array>

#include "base/document_fields.h"
#include "base/sha256.h"
#include "model/artifact_reader.h"
#include "model/job_policy_reader.h"
#include "model/job_vertex_reader.h"

namespace stellwerk::model {
namespace {

constexpr std::string_view kWhat = "job spec";
constexpr std::string_view kJobIdField = "jobId";
constexpr std::array<std::string_view, 7> kJobFields = {"name",        "vertices", "restart-strategy", "checkpointing",
                                                        "at-most-one", "artifact", kJobIdField};

DocLimits limits() {
  DocLimits limits;
  limits.bytes = kJobSpecBytesMax;
  return limits;
}

std::optional<JobId> read_job_id(const DocNode& node, DocFaults& faults) {
  constexpr std::string_view kAccepted = "32 hexadecimal digits";
  const std::string* text = read_string(node, kAccepted, faults);
  if (text == nullptr) return std::nullopt;
  if (auto id = JobId::parse(*text)) return *id;
  refuse(node, kAccepted, faults);
  return std::nullopt;
}

ReadSpec read_fields(const DocValue& document, DocFaults& faults) {
  ReadSpec read;
  JobSpec& spec = read.spec;
  const DocFields fields({&document, ""}, kJobFields, faults);
  if (const auto node = fields.require("name", kJobNameAccepted)) spec.name = read_job_name(*node, faults);
  if (const auto node = fields.require("vertices", kVerticesAccepted)) spec.vertices = read_vertices(*node, faults);
  if (const auto node = fields.find("restart-strategy")) spec.restart_strategy = read_restart_strategy(*node, faults);
  if (const auto node = fields.find("checkpointing")) spec.checkpointing = read_checkpointing(*node, faults);
  if (const auto node = fields.find("at-most-one")) spec.at_most_one = read_bool(*node, faults).value_or(false);
  if (const auto node = fields.find("artifact")) spec.artifact = read_artifact(*node, faults);
  if (const auto node = fields.find(kJobIdField)) read.job_id = read_job_id(*node, faults);
  return read;
}

void remove_job_id(DocValue& document) {
  auto& members = std::get<DocValue::Object>(document.data);
  std::erase_if(members, [](const DocMember& member) { return member.key == kJobIdField; });
}

}  // namespace

Result<ReadSpec> read_job_spec(std::string_view bytes, DocKind kind) {
  auto document = read_document(bytes, kind, kWhat, limits());
  if (!document) return document.error();
  if (document->is_null()) return make_error(Errc::invalid, std::string(kWhat) + ": the document is empty");

  DocFaults faults;
  ReadSpec read = read_fields(*document, faults);
  if (!faults.empty()) return faults.error(kWhat);

  remove_job_id(*document);
  read.canonical = canonical_json(*document);
  if (read.canonical.size() > kJobSpecBytesMax)
    return make_error(Errc::too_large, std::string(kWhat) + ": the document has " +
                                           std::to_string(read.canonical.size()) +
                                           " bytes as JSON, accepted are at most " + std::to_string(kJobSpecBytesMax));
  read.sha256 = sha256_hex(read.canonical);
  return read;
}

}  // namespace stellwerk::model

#include "simulation/cluster/sim_uploads.h"

#include "base/json.h"
#include "base/sha256.h"
#include "simulation/cluster/sim_jobs.h"

namespace stellwerk::test {
namespace {

model::ArtifactRef file_of(const std::string& bytes, int which) {
  return {sha256_hex(bytes), static_cast<std::int64_t>(bytes.size()), "file" + std::to_string(which) + ".tar.gz",
          model::ArtifactKind::bundle};
}

std::string content(int which) {
  return "content of file " + std::to_string(which);
}

}  // namespace

jobs::AddBundle sim_upload(const std::string& uuid, int which, bool once) {
  jobs::AddBundle add;
  add.uuid = uuid;
  add.bytes = std::make_shared<const std::string>(content(which));
  add.artifact = file_of(*add.bytes, which);
  add.once = once;
  add.spec = R"({"name":"short","vertices":[{"command":["sim","finish","500"],"name":"v0"}]})";
  return add;
}

jobs::SubmitJob sim_upload_job(const std::string& id, const std::string& uuid, int which) {
  const model::ArtifactRef file = file_of(content(which), which);
  const json::object artifact{{"sha256", file.sha256}, {"size", file.size}, {"name", file.name}, {"kind", "bundle"}};
  const std::string spec =
      R"({"name":"brings","vertices":[{"name":"v0","command":["sim","finish","2000"]}],"artifact":)" +
      canonical_json(artifact) + "}";
  jobs::SubmitJob job = job_of_spec(id, spec);
  job.artifact = file;
  job.bundle = uuid;
  return job;
}

}  // namespace stellwerk::test

#include "fsck/recovery.h"

#include <unordered_map>

#include "base/sha256.h"
#include "model/job.h"
#include "model/record.h"

namespace stellwerk::fsck {
namespace {

class Applying {
 public:
  explicit Applying(Recovery& out) : out_(out) {}

  Result<void> apply(const std::string& name, const journal::DecodedFile& file) {
    for (const auto& record : file.records) {
      out_.missing.erase(record.key);
      if (const std::string job(model::job_of(record.key)); !job.empty()) touched_[job] = step_;
      const auto fault = out_.state.apply(record);
      if (!fault) continue;
      if (fault->error.code == Errc::not_supported)
        return make_error(Errc::not_supported, name + ": " + fault->error.text);
      out_.missing.insert_or_assign(fault->key, journal::MissingRecord{name, fault->error.text});
    }
    for (const auto& damage : file.damaged) {
      if (damage.key.empty()) continue;
      out_.missing.insert_or_assign(damage.key, journal::MissingRecord{name, damage.why});
      if (const std::string job(model::job_of(damage.key)); !job.empty()) touched_[job] = step_;
    }
    return {};
  }

  void next_step() { ++step_; }
  void lose() { last_lost_ = step_; }

  void judge_jobs() {
    if (last_lost_ == 0) return;
    out_.state.jobs().for_each([this](const std::string& id, const jobs::JobEntry& job) {
      if (!job.archived && !out_.state.ended().contains(id) && touched_[id] < last_lost_) out_.in_doubt.insert(id);
    });
  }

 private:
  Recovery& out_;
  std::size_t step_ = 1;
  std::size_t last_lost_ = 0;  ///< 0: nothing was lost
  std::unordered_map<std::string, std::size_t> touched_;
};

Result<journal::DecodedFile> load(BlobStore& store, const SurveyedFile& file) {
  const auto bytes = store.get(file.name);
  if (bytes.has_error()) return make_error(Errc::unavailable, file.name + ": " + bytes.error().text);
  auto decoded = journal::decode_file(file.name, *bytes);
  if (decoded.has_error()) return make_error(Errc::unavailable, decoded.error().text);
  return decoded;
}

/// What submissions are recognised by: a job's state names the hash of its spec.
void check_spec_hashes(Recovery& out) {
  out.state.jobs().for_each([&out](const std::string& id, const jobs::JobEntry& job) {
    if (job.archived || !job.spec || !job.state) return;
    const auto spec = model::decode_job_spec(*job.spec);
    if (spec.has_error() || sha256_hex(*spec) == job.state->hash) return;
    out.missing.try_emplace(
        "jobs/" + id + "/spec",
        journal::MissingRecord{"the journal", "it is not the spec whose hash the job's state names"});
  });
}

}  // namespace

Result<Recovery> recover(BlobStore& store, const Way& way, const Progress& progress) {
  Recovery out;
  Applying applying(out);
  if (way.base != nullptr) {
    const auto file = load(store, *way.base);
    if (file.has_error()) return file.error();
    if (const auto applied = applying.apply(way.base->name, *file); applied.has_error()) return applied.error();
  }
  std::size_t done = 0;
  for (const Step& step : way.steps) {
    applying.next_step();
    if (progress) progress(done++, way.steps.size());
    if (step.file == nullptr) {
      applying.lose();
      continue;
    }
    const auto file = load(store, *step.file);
    if (file.has_error()) return file.error();
    if (const auto applied = applying.apply(step.file->name, *file); applied.has_error()) return applied.error();
  }
  if (progress) progress(done, way.steps.size());
  applying.judge_jobs();
  check_spec_hashes(out);
  return out;
}

}  // namespace stellwerk::fsck

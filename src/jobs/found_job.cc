#include "jobs/found_job.h"

#include "model/job_spec_reader.h"

namespace stellwerk::jobs {

using model::JobSpec;

namespace {

std::optional<JobSpec> parse(std::string_view canonical) {
  auto read = model::read_job_spec(canonical, DocKind::json);
  if (read.has_error()) return std::nullopt;
  return std::move(read->spec);
}

std::optional<JobSpec> read_spec(const JobEntry& entry) {
  if (!entry.spec) return std::nullopt;
  if (entry.archived) {
    const auto history = model::decode_job_history(*entry.spec);
    return history.has_value() && !history->spec.empty() ? parse(history->spec) : std::nullopt;
  }
  const auto canonical = model::decode_job_spec(*entry.spec);
  return canonical.has_value() ? parse(*canonical) : std::nullopt;
}

}  // namespace

std::string_view FoundJob::name() const {
  if (entry.state) return entry.state->name;
  return spec ? std::string_view(spec->name) : std::string_view();
}

std::string_view FoundJob::job_type() const {
  if (spec)
    for (const auto& vertex : spec->vertices)
      for (const auto& input : vertex.inputs)
        if (input.exchange == model::Exchange::blocking) return "BATCH";
  return "STREAMING";
}

std::optional<model::JobStatus> FoundJob::status() const {
  if (!entry.state) return std::nullopt;
  return entry.state->status;
}

std::optional<FoundJob> find_job(const ClusterState& state, const JobId& id, bool with_spec) {
  FoundJob found{id, {}, {}, state.quarantined().find(id.text())};
  const auto entry = state.jobs().find(id.text());
  if (!entry && !found.quarantine) return std::nullopt;
  if (entry) found.entry = *entry;
  if (with_spec) found.spec = read_spec(found.entry);
  return found;
}

std::string_view status_word(const JobEntry& entry) {
  return entry.state ? to_string(entry.state->status) : kStatusUnknown;
}

}  // namespace stellwerk::jobs

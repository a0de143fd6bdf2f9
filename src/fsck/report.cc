#include "fsck/report.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/text.h"
#include "fsck/repair.h"
#include "model/job.h"

namespace stellwerk::fsck {
namespace {

using model::FileKind;

struct Totals {
  std::size_t snapshots = 0;
  std::size_t segments = 0;
  std::uint64_t bytes = 0;
};

Totals count(const Survey& survey) {
  Totals out;
  for (const auto& file : survey.files) {
    ++(file.file.kind == FileKind::snapshot ? out.snapshots : out.segments);
    out.bytes += file.bytes;
  }
  return out;
}

std::string number(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kKilo = 1024;
  if (bytes < 10 * kKilo) return std::to_string(bytes) + " bytes";
  if (bytes < 10 * kKilo * kKilo) return std::to_string(bytes / kKilo) + " kb";
  return std::to_string(bytes / kKilo / kKilo) + " mb";
}

std::string head_text(const model::Head& head) {
  std::string out = "epoch " + std::to_string(head.epoch) + ", newest commit " + to_string(head.position());
  if (head.snapshot) out += ", snapshot " + to_string(*head.snapshot);
  std::int64_t segments = 0;
  for (const auto& range : head.segments) segments += range.to - range.from + 1;
  out += ", " + number(static_cast<std::size_t>(segments), "segment");
  if (!head.leader.rest.empty()) out += ", last led by " + escaped(head.leader.rest, kShownBytesMax);
  return out;
}

std::string register_text(const Examination& examination) {
  std::string out = "Register:  " + examination.reg.source + ": ";
  if (examination.reg.head)
    out += head_text(*examination.reg.head);
  else
    out += examination.reg.fault.empty() ? "there is none" : "cannot be read";
  out += '\n';
  if (examination.rebuilt) out += "Rebuilt:   " + head_text(examination.rebuilt->head) + '\n';
  return out;
}

std::string choices_text(const QuarantinedJob& job) {
  std::string out = job.keep.empty() ? "keep (" + job.now + ")" : "cannot be kept, " + job.keep;
  bool proven = true;
  std::string from;
  for (const Trouble& trouble : job.troubles) {
    if (!trouble.copy) return out + "; drop";
    proven = proven && trouble.copy->proven;
    if (from.find(trouble.copy->source) == std::string::npos) from += (from.empty() ? "" : ", ") + trouble.copy->source;
  }
  return out + "; restore (from " + from + (proven ? ", proven by its hash" : ", which nothing proves") + "); drop";
}

std::string quarantined_text(const Examination& examination) {
  if (examination.quarantined.empty()) return {};
  std::string out = "Quarantined: " + number(examination.quarantined.size(), "job") + "\n";
  for (const auto& job : examination.quarantined) {
    out += "  " + job.job + (job.recorded ? "" : "  (not in quarantine yet)") + "\n";
    for (const auto& trouble : job.troubles)
      out += "      " + trouble.key + ": " + trouble.why + " (" + trouble.source + ")\n";
    out += "      choices: " + choices_text(job) + "\n";
  }
  return out;
}

std::string jobs_text(const Examination& examination, const ReportOptions& options) {
  const auto& counts = examination.recovery.state.counts();
  std::string out = "Jobs:      " + std::to_string(counts.running) + " not ended, " + std::to_string(counts.finished) +
                    " finished, " + std::to_string(counts.canceled) + " canceled, " + std::to_string(counts.failed) +
                    " failed; " + number(examination.recovery.state.ended().size(), "end") + " remembered\n";
  if (!options.jobs) return out;
  for (const auto& [id, job] : examination.recovery.state.jobs().sorted())
    out += "  " + id + "  " + (job->state ? std::string(to_string(job->state->status)) : "UNKNOWN") + "  " +
           (job->state ? escaped(job->state->name, kShownBytesMax) : "") + "\n";
  return out;
}

std::string verdict(const Examination& examination) {
  if (!examination.head && examination.survey->files.empty() && examination.reg.fault.empty())
    return "There is no cluster here yet.\n";
  if (examination.clean()) return needs_repair(examination) ? "The files are whole.\n" : "Nothing is wrong.\n";
  std::size_t errors = 0;
  std::size_t warnings = 0;
  for (const auto& fault : examination.faults) {
    errors += fault.severity == Severity::error ? 1 : 0;
    warnings += fault.severity == Severity::warning ? 1 : 0;
  }
  return "Found: " + number(errors, "error") + ", " + number(warnings, "warning") + ", " +
         number(examination.quarantined.size(), "quarantined job") + ".\n";
}

json::value head_json(const std::optional<model::Head>& head) {
  if (!head) return nullptr;
  json::object out{{"cluster", head->cluster}, {"epoch", head->epoch},        {"position", to_string(head->position())},
                   {"snapshot", nullptr},      {"leader", head->leader.rest}, {"since", head->since_ms},
                   {"ended", head->ended}};
  if (head->snapshot) out["snapshot"] = to_string(*head->snapshot);
  json::array segments;
  for (const auto& range : head->segments)
    segments.push_back({{"epoch", range.epoch}, {"from", range.from}, {"to", range.to}});
  out["segments"] = std::move(segments);
  return out;
}

json::array quarantined_json(const Examination& examination) {
  json::array out;
  for (const auto& job : examination.quarantined) {
    json::array records;
    for (const auto& trouble : job.troubles) {
      json::object record{{"key", trouble.key}, {"source", trouble.source}, {"why", trouble.why}, {"copy", nullptr}};
      if (trouble.copy) record["copy"] = {{"source", trouble.copy->source}, {"proven", trouble.copy->proven}};
      records.push_back(std::move(record));
    }
    json::object one{{"job", job.job}, {"recorded", job.recorded}, {"in-doubt", job.in_doubt},
                     {"now", job.now}, {"records", records},       {"can-keep", job.keep.empty()}};
    out.push_back(std::move(one));
  }
  return out;
}

json::array jobs_json(const Examination& examination) {
  json::array out;
  for (const auto& [id, job] : examination.recovery.state.jobs().sorted()) {
    json::object one{{"id", id}, {"status", nullptr}, {"name", nullptr}};
    if (job->state) {
      one["status"] = to_string(job->state->status);
      one["name"] = job->state->name;
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::string report_text(const Examination& examination, const ReportOptions& options) {
  const Totals totals = count(*examination.survey);
  std::string out = "Storage:   " + examination.storage;
  if (examination.survey->cluster) out += ", cluster " + *examination.survey->cluster;
  out += '\n' + register_text(examination);
  out += "Journal:   " + number(totals.snapshots, "snapshot") + ", " + number(totals.segments, "segment") + ", " +
         size_text(totals.bytes) + '\n';
  if (examination.head && !examination.head->ended) out += jobs_text(examination, options);
  if (!examination.faults.empty()) out += '\n';
  for (const auto& fault : examination.faults) {
    std::string word(to_string(fault.severity));
    word.resize(9, ' ');
    out += word + fault.place + ": " + fault.text + '\n';
  }
  if (!examination.quarantined.empty()) out += '\n';
  out += quarantined_text(examination);
  return out + '\n' + verdict(examination);
}

std::string repair_text(const RepairReport& repair) {
  std::string out;
  if (!repair.actions.empty()) out += repair.done ? "Done:\n" : "With --repair:\n";
  for (const auto& action : repair.actions) out += "  " + action + "\n";
  for (const auto& left : repair.leftovers) out += "warning  " + left + "\n";
  if (repair.done)
    out += repair.leftovers.empty() ? "The cluster is repaired; start its masters.\n"
                                    : "The cluster is repaired; look at the warnings before you start its masters.\n";
  return out;
}

std::string report_json(const Examination& examination, const ReportOptions& options,
                        const std::optional<RepairReport>& repair) {
  const Totals totals = count(*examination.survey);
  const auto& counts = examination.recovery.state.counts();
  json::array faults;
  for (const auto& fault : examination.faults)
    faults.push_back({{"severity", to_string(fault.severity)}, {"place", fault.place}, {"text", fault.text}});
  json::object out{
      {"storage", examination.storage},
      {"cluster", nullptr},
      {"register", {{"source", examination.reg.source}, {"fault", nullptr}, {"head", head_json(examination.reg.head)}}},
      {"rebuilt", examination.rebuilt ? head_json(examination.rebuilt->head) : json::value(nullptr)},
      {"journal", {{"snapshots", totals.snapshots}, {"segments", totals.segments}, {"bytes", totals.bytes}}},
      {"jobs",
       {{"not-ended", counts.running},
        {"finished", counts.finished},
        {"canceled", counts.canceled},
        {"failed", counts.failed},
        {"ends-remembered", examination.recovery.state.ended().size()}}},
      {"faults", std::move(faults)},
      {"quarantined", quarantined_json(examination)},
      {"repair", nullptr},
      {"loses", examination.loses()},
      {"clean", examination.clean()}};
  if (examination.survey->cluster) out["cluster"] = *examination.survey->cluster;
  if (!examination.reg.fault.empty()) out["register"].as_object()["fault"] = examination.reg.fault;
  if (repair) {
    out["repair"] = {{"done", repair->done},
                     {"actions", json::array(repair->actions.begin(), repair->actions.end())},
                     {"leftovers", json::array(repair->leftovers.begin(), repair->leftovers.end())},
                     {"error", nullptr}};
    if (!repair->error.empty()) out["repair"].as_object()["error"] = repair->error;
  }
  if (options.jobs) out["job-list"] = jobs_json(examination);
  return json::serialize(out) + '\n';
}

}  // namespace stellwerk::fsck

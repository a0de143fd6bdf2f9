#include "fsck/repair.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/sha256.h"
#include "jobs/changes.h"

namespace stellwerk::fsck {
namespace {

using model::Record;

constexpr std::string_view kAll = "all";
/// Of the record that remembers a repair.
constexpr std::size_t kActionsMax = 200;

/// What was decided about one job.
struct Choice {
  Decision::Kind kind = Decision::Kind::keep;
  bool for_all = false;                       ///< then what cannot be done is left
  std::map<std::string, std::string> values;  ///< by key
};
using Choices = std::map<std::string, Choice>;

bool concerns(const QuarantinedJob& job, const Decision& decision) {
  if (decision.target == kAll || decision.target == job.job) return true;
  return std::any_of(job.troubles.begin(), job.troubles.end(),
                     [&](const Trouble& trouble) { return trouble.key == decision.target; });
}

Result<Choices> choose(const Examination& examination, const std::vector<Decision>& decisions) {
  Choices out;
  std::map<std::string, bool> single;  // decided by its own name, which comes before "all"
  for (const auto& decision : decisions) {
    const bool names_a_record = decision.target.find('/') != std::string::npos;
    if (decision.value && !names_a_record)
      return make_error(Errc::invalid, "a file is given for one record: KEY=FILE, not " + decision.target + "=FILE");
    bool found = false;
    for (const auto& job : examination.quarantined) {
      if (!concerns(job, decision)) continue;
      found = true;
      const bool all = decision.target == kAll;
      if (all && single[job.job]) continue;
      const bool again = out.contains(job.job) && (all || single[job.job]);
      if (again && out[job.job].kind != decision.kind)
        return make_error(Errc::invalid, "job " + job.job + " cannot be both kept, dropped or restored");
      if (!again) out[job.job] = {};
      single[job.job] = single[job.job] || !all;
      out[job.job].kind = decision.kind;
      out[job.job].for_all = all;
      if (decision.value) out[job.job].values[decision.target] = *decision.value;
    }
    if (!found)
      return make_error(Errc::invalid,
                        decision.target == kAll
                            ? "no job is quarantined"
                            : decision.target + " is neither a quarantined job nor a damaged record of one");
  }
  return out;
}

class Repairing {
 public:
  Repairing(Repair& repair, WallMs now) : repair_(repair), now_(now) {}

  Result<void> decide(const QuarantinedJob& job, const Choice& choice) {
    switch (choice.kind) {
      case Decision::Kind::keep:
        if (choice.for_all && !job.keep.empty()) return leave(job);
        return keep(job);
      case Decision::Kind::drop: return drop(job);
      case Decision::Kind::restore: return restore(job, choice.values);
    }
    return {};
  }

  Result<void> leave(const QuarantinedJob& job) {
    if (job.recorded) return {};
    const Trouble& trouble = job.troubles.front();
    model::Quarantine quarantine{trouble.key, trouble.source, trouble.why, now_};
    if (auto put = apply(Record::put("quarantine/" + job.job, model::encode_quarantine(quarantine))); put.has_error())
      return put.error();
    say("job " + job.job + " is quarantined: " + trouble.key + ", " + trouble.why);
    return {};
  }

  void say(std::string action) { repair_.actions.push_back(std::move(action)); }

 private:
  Result<void> apply(const Record& record) {
    repair_.changes.push_back(record);
    if (const auto fault = repair_.state.apply(record)) return fault->error;
    return {};
  }

  /// A hash that nobody can know any more matches no submission.
  Result<void> remember_end(const QuarantinedJob& job) {
    if (repair_.state.ended().contains(job.job)) return {};
    model::EndedJob ended{model::JobStatus::canceled, "", now_};
    if (const auto known = repair_.state.jobs().find(job.job); known && known->state) {
      ended.hash = known->state->hash;
      if (known->archived) ended.status = known->state->status;
      if (known->archived) ended.end_ms = known->state->end_ms;
    }
    return apply(Record::put("ended/" + job.job, model::encode_ended_job(ended)));
  }

  Result<void> release(const QuarantinedJob& job, const std::string& how) {
    if (const std::string why = why_not_served(repair_.state, job.job); !why.empty())
      return make_error(Errc::invalid, "job " + job.job + " cannot be " + how + ": " + why);
    say("job " + job.job + " is " + how);
    return apply(Record::erase("quarantine/" + job.job));
  }

  Result<void> keep(const QuarantinedJob& job) {
    if (!job.keep.empty()) return make_error(Errc::invalid, "job " + job.job + " cannot be kept: " + job.keep);
    const auto known = repair_.state.jobs().find(job.job);
    if (known && known->archived)
      if (const auto remembered = remember_end(job); remembered.has_error()) return remembered.error();
    return release(job, "kept as it is read");
  }

  Result<void> drop(const QuarantinedJob& job) {
    const auto id = JobId::parse(job.job);
    if (id.has_error()) return id.error();
    // The decision that a caller who cancels it would get, quarantined as it is.
    if (const auto left = leave_quietly(job); left.has_error()) return left.error();
    const auto decision = jobs::decide(repair_.state, jobs::CancelJob{*id}, now_, {});
    std::vector<Record> records = decision.records;
    if (records.empty())
      for (const auto& key : {jobs::job_spec_key(*id), jobs::job_state_key(*id), jobs::quarantine_key(*id)})
        records.push_back(Record::erase(key));
    for (const auto& record : records)
      if (const auto done = apply(record); done.has_error()) return done.error();
    if (const auto remembered = remember_end(job); remembered.has_error()) return remembered.error();
    say("job " + job.job + " is dropped: it never runs again");
    return {};
  }

  Result<void> leave_quietly(const QuarantinedJob& job) {
    const std::size_t said = repair_.actions.size();
    auto left = leave(job);
    repair_.actions.resize(said);
    return left;
  }

  Result<void> restore(const QuarantinedJob& job, const std::map<std::string, std::string>& values) {
    for (const auto& trouble : job.troubles) {
      const auto value = values.find(trouble.key);
      if (value == values.end() && !trouble.copy)
        return make_error(Errc::invalid, "there is no copy of " + trouble.key + " to restore; give one as " +
                                             trouble.key + "=FILE, or keep or drop the job");
      auto record = value != values.end() ? given(trouble.key, value->second) : Result<Record>(trouble.copy->record);
      if (record.has_error()) return record.error();
      const std::string from = value != values.end() ? "the file that was given" : trouble.copy->source;
      if (const auto done = apply(*record); done.has_error())
        return make_error(Errc::invalid, trouble.key + " from " + from + ": " + done.error().text);
      say(trouble.key + " is restored from " + from);
    }
    return release(job, "served again");
  }

  /// A spec may be given as it was sent.
  Result<Record> given(const std::string& key, const std::string& text) const {
    const auto parsed = parse_json(text, "the value for " + key);
    if (parsed.has_error()) return make_error(Errc::invalid, parsed.error().text);
    const bool spec = key.ends_with("/spec");
    const bool bare = spec && parsed->is_object() && !parsed->as_object().contains("v");
    Record record = Record::put(key, bare ? model::encode_job_spec(canonical_json(*parsed)) : canonical_json(*parsed));
    const auto job = repair_.state.jobs().find(model::job_of(key));
    if (!spec || !job || !job->state) return record;
    const auto inside = model::decode_job_spec(*record.value);
    if (inside.has_value() && sha256_hex(*inside) != job->state->hash)
      return make_error(Errc::invalid, "the value for " + key + " is not the spec whose hash the job's state names");
    return record;
  }

  Repair& repair_;
  WallMs now_;
};

std::string memory_of(const Repair& repair, const Examination& examination, WallMs now) {
  json::array actions;
  for (std::size_t i = 0; i < repair.actions.size() && i < kActionsMax; ++i) actions.emplace_back(repair.actions[i]);
  json::array faults;
  for (std::size_t i = 0; i < examination.faults.size() && i < kActionsMax; ++i)
    faults.emplace_back(examination.faults[i].place + ": " + examination.faults[i].text);
  return canonical_json(json::object{{"at", now}, {"actions", actions}, {"faults", faults}, {"v", 1}});
}

bool names_the_same(const std::optional<model::Head>& a, const model::Head& b) {
  return a && a->cluster == b.cluster && a->epoch >= b.epoch && a->seq == b.seq && a->snapshot == b.snapshot &&
         a->segments == b.segments;
}

std::optional<Error> objection(const Examination& examination, const RepairOptions& options) {
  for (const auto& file : examination.survey->files)
    if (file.newer_version)
      return make_error(Errc::not_supported, file.name + ": " + file.fault + "; repair it with that version");
  const auto& rebuilt = examination.rebuilt;
  if (rebuilt && rebuilt->unproven && !rebuilt->last_decided)
    return make_error(Errc::refused, "nothing proves the last segment, " + to_string(*rebuilt->unproven) +
                                         ": say --last-segment keep if its changes were acknowledged or you cannot "
                                         "tell, --last-segment drop if they were not");
  if (!rebuilt && later_than(*examination.survey, *examination.head))
    return make_error(Errc::refused,
                      "the journal goes on beyond the register; only --rebuild-head takes what it holds there");
  const auto& folder = examination.survey->cluster;
  if (folder && *folder != examination.head->cluster && options.cluster != examination.head->cluster)
    return make_error(Errc::refused, "cluster.json is another cluster's, " + *folder +
                                         "; set the right storageDir or cluster-id; if the files are this cluster's "
                                         "all the same, say --cluster " +
                                         examination.head->cluster);
  if (next_epoch(examination) > model::kEpochMax)
    return make_error(Errc::refused, "there is no later epoch than those that are there");
  if (examination.loses() && !options.accept_loss)
    return make_error(Errc::refused,
                      "this would give up commits that were acknowledged; if there is no better copy, "
                      "say --accept-loss");
  return std::nullopt;
}

/// What masters must not meet any more: it is kept beside the journal.
bool in_the_way(const Examination& examination, const SurveyedFile& file) {
  return !file.whole() || !file.exact || file.header->cluster != examination.head->cluster;
}

void say_what_is_given_up(const Examination& examination, Repairing& repairing) {
  if (examination.rebuilt) repairing.say("the register is made anew, at " + to_string(examination.head->position()));
  if (examination.given_up)
    repairing.say("commits from " + to_string(*examination.given_up) + " on are given up: the files do not hold them");
  for (const auto& step : examination.way.steps)
    if (step.file == nullptr)
      repairing.say("commit " + to_string(step.at) +
                    (step.commits > 1 ? " and the " + std::to_string(step.commits - 1) + " after it are" : " is") +
                    " given up");
}

}  // namespace

bool needs_repair(const Examination& examination) {
  if (!examination.head || examination.head->ended) return false;
  if (examination.reg.elsewhere && !names_the_same(examination.reg.standing, *examination.head)) return true;
  if (examination.rebuilt && !names_the_same(examination.reg.head, examination.rebuilt->head)) return true;
  return !examination.clean();
}

Result<Repair> plan_repair(Examination& examination, const std::vector<Decision>& decisions,
                           const RepairOptions& options, WallMs now) {
  if (!examination.head || examination.head->ended)
    return make_error(Errc::not_found, "there is no cluster here that could be repaired");
  const auto choices = choose(examination, decisions);
  if (choices.has_error()) return choices.error();
  if (auto error = objection(examination, options)) return *error;
  Repair out;
  out.state = examination.recovery.state.share();
  Repairing repairing(out, now);
  say_what_is_given_up(examination, repairing);
  for (const auto& job : examination.quarantined) {
    const auto choice = choices->find(job.job);
    const auto done = choice != choices->end() ? repairing.decide(job, choice->second) : repairing.leave(job);
    if (done.has_error()) return done.error();
  }
  for (const auto& file : examination.survey->files)
    if (in_the_way(examination, file)) out.set_aside.push_back(file.name);
  if (out.actions.empty()) repairing.say("a new snapshot takes the place of the damaged files");
  const auto memory =
      Record::put("repairs/" + std::to_string(next_epoch(examination)), memory_of(out, examination, now));
  if (const auto fault = out.state.apply(memory)) return fault->error;
  out.changes.push_back(memory);
  return out;
}

std::int64_t next_epoch(const Examination& examination) {
  // A file that cannot be read may have any number in its name; only a likely one counts.
  constexpr std::int64_t kLikely = 1'000'000;
  std::int64_t highest = examination.head->epoch;
  for (const auto* head : {&examination.reg.head, &examination.reg.standing})
    if (*head) highest = std::max(highest, (*head)->epoch);
  for (const auto& file : examination.survey->files)
    if (file.usable() && file.header->cluster == examination.head->cluster)
      highest = std::max(highest, file.file.at.epoch);
  std::int64_t out = highest;
  for (const auto& file : examination.survey->files)
    if (file.file.at.epoch <= highest + kLikely) out = std::max(out, file.file.at.epoch);
  return out + 1;
}

model::Head claiming_head(const Examination& examination, std::int64_t epoch, model::Stamp stamp, std::string id,
                          WallMs now) {
  model::Head out = *examination.head;
  out.epoch = epoch;
  out.stamp = std::move(stamp);
  out.leader = {std::move(id), {}, {}};
  out.since_ms = now;
  return out;
}

model::Head repaired_head(const model::Head& claimed, model::Stamp stamp) {
  model::Head out = claimed;
  out.stamp = std::move(stamp);
  out.append(claimed.epoch);
  out.compact({claimed.epoch, out.seq});
  return out;
}

std::string repair_segment(const Repair& repair, const model::Head& claimed, const model::Head& repaired) {
  journal::FileHeader header;
  header.cluster = repaired.cluster;
  header.at = repaired.position();
  header.previous = claimed.position();
  header.snapshot = claimed.snapshot;
  return journal::encode_segment(header, repair.changes);
}

std::string repaired_snapshot(const Repair& repair, const model::Head& repaired) {
  journal::FileHeader header;
  header.cluster = repaired.cluster;
  header.at = repaired.position();
  header.previous = header.at;
  return journal::encode_snapshot(header, repair.state.records());
}

}  // namespace stellwerk::fsck

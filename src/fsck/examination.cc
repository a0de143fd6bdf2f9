#include "fsck/examination.h"

#include <algorithm>

#include "base/text.h"

namespace stellwerk::fsck {
namespace {

using model::Position;

constexpr std::size_t kErrorBytesMax = 4'096;

void add(std::vector<Fault>& to, std::vector<Fault> more) {
  for (auto& fault : more) to.push_back(std::move(fault));
}

void judge_register(Examination& out) {
  if (!out.reg.fault.empty()) {
    out.faults.push_back(
        {Severity::error, "register", out.reg.fault + "; --rebuild-head makes it anew from the files"});
  } else if (!out.reg.head && !out.survey->files.empty()) {
    out.faults.push_back({Severity::error, "register",
                          "there is none, but the folder holds a journal: it was emptied, or is another cluster's; "
                          "nobody leads; --rebuild-head makes it anew from the files"});
  } else if (!out.reg.head && out.survey->cluster) {
    out.faults.push_back({Severity::error, "cluster.json",
                          "it names cluster " + *out.survey->cluster +
                              ", and there is neither a register nor a journal: all is gone; bring back a copy, or "
                              "remove this file to begin a new cluster"});
  } else if (out.reg.head && out.reg.head->ended) {
    out.faults.push_back({Severity::note, "register", "the cluster was deleted; the next start removes what is left"});
  }
}

/// A rebuilt head takes all that can be read; where it does not, something else is wrong with the files.
bool left_out(const Survey& survey, const model::Head& head, const std::optional<Rebuilt>& rebuilt) {
  if (!rebuilt) return false;
  for (const auto& file : survey.files) {
    const bool ours = file.usable() && file.header->cluster == head.cluster;
    const bool dropped = rebuilt->unproven && file.file.at == *rebuilt->unproven;
    if (ours && !dropped && file.file.at.seq > head.seq && file.file.at.epoch >= head.position().epoch) return true;
  }
  return false;
}

/// The head to look at. Errors: only of the rebuilding.
Result<void> choose_head(Examination& out, const ExamineOptions& options) {
  out.head = out.reg.head;
  if (out.head && out.head->ended) return {};
  if (options.rebuild) {
    const auto& proof = out.reg.head ? out.reg.head : out.reg.older;
    auto rebuilt = rebuild_head(*out.survey, proof, options.last, options.cluster);
    if (rebuilt.has_error()) return rebuilt.error();
    out.head = rebuilt->head;
    out.rebuilt = std::move(*rebuilt);
  }
  const auto& before = out.reg.elsewhere ? out.reg.standing : out.reg.head;
  if (before && out.head && before->cluster == out.head->cluster && before->position() > out.head->position())
    out.given_up = Position{before->epoch, out.head->seq + 1};
  out.abandons = before && out.head && before->cluster != out.head->cluster;
  if (out.head && left_out(*out.survey, *out.head, out.rebuilt))
    out.given_up = Position{out.head->epoch, out.head->seq + 1};
  return {};
}

void judge_choice(Examination& out) {
  if (out.abandons)
    out.faults.push_back({Severity::error, "register",
                          "it is cluster " + (out.reg.elsewhere ? out.reg.standing : out.reg.head)->cluster +
                              "\'s, which would be given up for cluster " + out.head->cluster});
  const auto& stood = out.reg.elsewhere ? out.reg.standing : out.reg.head;
  if (out.given_up && (!stood || stood->position() <= out.head->position())) {
    out.faults.push_back({Severity::error, "journal/",
                          "files after " + to_string(out.head->position()) + " do not continue it and are left out"});
  } else if (out.given_up) {
    const auto& before = out.reg.elsewhere ? out.reg.standing : out.reg.head;
    const std::string ends = out.rebuilt ? ", and the files end at " + to_string(out.head->position()) +
                                               ": the folder is an older copy or another mount; rebuilding"
                                         : ", and this head ends at " + to_string(out.head->position()) + "; taking it";
    out.faults.push_back(
        {Severity::error, "register",
         "it names commits up to " + to_string(before->position()) + ends + " gives up what came after"});
  }
  if (!out.rebuilt) return;
  if (out.rebuilt->unproven)
    out.faults.push_back({Severity::note, model::segment_name(out.rebuilt->unproven->epoch, out.rebuilt->unproven->seq),
                          "it is the last segment, and nothing proves that the register ever named it"});
}

/// What is given up may have ended any of them.
void doubt_all(Recovery& recovery) {
  recovery.state.jobs().for_each([&recovery](const std::string& id, const jobs::JobEntry& job) {
    if (!job.archived && !recovery.state.ended().contains(id)) recovery.in_doubt.insert(id);
  });
}

Result<Examination> look(BlobStore& store, Register reg, const ExamineOptions& options, const Progress& progress) {
  Examination out;
  out.storage = store.describe();
  out.reg = std::move(reg);
  auto surveyed = survey(store, progress);
  if (surveyed.has_error()) return surveyed.error();
  out.survey = std::make_shared<const Survey>(std::move(*surveyed));
  judge_register(out);
  if (const auto chosen = choose_head(out, options); chosen.has_error()) {
    out.faults.push_back({Severity::error, "journal/", chosen.error().text});
    out.head.reset();
  }
  if (!out.head || out.head->ended) return out;
  judge_choice(out);
  add(out.faults, cluster_faults(*out.survey, *out.head));
  add(out.faults, file_faults(*out.survey, *out.head));
  out.way = find_way(*out.survey, *out.head);
  auto recovery = recover(store, out.way, progress);
  if (recovery.has_error()) return recovery.error();
  out.recovery = std::move(*recovery);
  if (out.given_up) doubt_all(out.recovery);
  add(out.faults, way_faults(out.way, out.recovery));
  add(out.faults, artifact_faults(*out.survey, out.recovery.state));
  out.quarantined = quarantined_jobs(store, *out.survey, out.way, out.head->cluster, out.recovery);
  return out;
}

/// Files hold anything, and much of a sentence is quoted from them.
void make_showable(Examination& out) {
  constexpr std::size_t kTextMax = 4'096;
  const auto show = [](std::string& text) { text = escaped(text, kTextMax); };
  for (auto& fault : out.faults) {
    show(fault.place);
    show(fault.text);
  }
  for (auto& job : out.quarantined) {
    show(job.now);
    for (auto& trouble : job.troubles) {
      show(trouble.source);
      show(trouble.why);
    }
  }
}

}  // namespace

bool Examination::clean() const {
  return quarantined.empty() &&
         std::all_of(faults.begin(), faults.end(), [](const Fault& fault) { return fault.severity == Severity::note; });
}

Result<Examination> examine(BlobStore& store, Register reg, const ExamineOptions& options, const Progress& progress) {
  auto out = look(store, std::move(reg), options, progress);
  if (out.has_error()) return make_error(out.error().code, escaped(out.error().text, kErrorBytesMax));
  make_showable(*out);
  return out;
}

}  // namespace stellwerk::fsck

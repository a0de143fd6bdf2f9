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
  } else if (out.reg.head && out.reg.head->ended) {
    out.faults.push_back({Severity::note, "register", "the cluster was deleted; the next start removes what is left"});
  }
}

/// The head to look at. Errors: only of the rebuilding.
Result<void> choose_head(Examination& out, const ExamineOptions& options) {
  out.head = out.reg.head;
  if (options.rebuild) {
    auto rebuilt = rebuild_head(*out.survey, out.reg.head, options.last);
    if (rebuilt.has_error()) return rebuilt.error();
    out.head = rebuilt->head;
    out.rebuilt = std::move(*rebuilt);
  }
  const auto& before = out.reg.elsewhere ? out.reg.standing : out.reg.head;
  if (before && out.head && before->cluster == out.head->cluster && before->position() > out.head->position())
    out.given_up = Position{before->epoch, out.head->seq + 1};
  return {};
}

void judge_choice(Examination& out) {
  if (out.given_up) {
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
  add(out.faults, way_faults(out.way, out.recovery));
  auto quarantined = quarantined_jobs(store, *out.survey, out.way, out.head->cluster, out.recovery);
  if (quarantined.has_error()) return quarantined.error();
  out.quarantined = std::move(*quarantined);
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

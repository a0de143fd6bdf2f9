#include "history/checker.h"

#include <algorithm>
#include <map>
#include <set>

namespace stellwerk::history {
namespace {

using model::JobStatus;

struct Sight {
  const Call* call = nullptr;
  JobStatus status = JobStatus::created;
};

/// All that was said about one job.
struct Story {
  std::vector<const Call*> submits{}, cancels{}, not_found{};
  std::vector<Sight> sights{};
};

bool took_effect(const Call& call) {
  return call.outcome == Outcome::done;
}
bool may_have(const Call& call) {
  return call.outcome == Outcome::done || call.outcome == Outcome::unknown;
}
bool is_read(const Call& call) {
  return call.action == Action::read_job || call.action == Action::list_jobs;
}
bool is_canceled(JobStatus status) {
  return status == JobStatus::cancelling || status == JobStatus::canceled;
}
/// What the second shows cannot be from before the first.
bool follows(const Call& first, const Call& second) {
  return first.position && second.position && *second.position >= *first.position;
}

class Checker {
 public:
  Checker(const History& history, Verdict& verdict) : history_(history), verdict_(verdict) {}

  void run() {
    for (const Call& call : history_.calls) sort_in(call);
    for (const Call& call : history_.calls) count(call);
    for (const auto& [job, story] : stories_) {
      check_existence(job, story);
      check_origin(job, story);
      check_ends(job, story);
      check_cancels(job, story);
    }
    check_lists();
    check_at_least();
    check_lags();
    check_silences();
  }

 private:
  void sort_in(const Call& call) {
    switch (call.action) {
      case Action::submit: stories_[call.job].submits.push_back(&call); return;
      case Action::cancel: stories_[call.job].cancels.push_back(&call); return;
      case Action::read_job:
        if (call.outcome == Outcome::not_found) stories_[call.job].not_found.push_back(&call);
        break;
      case Action::list_jobs: break;
    }
    for (const Seen& seen : call.seen) stories_[seen.job].sights.push_back({&call, seen.status});
  }

  void count(const Call& call) {
    if (is_read(call)) {
      verdict_.reads += took_effect(call);
      return;
    }
    verdict_.refused += call.outcome == Outcome::nothing;
    if (call.outcome != Outcome::unknown) return;
    ++verdict_.unknowns;
    if (verdict_.unknown.size() < kToldMax) verdict_.unknown.push_back(describe(call));
  }

  /// The acknowledgement with the lowest position; null: there is none.
  static const Call* acknowledged(const std::vector<const Call*>& calls) {
    const Call* found = nullptr;
    for (const Call* call : calls)
      if (took_effect(*call) && (found == nullptr || call->position < found->position)) found = call;
    return found;
  }

  void violate(std::string_view rule, const std::string& text, const Call& told, const Call& but) {
    verdict_.violate(rule, text + ": " + describe(told) + "; but " + describe(but));
  }

  /// Of a cluster that others use too: it may have ended, and so been forgotten, before this was answered.
  bool may_be_forgotten(const Story& story, const Call& call) const {
    if (history_.alone) return false;
    const auto begun = [&](const Call* each) { return each->invoked < call.answered; };
    return std::any_of(story.submits.begin(), story.submits.end(),
                       [](const Call* each) { return each->short_lived; }) ||
           std::any_of(story.cancels.begin(), story.cancels.end(),
                       [&](const Call* each) { return may_have(*each) && begun(each); }) ||
           std::any_of(story.sights.begin(), story.sights.end(),
                       [&](const Sight& each) { return is_terminal(each.status) && begun(each.call); });
  }

  /// "Not found" is said only when it is so at that moment; by a follower without a leader to ask, at its position.
  void check_existence(const std::string& job, const Story& story) {
    const Call* const taken = acknowledged(story.submits);
    if (taken == nullptr) return;
    ++verdict_.acknowledged;
    const auto missing = [&](const Call& call) {
      const bool later = std::any_of(story.submits.begin(), story.submits.end(), [&](const Call* submit) {
        return took_effect(*submit) && submit->answered < call.invoked;
      });
      if (may_be_forgotten(story, call)) return;
      if ((later && !call.follower) || follows(*taken, call))
        violate(rules::kLost, "job " + job + " was lost", *taken, call);
    };
    for (const Call* call : story.not_found) missing(*call);
    for (const Call* cancel : story.cancels)
      if (cancel->outcome == Outcome::not_found) missing(*cancel);
  }

  void check_origin(const std::string& job, const Story& story) {
    for (const Sight& sight : story.sights) {
      const Call& call = *sight.call;
      const auto begun = [&](const Call* submit) { return submit->invoked < call.answered; };
      if (std::none_of(story.submits.begin(), story.submits.end(), begun)) {
        if (history_.alone || !story.submits.empty())
          verdict_.violate(rules::kAsked, "job " + job + " was there before anybody asked for it: " + describe(call));
      } else if (std::none_of(story.submits.begin(), story.submits.end(),
                              [&](const Call* submit) { return begun(submit) && may_have(*submit); })) {
        violate(rules::kNothing, "job " + job + " was certainly not taken", *story.submits.front(), call);
      } else {
        continue;
      }
      return;  // one sentence for one job
    }
  }

  void check_ends(const std::string& job, const Story& story) {
    const Sight* end = nullptr;
    for (const Sight& sight : story.sights)
      if (is_terminal(sight.status) && (end == nullptr || sight.call->position < end->call->position)) end = &sight;
    if (end == nullptr) return;
    for (const Sight& sight : story.sights) {
      const bool other_end = is_terminal(sight.status) && sight.status != end->status;
      const bool lives_on = !is_terminal(sight.status) && follows(*end->call, *sight.call);
      if (!other_end && !lives_on) continue;
      violate(rules::kOneEnd,
              "job " + job + " had ended as " + std::string(to_string(end->status)) + " and was " +
                  std::string(to_string(sight.status)),
              *end->call, *sight.call);
      return;
    }
  }

  void check_cancels(const std::string& job, const Story& story) {
    const Call* const canceled = acknowledged(story.cancels);
    verdict_.canceled += canceled != nullptr;
    for (const Sight& sight : story.sights) {
      const Call& call = *sight.call;
      const auto may_be = [&](const Call* cancel) { return may_have(*cancel) && cancel->invoked < call.answered; };
      if (is_canceled(sight.status)) {
        if (std::any_of(story.cancels.begin(), story.cancels.end(), may_be)) continue;
        if (story.submits.empty() && !history_.alone) return;
        verdict_.violate(rules::kNothing, "job " + job + " was cancelled, and nobody was told so: " + describe(call));
        return;
      }
      if (canceled != nullptr && (follows(*canceled, call) || is_terminal(sight.status))) {
        violate(rules::kCanceled, "job " + job + " was " + std::string(to_string(sight.status)) + " after its cancel",
                *canceled, call);
        return;
      }
    }
    check_conflicts(job, story, canceled);
  }

  /// 409: it had finished or failed.
  void check_conflicts(const std::string& job, const Story& story, const Call* canceled) {
    for (const Call* cancel : story.cancels) {
      if (cancel->status != 409) continue;
      if (canceled != nullptr) violate(rules::kOneEnd, "job " + job + " had ended by itself", *cancel, *canceled);
      for (const Sight& sight : story.sights) {
        const bool ended = sight.status == JobStatus::finished || sight.status == JobStatus::failed;
        if (!ended && (is_canceled(sight.status) || follows(*cancel, *sight.call)))
          violate(rules::kOneEnd, "job " + job + " had ended by itself", *cancel, *sight.call);
      }
    }
  }

  /// Every list has all that was acknowledged up to its position.
  void check_lists() {
    std::vector<std::pair<const Call*, const std::string*>> taken;
    for (const auto& [job, story] : stories_)
      if (const Call* ack = acknowledged(story.submits)) taken.emplace_back(ack, &job);
    for (const Call& call : history_.calls) {
      if (call.action != Action::list_jobs || !took_effect(call)) continue;
      std::set<std::string_view> there;
      for (const Seen& seen : call.seen) there.insert(seen.job);
      for (const auto& [ack, job] : taken)
        if (follows(*ack, call) && !there.contains(*job) && !may_be_forgotten(stories_.at(*job), call))
          violate(rules::kLost, "job " + *job + " was lost", *ack, call);
    }
  }

  void check_at_least() {
    for (const Call& call : history_.calls)
      if (is_read(call) && took_effect(call) && call.at_least && (!call.position || *call.position < *call.at_least))
        verdict_.violate(rules::kAtLeast, describe(call));
  }

  /// A follower shows what was acknowledged before the call, but for the time that it says itself.
  void check_lags() {
    std::vector<const Call*> acknowledgements;
    for (const Call& call : history_.calls)
      if (!is_read(call) && took_effect(call) && call.position) acknowledgements.push_back(&call);
    std::sort(acknowledgements.begin(), acknowledgements.end(),
              [](const Call* a, const Call* b) { return a->answered < b->answered; });
    // newest[i]: of the first i+1 the one with the highest position.
    std::vector<const Call*> newest = acknowledgements;
    for (std::size_t i = 1; i < newest.size(); ++i)
      if (*newest[i]->position < *newest[i - 1]->position) newest[i] = newest[i - 1];
    for (const Call& call : history_.calls) {
      if (!is_read(call) || !took_effect(call) || !call.follower || !call.position || !call.lag_ms) continue;
      const Micros since = call.invoked - (*call.lag_ms + kUnheardMax.count()) * 1000;
      const auto behind = std::upper_bound(acknowledgements.begin(), acknowledgements.end(), since,
                                           [](Micros at, const Call* ack) { return at < ack->answered; });
      if (behind == acknowledgements.begin()) continue;
      const Call& ack = *newest[static_cast<std::size_t>(behind - acknowledgements.begin()) - 1];
      if (*call.position < *ack.position)
        violate(rules::kLag, "a follower said that it is " + std::to_string(*call.lag_ms) + " ms behind", ack, call);
    }
  }

  /// But for what was asked for before: that may have been durable already.
  void check_silences() {
    for (const auto& [job, story] : stories_)
      for (const auto& calls : {story.submits, story.cancels}) {
        if (calls.empty()) continue;
        const Call& first = **std::min_element(calls.begin(), calls.end(),
                                               [](const Call* a, const Call* b) { return a->invoked < b->invoked; });
        for (const Silence& silence : history_.silences) {
          if (first.invoked < silence.from) continue;
          for (const Call* call : calls)
            if (took_effect(*call) && call->answered <= silence.to) verdict_.violate(rules::kSilence, describe(*call));
        }
      }
  }

  const History& history_;
  Verdict& verdict_;
  std::map<std::string, Story> stories_;
};

}  // namespace

void Verdict::violate(std::string_view rule, std::string text) {
  ++violated;
  if (violations.size() < kToldMax) violations.push_back({rule, std::move(text)});
}

Verdict check(const History& history) {
  Verdict verdict;
  Checker(history, verdict).run();
  check_tasks(history, verdict);
  check_once(history, verdict);
  verdict.once = history.once.size();
  if (!history.fsck.empty()) verdict.violate(rules::kFsck, history.fsck);
  return verdict;
}

}  // namespace stellwerk::history

/// What a drill prints. Pure.
#pragma once

#include <string>
#include <vector>

#include "drill/round.h"
#include "history/checker.h"

namespace stellwerk::drill {

struct Story {
  std::string fault{};  ///< as it was asked for: "mixed"
  std::uint64_t seed = 0;
  std::string coordination{};  ///< "zookeeper", "local"; empty: a running cluster's
  std::string folder{};        ///< that is kept; empty: none
  std::vector<RoundResult> rounds{};
  history::Verdict verdict{};
  std::string trouble{};  ///< what did not come at the end; empty: all did
  std::size_t once_unreadable = 0;
  bool cut_short = false;  ///< the history was full before all rounds were done

  /// Rounds in which something did not come back.
  std::size_t troubled() const;
  bool sound() const { return verdict.sound() && troubled() == 0 && trouble.empty(); }
};

/// Lines of a table, of equal width: they are printed while the drill runs.
std::string render_header();
std::string render_round(const RoundResult& round);
/// Least, median, 99th percentile and most of each column.
std::string render_summary(const std::vector<RoundResult>& rounds);
/// How long it took until somebody led, or where nobody else had to, until a write was taken. Empty: nothing to draw.
std::string render_times(const std::vector<RoundResult>& rounds, std::size_t columns);
/// What the history tells: counts, violations, what is unknown.
std::string render_verdict(const Story& story);
/// One object.
std::string render_json(const Story& story);
/// `stellwerk drill list`.
std::string render_faults(bool colour);

}  // namespace stellwerk::drill

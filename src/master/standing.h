/// Who may stand for election: the check that a master passes before it joins, and the probe that it
/// must go on passing while it is in the queue.
///
/// Order matters: the journal is listed *before* the head is read. A file of a later epoch than the
/// head's then proves that the register was emptied or set back, because every file was written
/// under a head at least as old as the one that is read.
#pragma once

#include <optional>
#include <string>

#include "master/options.h"
#include "master/protocol.h"

namespace stellwerk::master {

class Standing {
 public:
  explicit Standing(const Options& options) : options_(options), patience_(options.limits.sick_after) {}

  /// What the last complete check found.
  struct Finding {
    HeadReading reading;  ///< no bytes: there is no cluster yet, and founding one is allowed
  };

  /// How long storage may be silent; Limits::sick_after unless told otherwise.
  void set_patience(Duration patience) { patience_ = patience; }
  /// The head whose state this master holds in memory, if it does: the next listing is compared with it.
  void rely_on(std::optional<model::Head> head) { relied_ = std::move(head); }
  /// A file of that head which the last listing lacked; empty: there was none.
  const std::string& hole() const { return hole_; }

  /// Begins a check at the next beat(); ends one that is under way.
  void check_again();
  /// At every beat, and when what a check waits for has come: begins it, or goes on.
  void beat(Clocks clocks, bool connected, Outbox& out);
  bool on_probed(Clocks clocks, OpId op, const Result<void>& result, Outbox& out);
  bool on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, Outbox& out);
  /// True: that was the look for holes which follows a probe from time to time, and hole() is what it found.
  bool on_looked(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result);
  bool on_head_read(Clocks clocks, OpId op, const Result<HeadReading>& result, Outbox& out);
  bool on_got(Clocks clocks, OpId op, const Result<std::string>& result, Outbox& out);

  /// The finding of a check that just passed, once.
  std::optional<Finding> take_finding() { return std::exchange(finding_, std::nullopt); }

  bool passed() const { return passed_; }
  /// The cluster that register and storage agreed on when the check passed; empty: none was there yet.
  const std::string& cluster() const { return cluster_; }
  /// True from a check that failed until the next one has ended.
  bool refused() const { return refused_; }
  /// Why not, in one sentence.
  const std::string& reason() const { return reason_; }

 private:
  enum class Step { idle, probe, list, head, cluster_file };

  void go(Clocks clocks, Step step, Outbox& out);
  void watch_silence(Clocks clocks);
  void refuse(Clocks clocks, std::string why);
  void look_for_hole(Clocks clocks, Outbox& out);
  std::string find_hole(const std::vector<BlobInfo>& blobs) const;
  std::string judge_absent() const;
  std::string judge_head(const model::Head& head) const;
  std::string judge_cluster_file(const Result<std::string>& file, const std::optional<model::Head>& head) const;

  const Options& options_;
  Duration patience_;
  std::optional<model::Head> relied_;
  std::string hole_;
  OpId look_op_ = 0;
  Time next_look_{};  ///< zero: not before the first probe is done
  Step step_ = Step::idle;
  OpId op_ = 0;
  Time asked_at_{};  ///< when storage was asked for what `op_` or `probe_op_` waits for
  bool passed_ = false;
  bool healthy_ = false;
  bool checking_ = true;
  bool refused_ = false;
  std::string reason_ = "it has not looked at storage and register yet";
  Time next_{};
  Time next_probe_{};
  OpId probe_op_ = 0;
  std::vector<model::FileName> files_;
  HeadReading reading_;
  std::string cluster_;
  std::optional<Finding> finding_;
};

/// The one line of `cluster.json`: the same bytes whoever writes them.
std::string encode_cluster_file(const std::string& cluster);
inline constexpr std::string_view kClusterFile = "cluster.json";

}  // namespace stellwerk::master

/// `/jobs/overview` in pieces, of which only those are made anew that something happened in: right behind a change a
/// list of 10,000 jobs costs about as much as a list of some hundreds.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/body.h"
#include "jobs/cluster_state.h"

namespace stellwerk::api {

/// May be used from any thread. Keeps the text of the list that it made last, and the state that it is of.
class JobsOverview {
 public:
  /// Most jobs of one piece. More pack better, fewer are made anew faster.
  static constexpr std::size_t kPieceJobsMax = 256;
  /// Durations in a piece of which nothing else changes may be so old.
  static constexpr std::chrono::milliseconds kPieceAgeMax{1000};

  /// The list of `state`, never null, with durations until `now`. Takes as long as rendering what differs from the last
  /// one, older or newer; others wait meanwhile.
  std::shared_ptr<const http::Page> make(const std::shared_ptr<const jobs::ClusterState>& state, WallMs now);

 private:
  struct Job {
    std::string id;
    std::shared_ptr<const jobs::JobEntry> entry;
  };
  struct Part {
    std::vector<Job> jobs;                         ///< by id, never empty
    std::shared_ptr<const http::PagePiece> piece;  ///< null: to be made
    WallMs made = 0;
    bool moves = false;  ///< it has a job that has not ended: durations grow
  };

  void begin(const jobs::ClusterState& state);
  void follow(const jobs::ClusterState& state);
  void set(const std::string& id, std::shared_ptr<const jobs::JobEntry> entry);
  void render(const jobs::ClusterState& state, Part& part, WallMs now) const;

  std::mutex mutex_;
  std::shared_ptr<const jobs::ClusterState> state_;  ///< that the parts are of; null: none
  std::vector<Part> parts_;
};

}  // namespace stellwerk::api

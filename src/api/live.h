/// Reads of what only the leader knows: its workers, and what they do.
///
/// The leader answers for itself, everyone else asks it; without its answer the last one is shown, with its age.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/core.h"
#include "http/body.h"
#include "http/responder.h"

namespace stellwerk::api {

/// How old what is shown of live state is; absent: it is of this moment.
inline constexpr std::string_view kStaleHeader = "Stellwerk-Stale-Ms";
/// Longest wait for the leader's answer.
inline constexpr std::chrono::seconds kAskLiveMax{2};
/// Answers that are kept, and their bytes in all; the ones that were asked for last.
inline constexpr std::size_t kCopiesMax = 256;
inline constexpr std::size_t kCopyBytesMax = std::size_t{64} << 20;

/// What is known of a piece of live state.
struct LiveCopy {
  std::shared_ptr<const http::Page> page;          ///< null: nothing was ever heard
  int status = 200;                                ///< or 404: the leader says that it does not exist
  std::optional<std::chrono::milliseconds> stale;  ///< none: the leader has just said so
  std::optional<model::Position> position;         ///< that the leader's answer shows, if it has just come
};

/// May be used from any thread.
class LiveReads : public std::enable_shared_from_this<LiveReads> {
 public:
  using Done = std::function<void(LiveCopy)>;

  enum class Copies {
    kept,
    none,  ///< whoever asks has something better to show than an old answer; only its age is told
  };
  explicit LiveReads(CorePtr core, Copies copies = Copies::kept)
      : core_(std::move(core)), copies_kept_(copies == Copies::kept), heard_(core_->started) {}

  /// Asks the leader for `target`, a path without prefixes, and calls `done` once: within the call if there is no
  /// other leader, else on the client's thread, after twice kAskLiveMax at most. However many ask for a target, the
  /// leader is asked once at a time; who comes while it answers waits for its next answer, so that nobody is
  /// shown what was true before he asked. `done` must not hold this object.
  void ask(const std::string& target, Done done);

  /// What this master answered as the leader: the last copy, should it lead no more.
  void keep(const std::string& target, std::shared_ptr<const http::Page> page);

  /// This master leads: what it knows is of this moment.
  void know();

  /// Without asking anybody.
  LiveCopy last_copy(const std::string& target) const;

 private:
  /// A leader's address and what it is asked for: another leader is asked at once.
  using Question = std::pair<std::string, std::string>;
  using CopyList = std::list<std::pair<std::string, std::pair<std::shared_ptr<const http::Page>, Time>>>;

  void send(const Question& question, const http::Endpoint& leader);
  void answered(const Question& question, const http::Endpoint& leader, std::vector<Done> asked,
                Result<http::ClientResponse> answer);
  void forget(const std::string& target);

  const CorePtr core_;
  mutable std::mutex mutex_;
  /// Who waits for the answer after the one that is under way.
  std::map<Question, std::vector<Done>> waiting_;
  const bool copies_kept_;
  Time heard_;       ///< where no copies are kept: when anything was known last
  CopyList copies_;  ///< the newest first
  std::size_t copy_bytes_ = 0;
};

/// The answer of a master that does not lead, and that no other master asked: the leader's, or the last one.
void serve_live(const std::shared_ptr<LiveReads>& live, const CorePtr& core, http::Responder responder,
                const std::string& target);

/// The leader's answer, or its last one.
void answer_copy(const CorePtr& core, const std::shared_ptr<http::Responder>& responder, const LiveCopy& copy);

/// 503 for what another master passed on to one that does not lead.
http::Response not_the_leader(const master::MasterView& view);

}  // namespace stellwerk::api

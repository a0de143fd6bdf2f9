/// Reads of the journalled state: from any master, of its own state.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/core.h"
#include "api/page_cache.h"
#include "http/responder.h"

namespace stellwerk::api {

/// Longest wait for a position that a read asks for.
inline constexpr std::chrono::seconds kAtLeastWaitMax{10};
/// Longest wait for the leader's word on what a follower does not know.
inline constexpr std::chrono::seconds kAskLeaderMax{5};

/// What is made of a view whose state is there; none: nothing of that name is known here.
using Render = std::function<std::optional<http::Response>(const master::MasterView&)>;

/// Serves a read: waits for `Stellwerk-At-Least`, says the position and the lag of what it shows, and
/// asks the leader about what it does not know. `target` is the path to ask for, without prefixes; empty: nobody is
/// asked. `missing` is the answer when nobody knows it.
struct Read {
  Render render;
  std::string target;
  Render missing;
  /// It takes long enough to be kept off the HTTP threads.
  std::function<bool(const master::MasterView&)> heavy;
  /// How the leader is asked: some of Flink's reads are no GET. A body is JSON.
  http::Method method = http::Method::get;
  std::string body{};
};
void serve_read(const CorePtr& core, http::Responder responder, Read read);

/// The same for a page that is made once per position, and has a tag.
void serve_page(const CorePtr& core, http::Responder responder, const std::shared_ptr<PageCache>& pages,
                std::string target);

}  // namespace stellwerk::api

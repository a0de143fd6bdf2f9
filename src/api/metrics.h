/// `/metrics`: a master's state as Prometheus reads it, with Flink's names where Flink has them.
#pragma once

#include <optional>
#include <string>

#include "api/core.h"
#include "api/event_feed.h"
#include "http/options.h"

namespace stellwerk::api {

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

/// Made at each answer. Text exposition format 0.0.4: written by hand, because all that is needed of
/// it is a page of gauges, and a library's registry would be a second copy of what the view says.
std::string metrics_text(const Core& core, EventFeed::Counts events, const std::optional<http::ServerStats>& server);

}  // namespace stellwerk::api

#include "api/core.h"

#include <algorithm>

#include "http/proxy.h"

namespace stellwerk::api {

std::optional<http::Endpoint> other_leader(const master::MasterView& view) {
  if (view.role == master::Role::leader || !view.leader || view.leader->address.id == view.self.id) return std::nullopt;
  auto endpoint = http::parse_endpoint(view.leader->address.rest, "the leader's address");
  if (endpoint.has_error()) return std::nullopt;
  return std::move(*endpoint);
}

const master::KnownLeader* shown_leader(const master::MasterView& view) noexcept {
  if (!view.leader) return nullptr;
  const bool shown = view.role == master::Role::leader || view.leader->address.id != view.self.id;
  return shown ? &*view.leader : nullptr;
}

std::chrono::milliseconds lag(const Core& core, const master::MasterView& view) {
  if (view.role == master::Role::leader) return {};
  const Time now = core.backend.now();
  Duration behind{};
  if (view.behind_since != Time{}) behind = now - view.behind_since;
  if (const auto since = core.disconnected_since_us.load(std::memory_order_relaxed); since != 0)
    behind = std::max(behind, now - Time(Duration(since)));
  return std::chrono::milliseconds(std::max<std::int64_t>(0, to_ms(behind)));
}

bool was_passed_on(const http::Request& request) noexcept {
  return request.header_count(http::kForwardedHeader) > 0;
}

http::Response too_much_to_read(std::string_view text) {
  http::Response response = http::unavailable_response(text, kRetryAfter);
  response.add_header(kOverloadedHeader, "1");
  return response;
}

std::int64_t to_ms(Duration duration) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace stellwerk::api

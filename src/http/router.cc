#include "http/router.h"

#include <array>
#include <span>

#include "base/assert.h"

namespace stellwerk::http {
namespace {

/// Methods that a path can have a handler for, in the order of Allow.
constexpr std::array<Method, 5> kServed{Method::get, Method::post, Method::put, Method::patch, Method::del};
/// Names of parameters in one pattern.
constexpr std::size_t kParamsMax = 8;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) out.push_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return out;
}

}  // namespace

struct Router::Node {
  struct Leaf {
    Route route;
    std::vector<std::string> names;
  };

  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> any;
  std::map<Method, Leaf> leaves;

  /// The best node that fits, and what its parameters matched; null for none.
  const Node* find(std::span<const std::string_view> path, std::vector<std::string_view>& values) const {
    if (path.empty()) return leaves.empty() ? nullptr : this;
    if (const auto found = literals.find(path.front()); found != literals.end())
      if (const Node* node = found->second->find(path.subspan(1), values)) return node;
    if (any == nullptr) return nullptr;
    values.push_back(path.front());
    if (const Node* node = any->find(path.subspan(1), values)) return node;
    values.pop_back();
    return nullptr;
  }
};

Router::Router(std::string_view prefix) : root_(std::make_unique<Node>()) {
  for (const std::string_view segment : split(prefix)) prefix_.emplace_back(segment);
}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
  STELLWERK_ASSERT(method != Method::head && method != Method::options, "HEAD and OPTIONS follow from the others");
  Node* node = root_.get();
  std::vector<std::string> names;
  for (const std::string_view segment : split(pattern)) {
    std::unique_ptr<Node>* next = nullptr;
    if (segment.starts_with(':')) {
      names.emplace_back(segment.substr(1));
      next = &node->any;
    } else {
      next = &node->literals.try_emplace(std::string(segment)).first->second;
    }
    if (*next == nullptr) *next = std::make_unique<Node>();
    node = next->get();
  }
  STELLWERK_ASSERT(names.size() <= kParamsMax, "a pattern has too many parameters");
  const bool added =
      node->leaves.try_emplace(method, Node::Leaf{{std::move(handler), options}, std::move(names)}).second;
  STELLWERK_ASSERT(added, "a route was added twice");
}

Router::Match Router::match(Request& request) const {
  std::span<const std::string_view> path(request.segments);
  for (const std::string& segment : prefix_) {
    if (path.empty() || path.front() != segment) return {};
    path = path.subspan(1);
  }
  if (!path.empty() && path.front() == "v1") path = path.subspan(1);

  Match match;
  std::vector<std::string_view> values;
  const Node* found = root_->find(path, values);
  const bool whole_server = request.target == "*";
  if (found == nullptr && !whole_server) return match;
  const auto knows = [&](Method method) { return whole_server || found->leaves.contains(method); };
  const Method wanted = request.method == Method::head ? Method::get : request.method;
  if (found != nullptr && found->leaves.contains(wanted)) {
    const Node::Leaf& leaf = found->leaves.find(wanted)->second;
    match.route = &leaf.route;
    for (std::size_t i = 0; i < values.size(); ++i) request.params.push_back({leaf.names[i], values[i]});
    return match;
  }
  for (const Method method : kServed) {
    if (!knows(method)) continue;
    match.allow += to_string(method);
    match.allow += ", ";
    if (method == Method::get) match.allow += "HEAD, ";
  }
  match.allow += "OPTIONS";
  return match;
}

}  // namespace stellwerk::http

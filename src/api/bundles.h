/// Uploads: the paths below `/jars`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/core.h"
#include "http/router.h"
#include "model/bundle.h"

namespace stellwerk::api {

struct BundlePath {
  http::Method method = http::Method::get;
  std::string pattern;
  http::Handler handler;
  http::RouteOptions options{};
};
std::vector<BundlePath> bundle_paths(const CorePtr& core);

/// With its spec; none: there is none of that id.
std::optional<model::Bundle> find_bundle(const jobs::ClusterState& state, const model::BundleId& id);
std::string no_such_bundle(const model::BundleId& id);

}  // namespace stellwerk::api

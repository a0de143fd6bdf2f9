#include "jobs/bundle_views.h"

#include <algorithm>
#include <vector>

#include "base/json_writer.h"

namespace stellwerk::jobs {
namespace {

void write_bundle(JsonWriter& out, const std::string& uuid, const model::Bundle& bundle) {
  out.begin_object().member("id", model::BundleId{uuid, bundle.artifact.name}.text());
  out.member("name", bundle.artifact.name).member("uploaded", bundle.at_ms).key("entry").begin_array().end_array();
  out.member("size", bundle.artifact.size).member("sha256", bundle.artifact.sha256);
  out.member("kind", to_string(bundle.artifact.kind));
  if (bundle.once) out.member("once", true);
  out.end_object();
}

}  // namespace

std::string bundle_list_json(const ClusterState& state, std::string_view address) {
  auto bundles = state.bundles().sorted();
  std::stable_sort(bundles.begin(), bundles.end(),
                   [](const auto& a, const auto& b) { return a.second->at_ms > b.second->at_ms; });
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("address", address).key("files").begin_array();
  for (const auto& [uuid, bundle] : bundles) write_bundle(out, uuid, *bundle);
  out.end_array().end_object();
  return text;
}

}  // namespace stellwerk::jobs

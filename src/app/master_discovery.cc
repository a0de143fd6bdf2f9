#include "app/master_discovery.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "link/message.h"
#include "worker/worker_ports.h"

namespace stellwerk::app {
namespace {

/// Of one master's trouble, in a line about several.
constexpr std::size_t kTroubleBytesMax = 256;

}  // namespace

struct MasterDiscovery::Search {
  Done done;
  std::size_t pending = 0;
  worker::event::Found found;

  void answered(const http::Endpoint& master, const Result<http::ClientResponse>& answer) {
    --pending;
    if (!done) return;
    bool leader = false;
    if (answer.has_error()) {
      complain("", answer.error().text);
    } else if (answer->status != 200) {
      complain(master.url() + ": ", "/status answers " + std::to_string(answer->status));
    } else if (const auto ports = worker::read_worker_ports(answer->body); ports.has_error()) {
      complain(master.url() + ": ", ports.error().text);
    } else {
      leader = ports->leader;
      for (const auto& each : ports->masters)
        if (found.masters.size() < link::kMastersMax &&
            std::find(found.masters.begin(), found.masters.end(), each) == found.masters.end())
          found.masters.push_back(each);
      if (ports->masters.empty()) complain(master.url() + ": ", "it takes no workers yet");
    }
    if (!leader && pending > 0) return;
    if (!found.masters.empty()) found.trouble.clear();
    std::exchange(done, {})(std::move(found));
  }

  void complain(const std::string& who, const std::string& why) {
    found.trouble += (found.trouble.empty() ? "" : "; ") + who + escaped(why, kTroubleBytesMax);
  }
};

void MasterDiscovery::find(Done done) {
  auto search = std::make_shared<Search>();
  search->done = std::move(done);
  search->pending = masters_.size();
  for (const auto& master : masters_) {
    http::ClientRequest request;
    request.target = "/status";
    client_.send(
        master, std::move(request),
        [search, master](Result<http::ClientResponse> answer) { search->answered(master, answer); }, kAnswerMax);
  }
}

}  // namespace stellwerk::app

#include "cli/show_logs.h"

#include <ostream>

#include "cli/answers.h"
#include "cli/exit_codes.h"
#include "http/syntax.h"
#include "model/job.h"

namespace stellwerk::cli {
namespace {

constexpr int kPartialContent = 206;
constexpr int kNotFound = 404;
constexpr int kRangeNotSatisfiable = 416;

tail::Event unreadable(std::string_view why) {
  return tail::NoAnswer{"No master answered as one would: " + std::string(why)};
}

tail::Event read_part(const http::ClientResponse& response) {
  const auto part = http::parse_content_range(response.header("Content-Range").value_or(""));
  if (part && !part->first && response.status == kRangeNotSatisfiable) return tail::Beyond{part->size};
  if (!part || !part->first || response.status != kPartialContent || response.body.size() > part->size - *part->first)
    return unreadable("it does not say which part of the file this is");
  return tail::Content{*part->first, part->size, response.body};
}

tail::Event read_file(const Outcome& outcome) {
  const http::ClientResponse& response = outcome.response;
  if (response.status == kPartialContent || response.status == kRangeNotSatisfiable) return read_part(response);
  if (!outcome.ok()) return tail::NoAnswer{outcome.text, response.status == kNotFound};
  const auto omitted = http::parse_decimal(response.header("Stellwerk-Omitted-Bytes").value_or("0")).value_or(0);
  return tail::Content{omitted, omitted + response.body.size(), response.body};
}

tail::Event read_status_of_job(const Outcome& outcome) {
  if (!outcome.ok()) return tail::NoAnswer{outcome.text, outcome.response.status == kNotFound};
  const auto state = read_job_status(outcome.response.body);
  if (!state) return unreadable(state.error().text);
  const auto status = model::parse_job_status(*state);
  return tail::StatusSeen{status && model::is_terminal(*status)};
}

tail::Event read_places(const Outcome& outcome) {
  if (!outcome.ok()) return tail::NoAnswer{outcome.text};
  auto workers = read_workers_of_subtasks(outcome.response.body);
  if (!workers) return unreadable(workers.error().text);
  return tail::PlacesSeen{std::move(*workers)};
}

class Tailer {
 public:
  Tailer(tail::Options options, Conversation& conversation, Host& host)
      : conversation_(conversation), host_(host), core_(std::move(options)) {}

  int run() {
    tail::Step step = core_.begin(host_.now());
    for (;;) {
      host_.err() << step.err << std::flush;
      host_.out() << step.out << std::flush;
      if (const auto* end = std::get_if<tail::End>(&step.next)) return end->exit_code;
      // Nobody reads it any more; whoever called says so.
      if (!host_.out()) return kExitDone;
      const tail::Event event = perform(std::get<tail::Ask>(step.next));
      step = core_.step(host_.now(), event);
    }
  }

 private:
  tail::Event perform(const tail::Ask& ask) {
    if (ask.pause > Milliseconds(0)) host_.pause(ask.pause);
    if (host_.interrupted()) return tail::Interrupted{};
    http::ClientRequest request{.target = ask.target};
    if (!ask.range.empty()) request.headers.emplace_back("Range", ask.range);
    const Outcome outcome = conversation_.read_once(request);
    if (outcome.kind == Outcome::Kind::interrupted) return tail::Interrupted{};
    switch (ask.what) {
      case tail::What::status: return read_status_of_job(outcome);
      case tail::What::place: return read_places(outcome);
      case tail::What::file: return read_file(outcome);
    }
    return tail::Interrupted{};
  }

  Conversation& conversation_;
  Host& host_;
  tail::Core core_;
};

}  // namespace

int show_logs(tail::Options options, Conversation& conversation, Host& host) {
  return Tailer(std::move(options), conversation, host).run();
}

}  // namespace stellwerk::cli

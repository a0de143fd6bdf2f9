#include "cli/follow.h"

#include <charconv>
#include <ostream>

#include "cli/table.h"

namespace stellwerk::cli {
namespace {

constexpr std::string_view kQuestion = "\nCancel the job, detach, or go on? [c/d/g] ";
constexpr std::string_view kClearLine = "\r\x1b[K";

attach::AnswerOrigin origin_of(const http::ClientResponse& response) {
  attach::AnswerOrigin out;
  if (const auto epoch = response.header("Stellwerk-Epoch"))
    std::from_chars(epoch->data(), epoch->data() + epoch->size(), out.epoch);
  if (const auto leader = response.header("Stellwerk-Leader"))
    if (const auto endpoint = http::parse_endpoint(*leader, "Stellwerk-Leader")) out.leader = endpoint->url();
  out.stale = response.header("Stellwerk-Stale-Ms").has_value();
  return out;
}

/// What an answer says; an answer that cannot be read is none.
template <class Seen, class Read>
attach::Event read_event(const std::string& body, Read read) {
  auto value = read(body);
  if (!value) return {.what = attach::NoAnswer{"No master answered as one would: " + value.error().text}};
  return {.what = Seen{std::move(*value)}};
}

class Follower {
 public:
  Follower(const attach::Options& options, Conversation& conversation, Host& host)
      : path_("/jobs/" + options.job.text()), conversation_(conversation), host_(host), core_(options) {}

  int run() {
    attach::Step step = core_.begin(host_.now());
    for (;;) {
      show(step);
      if (const auto* end = std::get_if<attach::End>(&step.next)) return end->exit_code;
      const attach::Event event = std::visit([this](const auto& next) { return perform(next); }, step.next);
      step = core_.step(host_.now(), event);
    }
  }

 private:
  attach::Event perform(const attach::LookNext& next) {
    if (next.pause > Milliseconds(0)) host_.pause(next.pause);
    if (host_.interrupted()) return interrupted();
    const Milliseconds began = host_.now();
    const Outcome outcome = conversation_.read_once(target(next.what));
    if (outcome.kind == Outcome::Kind::interrupted) return interrupted();
    attach::Event event =
        outcome.ok() ? read(next.what, outcome.response.body)
                     : attach::Event{.what = attach::NoAnswer{outcome.text, outcome.kind == Outcome::Kind::refused}};
    event.origin = origin_of(outcome.response);
    event.took = host_.now() - began;
    return event;
  }

  attach::Event perform(const attach::AskPerson&) {
    clear_progress();
    host_.forget_interrupts();
    auto line = host_.ask_person(kQuestion, kThinkMost);
    const bool ended = host_.asked_to_end();
    host_.forget_interrupts();
    if (ended) return {.what = attach::Interrupted{true}};
    // After Ctrl-C the cursor stands behind the question.
    if (!line) host_.err() << '\n';
    return {.what = attach::Replied{line.value_or(""), !line}};
  }

  attach::Event perform(const attach::CancelJob&) {
    const Outcome outcome = conversation_.write({.method = http::Method::patch, .target = path_ + "?mode=cancel"});
    if (outcome.kind == Outcome::Kind::interrupted) return interrupted();
    return {.what = attach::CancelSaid{outcome.ok() ? "" : outcome.text}, .origin = origin_of(outcome.response)};
  }

  attach::Event perform(const attach::End&) { return {}; }

  attach::Event interrupted() {
    const bool asked_to_end = host_.asked_to_end();
    host_.forget_interrupts();
    return {.what = attach::Interrupted{asked_to_end}};
  }

  std::string target(attach::Look what) const {
    switch (what) {
      case attach::Look::job: return path_;
      case attach::Look::status: return path_ + "/status";
      case attach::Look::cause: return path_ + "/exceptions?maxExceptions=1";
    }
    return path_;
  }

  static attach::Event read(attach::Look what, const std::string& body) {
    switch (what) {
      case attach::Look::job: return read_event<attach::JobSeen>(body, read_job);
      case attach::Look::status: return read_event<attach::StatusSeen>(body, read_job_status);
      case attach::Look::cause: return read_event<attach::CauseSeen>(body, read_failure);
    }
    return {};
  }

  void show(const attach::Step& step) {
    const std::size_t columns = host_.terminal_columns();
    // One column less: a full line would end on the next one.
    const std::string progress = columns > 1 ? fit(step.progress, columns - 1) : "";
    if (!step.out.empty() || !step.err.empty() || progress != progress_) clear_progress();
    host_.out() << step.out << std::flush;
    host_.err() << step.err;
    if (progress != progress_) host_.err() << progress;
    host_.err() << std::flush;
    progress_ = progress;
  }

  void clear_progress() {
    if (!progress_.empty()) host_.err() << kClearLine;
    progress_.clear();
  }

  std::string path_;
  Conversation& conversation_;
  Host& host_;
  attach::Core core_;
  std::string progress_;  ///< what the last line of the terminal shows
};

}  // namespace

int follow(const attach::Options& options, Conversation& conversation, Host& host) {
  return Follower(options, conversation, host).run();
}

}  // namespace stellwerk::cli

#include "cli/tail.h"

#include <algorithm>

#include "cli/exit_codes.h"
#include "cli/time_left.h"

namespace stellwerk::cli::tail {
namespace {

std::string with_stop(std::string text) {
  return text + (text.ends_with('.') ? "\n" : ".\n");
}

}  // namespace

Core::Core(Options options) : options_(std::move(options)), readers_(options_.files.size()), ended_(!options_.follow) {}

Step Core::begin(Milliseconds) {
  step_ = {};
  at_ = 0;
  if (wanted(at_))
    ask(Milliseconds(0));
  else
    go_on();
  return std::move(step_);
}

Step Core::step(Milliseconds now, const Event& event) {
  step_ = {};
  std::visit([&](const auto& what) { on(now, what); }, event);
  return std::move(step_);
}

// ---- what came ----

void Core::on(Milliseconds, const StatusSeen& seen) {
  away_since_.reset();
  away_pause_ = kAwayLeast;
  ended_ = seen.ended;
  go_on();
}

void Core::on(Milliseconds, const PlacesSeen& seen) {
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    const File& file = options_.files[i];
    const auto found = seen.workers.find(file.subtask);
    if (file.place + 1 == at_ && found != seen.workers.end()) move(file, readers_[i], found->second);
  }
  go_on();
}

void Core::on(Milliseconds, const Content& content) {
  const File& file = options_.files[at_ - first_file()];
  Reader& reader = readers_[at_ - first_file()];
  if (content.first > reader.offset) {
    end_line(file, reader);
    step_.err += file.title + ": " + std::to_string(content.first - reader.offset) +
                 " bytes before what follows are left out.\n";
    reader.offset = content.first;
  }
  // A range that was ignored gives the whole file once more.
  const std::uint64_t known = std::min<std::uint64_t>(reader.offset - content.first, content.bytes.size());
  show(file, reader, std::string_view(content.bytes).substr(known));
  reader.offset += content.bytes.size() - known;
  // A part that brings nothing is no reason to ask for more at once.
  answered(reader, content.bytes.size() > known ? content.size : reader.offset);
  go_on();
}

void Core::on(Milliseconds, const Beyond& beyond) {
  const File& file = options_.files[at_ - first_file()];
  Reader& reader = readers_[at_ - first_file()];
  const bool shorter = beyond.size < reader.offset;
  if (shorter) {
    end_line(file, reader);
    reader.offset = 0;
  }
  answered(reader, shorter ? beyond.size : reader.offset);
  go_on();
}

void Core::on(Milliseconds now, const NoAnswer& answer) {
  if (at_ == 0) return status_away(now, answer);
  // Without it files are taken to be where they were.
  if (at_ < first_file()) return go_on();
  file_away(now, answer);
  go_on();
}

void Core::on(Milliseconds, const Interrupted&) {
  end(kExitInterrupted);
}

void Core::status_away(Milliseconds now, const NoAnswer& answer) {
  if (answer.missing) {  // it was there: its end is forgotten
    ended_ = true;
    return go_on();
  }
  if (!away_since_) away_said_ = false;
  const Milliseconds away = now - away_since_.value_or(now);
  away_since_ = now - away;
  if (away >= options_.patience) {
    step_.err += with_stop(answer.text);
    return end(kExitNoLeader);
  }
  if (!away_said_ && away >= kSayAwayAfter) {
    step_.err += answer.text + "; trying again for " + time_left(options_.patience - away) + " at most.\n";
    away_said_ = true;
  }
  ask(std::min(away_pause_, options_.patience - away));
  away_pause_ = std::min(away_pause_ * 2, kAwayMost);
}

void Core::file_away(Milliseconds now, const NoAnswer& answer) {
  const File& file = options_.files[at_ - first_file()];
  Reader& reader = readers_[at_ - first_file()];
  reader.more = false;
  const bool last = ended_ || options_.status.empty();
  if (answer.missing && !reader.begun) {
    reader.away_since.reset();
    say(file, reader, answer.text);
    reader.done = last;
    return;
  }
  // After a takeover its worker may not have come to the new leader yet.
  if (!reader.away_since) reader.away_said = false;
  const Milliseconds away = now - reader.away_since.value_or(now);
  reader.away_since = now - away;
  if (last && away >= options_.patience) {
    step_.err += file.title + ": " + with_stop(answer.text);
    reader.done = true;
    failed_ = failed_ || !answer.missing;
  } else if (!reader.away_said && away >= kSayAwayAfter) {
    step_.err += file.title + ": " + answer.text + "; trying again";
    if (last) step_.err += " for " + time_left(options_.patience - away) + " at most";
    step_.err += ".\n";
    reader.away_said = true;
  }
}

// ---- what it means ----

void Core::answered(Reader& reader, std::uint64_t size) {
  reader.begun = true;
  reader.said.clear();
  reader.away_since.reset();
  reader.more = size > reader.offset;
  reader.done = ended_ && !reader.more;
}

void Core::move(const File& file, Reader& reader, const std::string& worker) {
  if (reader.worker == worker) return;
  if (!reader.worker.empty()) {
    end_line(file, reader);
    reader.left_at[reader.worker] = reader.offset;
    reader.offset = reader.left_at[worker];
  }
  reader.worker = worker;
}

void Core::show(const File& file, Reader& reader, std::string_view bytes) {
  if (file.prefix.empty()) {
    step_.out += bytes;
    return;
  }
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t length = std::min({end, bytes.size(), kLineBytesMax - reader.rest.size()});
    reader.rest += bytes.substr(0, length);
    bytes.remove_prefix(length == end ? length + 1 : length);
    if (length != end && reader.rest.size() < kLineBytesMax) return;
    step_.out += file.prefix + reader.rest + '\n';
    reader.rest.clear();
  }
}

void Core::end_line(const File& file, Reader& reader) {
  if (!reader.rest.empty()) step_.out += file.prefix + reader.rest + '\n';
  reader.rest.clear();
}

void Core::say(const File& file, Reader& reader, const std::string& text) {
  if (text == reader.said) return;
  step_.err += file.title + ": " + with_stop(text);
  reader.said = text;
}

// ---- what is next ----

bool Core::wanted(std::size_t at) const {
  if (at == 0) return !ended_ && !options_.status.empty();
  if (at < first_file()) return options_.follow;
  return !readers_[at - first_file()].done;
}

void Core::go_on() {
  Milliseconds pause{0};
  const bool all_done = std::all_of(readers_.begin(), readers_.end(), [](const Reader& each) { return each.done; });
  if (all_done) return end();
  const std::size_t count = first_file() + readers_.size();
  do {
    if (++at_ >= count) {
      at_ = 0;
      pause = until_next_round();
    }
  } while (!wanted(at_));
  ask(pause);
}

Milliseconds Core::until_next_round() {
  const auto any = [&](auto what) { return std::any_of(readers_.begin(), readers_.end(), what); };
  if (any([](const Reader& each) { return !each.done && each.more; })) return Milliseconds(0);
  if (!ended_) return kPollEvery;
  // What is still missing then could not be had.
  const Milliseconds pause = away_pause_;
  away_pause_ = std::min(away_pause_ * 2, kAwayMost);
  return pause;
}

void Core::ask(Milliseconds pause) {
  if (at_ == 0) {
    step_.next = Ask{What::status, options_.status, {}, pause};
  } else if (at_ < first_file()) {
    step_.next = Ask{What::place, options_.places[at_ - 1], {}, pause};
  } else {
    const Reader& reader = readers_[at_ - first_file()];
    step_.next = Ask{What::file, options_.files[at_ - first_file()].target,
                     reader.begun ? "bytes=" + std::to_string(reader.offset) + "-" : "", pause};
  }
}

void Core::end(std::optional<int> exit_code) {
  for (std::size_t i = 0; i < readers_.size(); ++i) end_line(options_.files[i], readers_[i]);
  const bool shown = std::any_of(readers_.begin(), readers_.end(), [](const Reader& each) { return each.begun; });
  step_.next = End{exit_code.value_or(failed_ ? kExitNoLeader : shown ? kExitDone : kExitRefused)};
}

}  // namespace stellwerk::cli::tail

#include "coordination/local_queue.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/file_lock.h"
#include "base/json.h"
#include "coordination/local_lock.h"

namespace stellwerk::coordination {
namespace {

constexpr std::string_view kTicketPrefix = "CANDIDATE-";
constexpr std::size_t kTicketDigits = 10;
constexpr std::size_t kCandidateBytesMax = 8 * 1024;
constexpr std::size_t kTextBytesMax = 256;
constexpr mode_t kTicketMode = 0640;

std::int64_t ticket_of(std::string_view name) {
  std::int64_t ticket = 0;
  if (name.size() > kTicketPrefix.size() + kTicketDigits) {
    const auto* begin = name.data() + kTicketPrefix.size();
    std::from_chars(begin, begin + kTicketDigits, ticket);
  }
  return ticket;
}

std::string encode(const Candidate& c) {
  return canonical_json(json::object{
      {"id", c.id}, {"rest", c.rest}, {"rpc", c.rpc}, {"host", c.host}, {"pid", c.pid}, {"since", c.since_ms}});
}

std::string bounded(std::string text) {
  if (text.size() > kTextBytesMax) text.resize(kTextBytesMax);
  return text;
}

/// Whatever is there: a candidate whose file cannot be read still stands in the queue.
Candidate decode_candidate(const std::string& text) {
  const auto value = parse_json(text, "candidate");
  if (!value) return {};
  JsonFields fields(*value, "candidate");
  Candidate c;
  c.id = bounded(fields.string_or("id", ""));
  c.rest = bounded(fields.string_or("rest", ""));
  c.rpc = bounded(fields.string_or("rpc", ""));
  c.host = bounded(fields.string_or("host", ""));
  c.pid = fields.integer_or("pid", 0);
  c.since_ms = fields.integer_or("since", 0);
  return c;
}

std::string candidate_name(std::int64_t ticket, std::string_view unique) {
  return std::string(kTicketPrefix) + zero_padded(ticket, kTicketDigits) + std::string(unique);
}

}  // namespace

/// The file is locked before it has its name, so that nobody takes it for a dead one's.
Result<void> LocalQueue::enter(const Candidate& candidate) {
  const auto names = folder_.names(kTicketPrefix);
  if (!names) return names.error();
  const std::int64_t ticket = names->empty() ? 1 : ticket_of(names->back()) + 1;
  const std::string unfinished = folder_.unfinished_name("candidate");
  const std::string name = candidate_name(ticket, unfinished.substr(unfinished.find('-')));
  const std::string bytes = encode(candidate);

  FileDescriptor file(::openat(folder_.fd(), unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kTicketMode));
  int error = file ? 0 : errno;
  if (error == 0 && ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    error = errno != 0 ? errno : ENOSPC;
  if (error == 0) {
    const int locked = try_lock(file.get());
    if (locked != 1) error = locked < 0 ? -locked : EAGAIN;
  }
  if (error == 0 && ::linkat(folder_.fd(), unfinished.c_str(), folder_.fd(), name.c_str(), 0) < 0) error = errno;
  if (file) folder_.remove(unfinished);
  if (error != 0) return local_error(error, "standing for election in", folder_.path());
  own_ = std::move(file);
  own_name_ = name;
  return {};
}

void LocalQueue::leave() {
  if (!is_in()) return;
  folder_.remove(own_name_);
  own_.reset();
  own_name_.clear();
}

bool LocalQueue::is_alive(const std::string& name) const {
  const FileDescriptor file(::openat(folder_.fd(), name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return errno != ENOENT;
  return is_locked(file.get()) != 0;
}

Candidate LocalQueue::describe(const std::string& name) {
  const auto known = known_.find(name);
  if (known != known_.end()) return known->second;
  const auto text = folder_.read(name, kCandidateBytesMax);
  if (!text) return {};
  return known_[name] = decode_candidate(*text);
}

Result<LocalQueue::View> LocalQueue::look() {
  auto names = folder_.names(kTicketPrefix);
  if (!names) return names.error();
  if (names->size() > kLocalCandidatesMax) names->resize(kLocalCandidatesMax);
  View view;
  for (const auto& name : *names) {
    const bool own = name == own_name_;
    if (!own && !is_alive(name)) {
      folder_.remove(name);
      known_.erase(name);
      continue;
    }
    if (own) {
      view.own_present = true;
      view.own_first = view.members.empty();
    }
    view.members.push_back(describe(name));
  }
  for (auto known = known_.begin(); known != known_.end();)
    known = std::binary_search(names->begin(), names->end(), known->first) ? std::next(known) : known_.erase(known);
  return view;
}

Result<void> LocalQueue::erase() {
  const auto names = folder_.names(kTicketPrefix);
  if (!names) return names.error();
  for (const auto& name : *names)
    if (const int rc = folder_.remove(name); rc < 0)
      return make_error(Errc::unknown, local_error(-rc, "removing", folder_.path() + "/" + name).text);
  return {};
}

}  // namespace stellwerk::coordination

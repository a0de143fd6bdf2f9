#include "identity/task_files.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/write_all.h"
#include "identity/system_error.h"
#include "link/message.h"

namespace stellwerk::identity {
namespace {

namespace fs = std::filesystem;

/// Longest line of the book, in bytes: an end with the longest reason, every byte of it escaped.
constexpr std::size_t kLineBytesMax = 8 * link::kWhyBytesMax;

Result<void> make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return system_error("could not make " + path, error.value());
  return {};
}

Result<void> make_link(const std::string& to, const std::string& path) {
  if (::symlink(to.c_str(), path.c_str()) != 0) return system_error("could not make " + path, errno);
  return {};
}

/// What a task writes beside it is its own; what it leads to nobody may change.
Result<void> link_jar(const std::string& from, const std::string& into, const std::string& name) {
  return make_link(from + "/" + worker::kJarName, into + "/" + name);
}

/// A port that is ours as long as the socket is open.
Result<std::pair<FileDescriptor, std::int64_t>> take_port() {
  FileDescriptor held(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT: the sockets' own way
  if (!held || ::bind(held.get(), generic, size) != 0 || ::getsockname(held.get(), generic, &size) != 0)
    return system_error("could not find a free port", errno);
  return std::pair(std::move(held), static_cast<std::int64_t>(ntohs(address.sin_port)));
}

std::string runs_line(const model::AttemptId& attempt, const std::string& boot, std::int64_t pid,
                      std::int64_t started) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("runs", attempt.text()).member("boot", boot);
  out.member("pid", pid).member("started", started).end_object();
  return text;
}

std::string forget_line(const model::AttemptId& attempt) {
  return "{\"forget\":\"" + attempt.text() + "\"}";
}

/// What one line adds to what an earlier process has left.
class BookReader {
 public:
  BookReader(const std::string& boot, AttemptsLeft& left) : boot_(boot), left_(left) {}

  Result<void> read(const std::string& line) {
    if (line.size() > kLineBytesMax) return make_error(Errc::too_large, "a line is too long");
    const auto value = parse_json(line, "a line");
    if (value.has_error()) return value.error();
    JsonFields fields(*value, "a line");
    if (fields.has("type")) return read_end(line);
    const bool runs = fields.has("runs");
    const auto attempt = model::parse_attempt_id(fields.string(runs ? "runs" : "forget"));
    if (!fields.ok()) return fields.error();
    if (attempt.has_error()) return attempt.error();
    if (!runs) {
      running_.erase(*attempt);
      ended_.erase(*attempt);
      return {};
    }
    const AttemptsLeft::Running entry{*attempt, fields.integer("pid"), fields.integer("started")};
    const bool here = fields.string("boot") == boot_;
    if (!fields.ok()) return fields.error();
    if (here) running_.insert_or_assign(*attempt, entry);
    return {};
  }
  void finish() {
    for (auto& [attempt, entry] : running_) left_.running.push_back(std::move(entry));
    for (auto& [attempt, ended] : ended_) left_.ended.push_back(std::move(ended));
  }

 private:
  Result<void> read_end(const std::string& line) {
    auto message = link::decode(line);
    if (message.has_error()) return message.error();
    auto* const ended = std::get_if<link::TaskEnded>(&*message);
    if (ended == nullptr) return make_error(Errc::damaged, "a line is no end of a task");
    running_.erase(ended->attempt);
    ended_.insert_or_assign(ended->attempt, std::move(*ended));
    return {};
  }

  const std::string& boot_;
  AttemptsLeft& left_;
  std::map<model::AttemptId, AttemptsLeft::Running> running_;
  std::map<model::AttemptId, link::TaskEnded> ended_;
};

void read_book(const std::string& path, const std::string& boot, AttemptsLeft& left) {
  std::ifstream in(path);
  BookReader reader(boot, left);
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    // The last one may have been cut off by the end of the process that wrote it.
    if (in.eof()) break;
    if (line.empty()) continue;  // the end of one that could not be written
    const auto read = reader.read(line);
    if (read.has_error())
      left.warnings.push_back(path + ", line " + std::to_string(number) + ": " + read.error().text + "; left out");
  }
  reader.finish();
}

}  // namespace

Result<std::unique_ptr<TaskFiles>> TaskFiles::open(Executor& executor, worker::Artifacts& artifacts,
                                                   TaskFilesSetup setup, AttemptsLeft& left) {
  std::unique_ptr<TaskFiles> files(new TaskFiles(executor, artifacts, std::move(setup)));
  read_book(files->book_path(), files->boot_, left);
  for (const auto& each : left.ended) files->kept_[each.attempt] = link::encode(each);
  files->clear_tasks();
  files->remove_old_outputs();
  const auto made = make_folder(files->folder_ + "/tasks");
  if (made.has_error()) return made.error();
  const auto written = files->write_book();
  if (written.has_error()) return written.error();
  return files;
}

TaskFiles::~TaskFiles() {
  *alive_ = false;
}

/// What earlier processes left: out of the way at once, and removed beside everything else.
void TaskFiles::clear_tasks() {
  std::error_code ignored;
  const std::string old = folder_ + "/tasks.old";
  fs::create_directories(old, ignored);
  std::size_t number = 0;
  while (fs::exists(old + "/" + std::to_string(number), ignored)) ++number;
  fs::rename(folder_ + "/tasks", old + "/" + std::to_string(number), ignored);
  remover_.submit([old] {
    std::error_code unimportant;
    fs::remove_all(old, unimportant);
  });
}

void TaskFiles::prepare(const model::AttemptId& attempt, const worker::TaskNeeds& needs, Done done) {
  if (!needs.artifact) {
    executor_.post([done = std::move(done), made = make(attempt, needs)] { done(made); });
    return;
  }
  held_.insert_or_assign(attempt, Held{*needs.artifact});
  artifacts_.take(*needs.artifact,
                  [this, alive = alive_, attempt, needs, done = std::move(done)](const Result<std::string>& unpacked) {
                    if (*alive) got(attempt, needs, unpacked, done);
                  });
}

void TaskFiles::got(const model::AttemptId& attempt, const worker::TaskNeeds& needs,
                    const Result<std::string>& unpacked, const Done& done) {
  const auto held = held_.find(attempt);
  if (held == held_.end()) {
    // It was stopped meanwhile.
    if (unpacked.has_value()) artifacts_.release(*needs.artifact);
    return;
  }
  if (unpacked.has_error()) {
    held_.erase(held);
    return done(unpacked.error());
  }
  held->second.here = true;
  auto place = make(attempt, needs);
  if (place.has_error()) return done(place.error());
  if (needs.artifact->kind == model::ArtifactKind::jar) {
    const auto linked = link_jar(*unpacked, place->folder, needs.artifact->name);
    return linked.has_error() ? done(linked.error()) : done(place);
  }
  place->bundle = *unpacked;
  auto links = std::make_shared<Links>(attempt, std::move(*place), done);
  std::error_code error;
  links->next = fs::directory_iterator(*unpacked, error);
  if (error) return done(system_error("could not list " + *unpacked, error.value()));
  link_some(links);
}

/// In slices: a bundle may have many files at its root, and the loop has other things to do.
void TaskFiles::link_some(const std::shared_ptr<Links>& links) {
  // It was stopped meanwhile, and its folder goes.
  if (!held_.contains(links->attempt)) return;
  std::error_code error;
  for (std::size_t i = 0; i < kLinksSlice; ++i) {
    if (links->next == fs::directory_iterator()) return links->done(std::move(links->place));
    const fs::path& entry = links->next->path();
    const auto made = make_link(entry.string(), links->place.folder + "/" + entry.filename().string());
    if (made.has_error()) return links->done(made.error());
    links->next.increment(error);
    if (error) return links->done(system_error("could not list " + links->place.bundle, error.value()));
  }
  executor_.post([this, alive = alive_, links] {
    if (*alive) link_some(links);
  });
}

Result<worker::TaskPlace> TaskFiles::make(const model::AttemptId& attempt, const worker::TaskNeeds& needs) {
  if (const auto made = folders_.make(attempt); made.has_error()) return made.error();
  worker::TaskPlace place;
  place.folder = folders_.working(attempt);
  place.output = folders_.output(attempt.job) + "/" + needs.name;
  for (const auto& port : needs.ports) {
    auto taken = take_port();
    if (taken.has_error()) return taken.error();
    ports_[attempt].push_back(std::move(taken->first));
    place.ports.emplace(port, taken->second);
  }
  return place;
}

void TaskFiles::release(const model::AttemptId& attempt) {
  ports_.erase(attempt);
}

void TaskFiles::discard(const model::AttemptId& attempt) {
  release(attempt);
  if (const auto held = held_.extract(attempt); !held.empty() && held.mapped().here)
    artifacts_.release(held.mapped().artifact);
  remover_.submit([this, attempt] {
    folders_.remove(attempt);
    if (folders_.outputs_due()) remove_old_outputs();
  });
}

/// In turns: working folders are more urgent.
void TaskFiles::remove_old_outputs() {
  remover_.submit([this] {
    if (folders_.remove_old_outputs()) remove_old_outputs();
  });
}

// ---- the book ----

void TaskFiles::runs(const model::AttemptId& attempt, std::int64_t pid, std::int64_t started) {
  keep(attempt, runs_line(attempt, boot_, pid, started));
}

void TaskFiles::ended(const link::TaskEnded& ended) {
  keep(ended.attempt, link::encode(ended));
}

void TaskFiles::keep(const model::AttemptId& attempt, const std::string& line) {
  kept_.insert_or_assign(attempt, line);
  add(line);
}

void TaskFiles::forget(const model::AttemptId& attempt) {
  if (kept_.erase(attempt) > 0) add(forget_line(attempt));
}

void TaskFiles::add(const std::string& line) {
  // Part of the line before it may be there, which must not become part of this one.
  const int failed = write_all(book_.get(), (torn_ ? "\n" : "") + line + "\n");
  ++lines_;
  torn_ = failed != 0;
  if (torn_) return fail(system_error("could not write " + book_path(), -failed));
  const bool due = failing_ || lines_ > kept_.size() + kLinesMax;
  if (due && lines_ >= rewrite_at_) rewrite();
}

/// Whatever could not be added is in it again.
void TaskFiles::rewrite() {
  const auto written = write_book();
  if (written.has_error()) {
    rewrite_at_ = lines_ + kRewriteEvery;
    return fail(written.error());
  }
  if (std::exchange(failing_, false)) note_(worker::NoteLevel::info, book_path() + " is whole again");
}

void TaskFiles::fail(const Error& error) {
  if (std::exchange(failing_, true)) return;
  note_(worker::NoteLevel::warn,
        error.text + "; until it is whole again, a restart of this worker may not know what ran and what has ended");
}

/// As a whole, under another name first: what is there stays if this process ends meanwhile.
Result<void> TaskFiles::write_book() {
  const std::string fresh = book_path() + ".new";
  FileDescriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!file) return system_error("could not make " + fresh, errno);
  std::string text;
  for (const auto& [attempt, line] : kept_) text += line + "\n";
  if (const int failed = write_all(file.get(), text); failed != 0) {
    ::unlink(fresh.c_str());
    return system_error("could not write " + fresh, -failed);
  }
  if (::rename(fresh.c_str(), book_path().c_str()) != 0)
    return system_error("could not rename " + fresh + " to " + book_path(), errno);
  book_ = std::move(file);
  torn_ = false;
  lines_ = rewrite_at_ = kept_.size();
  return {};
}

}  // namespace stellwerk::identity

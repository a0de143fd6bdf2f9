#include "app/worker_process.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "app/daemon.h"
#include "app/exit_deadline.h"
#include "app/guard_inheritance.h"
#include "app/guard_keeper.h"
#include "app/host_load.h"
#include "app/log_setup.h"
#include "app/master_discovery.h"
#include "app/settings.h"
#include "app/version.h"
#include "app/worker_cgroups.h"
#include "app/worker_guard_process.h"
#include "artifacts/cache.h"
#include "artifacts/master_source.h"
#include "base/ids.h"
#include "config/report.h"
#include "coordination/system_resolver.h"
#include "http/client.h"
#include "http/server.h"
#include "identity/disk_memory.h"
#include "identity/task_files.h"
#include "logs/worker_pages.h"
#include "loop/asio_executor.h"
#include "processes/leftovers.h"
#include "processes/proc.h"
#include "tasks/descriptors.h"
#include "tasks/process_runner.h"
#include "websocket/dialer.h"
#include "worker/driver.h"

namespace stellwerk::app {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// For the last words to masters.
constexpr std::chrono::milliseconds kGoodbye = 1s;

std::uint64_t random_word(std::random_device& device) {
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

/// Of every task: this process' own, without what is about this process.
std::map<std::string, std::string> task_environment() {
  std::map<std::string, std::string> out;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry(*each);
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos || equals == 0 || entry.starts_with("STELLWERK_")) continue;
    out.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

master::NoteLevel note_level(worker::NoteLevel level) {
  switch (level) {
    case worker::NoteLevel::info: return master::NoteLevel::info;
    case worker::NoteLevel::warn: return master::NoteLevel::warn;
    case worker::NoteLevel::error: return master::NoteLevel::error;
  }
  return master::NoteLevel::info;
}

/// In the order in which they are made; they go in the opposite one.
class WorkerProcess {
 public:
  WorkerProcess(config::WorkerOptions options, unsigned processors, Log log, std::string log_file,
                tasks::DescriptorLimit descriptors)
      : options_(std::move(options)),
        processors_(processors),
        log_(std::move(log)),
        log_file_(std::move(log_file)),
        descriptors_(descriptors) {
    executor_.emplace(io_);
    client_.emplace(io_, client_options());
    artifact_client_.emplace(io_, artifacts::master_source_options());
    source_.emplace(*executor_, *artifact_client_);
  }

  int run();

 private:
  static http::ClientOptions client_options() {
    http::ClientOptions options;
    options.body_bytes_max = kStatusBytesMax;
    return options;
  }

  Result<void> count_descriptors();
  Result<void> take_folder();
  Result<void> find_cgroups();
  Result<void> start_guard();
  Result<void> make_tasks();
  void end_leftovers();
  Result<void> serve_logs();
  std::string output_folder() const;
  Result<void> make_discovery();
  Result<void> make_worker();
  link::Hello introduction();
  void begin_exit(int code, const std::string& why);
  void end();

  const config::WorkerOptions options_;
  const unsigned processors_;
  const Log log_;
  const std::string log_file_;
  const tasks::DescriptorLimit descriptors_;
  std::random_device random_;

  // 1. The loop.
  asio::io_context io_{1};
  std::optional<loop::AsioExecutor> executor_;
  HangUps hang_ups_{io_, log_, log_file_, [this](FileDescriptor log) {
                      if (guard_) guard_->log_goes_to(std::move(log));
                    }};
  // 2. Who this worker is, and that nobody else is it.
  std::optional<identity::WorkerFolder> folder_;
  std::unique_ptr<identity::DiskMemory> memory_;
  WorkerCgroups cgroups_;
  // 3. Who ends tasks when we are killed.
  std::optional<coordination::SystemResolver> resolver_;
  std::unique_ptr<WorkerGuardProcess> guard_;
  // 4. What runs tasks.
  std::optional<http::Client> artifact_client_;
  std::optional<artifacts::MasterSource> source_;
  std::optional<artifacts::ArtifactFolder> artifact_folder_;
  std::optional<artifacts::Cache> cache_;
  identity::AttemptsLeft left_;
  std::unique_ptr<identity::TaskFiles> files_;
  std::unique_ptr<tasks::ProcessRunner> runner_;
  // 5. What masters show of it.
  std::unique_ptr<http::Server> server_;
  // 6. The ways to masters.
  std::optional<http::Client> client_;
  std::optional<MasterDiscovery> discovery_;
  websocket::WebSocketDialer dialer_{io_};
  // 7. The worker over all of it.
  std::unique_ptr<worker::Driver> driver_;
  std::optional<StopSignals> signals_;
  int exit_code_ = 0;
};

int WorkerProcess::run() {
  const bool ready =
      all_made(*this, log_,
               {&WorkerProcess::count_descriptors, &WorkerProcess::take_folder, &WorkerProcess::find_cgroups,
                &WorkerProcess::start_guard, &WorkerProcess::make_tasks, &WorkerProcess::serve_logs,
                &WorkerProcess::make_discovery, &WorkerProcess::make_worker});
  if (!ready) exit_code_ = kExitNotStarted;
  if (ready) {
    signals_.emplace(io_, log_, StopSignals::Asked{[this] { driver_->stop(); }, {}});
    log_.info("Starting TaskManager with ResourceID: " + folder_->identity().id);
    executor_->post([this] { driver_->start(); });
    io_.run();
  }
  end();
  return exit_code_;
}

/// A worker whose tasks all fail at their start takes jobs from those that could run them.
Result<void> WorkerProcess::count_descriptors() {
  const auto slots = static_cast<rlim_t>(std::max<std::int64_t>(1, options_.slots));
  const rlim_t fit = tasks::tasks_within(descriptors_.now);
  if (fit >= slots) return {};
  const std::string have =
      "This process may have " + std::to_string(descriptors_.now) + " file descriptors (ulimit -n)";
  const std::string takes = std::to_string(tasks::kHeldFrom + tasks::kDescriptorsPerTask * slots);
  if (fit == 0) return make_error(Errc::invalid, have + ", and a worker of so many slots takes " + takes);
  log_.warn(have + ": that is enough for " + std::to_string(fit) + " tasks at a time; for all slots it takes " + takes);
  return {};
}

/// The mirror of the start; links that were closed in order have a moment to say so.
void WorkerProcess::end() {
  const ExitDeadline deadline(kEndPatience, exit_code_, [this] {
    log_.warn("Something still hangs, most likely " + options_.directory + "; ending without it");
  });
  if (signals_) signals_->ignore();  // it stays until the last: one more SIGTERM changes nothing now
  driver_.reset();
  discovery_.reset();
  client_.reset();
  server_.reset();
  runner_.reset();
  // Not before it has ended all tasks: if it is killed over that, the guard ends them.
  if (guard_) guard_->farewell();
  guard_.reset();
  resolver_.reset();
  files_.reset();
  cache_.reset();
  source_.reset();
  artifact_client_.reset();
  memory_.reset();
  executor_.reset();
  io_.restart();
  io_.run_for(kGoodbye);
  folder_.reset();
  log_.info("Worker ended with exit code " + std::to_string(exit_code_));
}

Result<void> WorkerProcess::take_folder() {
  identity::FolderWish wish;
  wish.directory = options_.directory;
  wish.cluster_id = options_.cluster_id;
  wish.resource_id = options_.resource_id;
  wish.host = options_.host;
  wish.wall_us = executor_->wall_ms() * 1000;
  wish.random = random_word(random_);
  wish.pid = ::getpid();
  auto folder = identity::WorkerFolder::take(wish);
  if (folder.has_error()) return folder.error();
  folder_.emplace(std::move(*folder));
  for (const auto& line : folder_->warnings()) log_.warn(line);
  log_.info("Using working directory " + folder_->path());
  memory_ = std::make_unique<identity::DiskMemory>(*executor_, *folder_);
  return {};
}

/// Of tasks: beside the log, under its name; one without an ending has that name for itself.
std::string WorkerProcess::output_folder() const {
  const std::filesystem::path log(log_file_);
  if (log_file_.empty()) return folder_->path() + "/log";
  return log.has_extension() ? (log.parent_path() / log.stem()).string() : log_file_ + ".tasks";
}

Result<void> WorkerProcess::find_cgroups() {
  auto opened = open_cgroups(options_.cgroups, has_inherited_guard() ? ::getppid() : 0);
  if (opened.has_error()) return opened.error();
  cgroups_ = std::move(*opened);
  for (const auto& line : cgroups_.lines()) log_.info(line);
  return {};
}

/// Without one a worker works all the same.
Result<void> WorkerProcess::start_guard() {
  const identity::Identity& identity = folder_->identity();
  const auto self = processes::read_stat(::getpid());
  WorkerGuardProcess::Setup setup;
  setup.program = find_guard_program();
  setup.log_file = log_file_;
  setup.log = {options_.log.json};
  setup.self = {identity.id, identity.incarnation, {::getpid(), self ? self->started : 0}};
  resolver_.emplace(*executor_);
  guard_ = std::make_unique<WorkerGuardProcess>(io_, *executor_, *resolver_, log_, std::move(setup));
  const auto started = guard_->start();
  if (started.has_value()) return {};
  log_.warn(started.error().text);
  guard_.reset();
  return {};
}

Result<void> WorkerProcess::make_tasks() {
  artifacts::CacheOptions cache;
  cache.bytes_max = options_.artifact_cache_bytes;
  cache.note = [this](const std::string& text) { log_.info(text); };
  artifact_folder_.emplace(folder_->path() + "/artifacts");
  cache_.emplace(*executor_, *source_, *artifact_folder_, std::move(cache));
  identity::TaskFilesSetup places{folder_->path(), output_folder(), processes::boot_id(), {}};
  places.note = [this](worker::NoteLevel level, const std::string& text) { log_.write(note_level(level), text); };
  auto files = identity::TaskFiles::open(*executor_, *cache_, std::move(places), left_);
  if (files.has_error()) return files.error();
  files_ = std::move(*files);
  for (const auto& line : left_.warnings) log_.warn(line);
  end_leftovers();
  tasks::RunnerSetup setup;
  setup.sink = STDOUT_FILENO;
  setup.task_descriptors = descriptors_.before;
  setup.somebody_elses = [this](std::int64_t pid) { return guard_ && guard_->is(pid); };
  setup.witness = guard_.get();
  setup.cgroups = cgroups_.groups ? &*cgroups_.groups : nullptr;
  setup.note = [this](const std::string& text) { log_.warn(text); };
  auto runner = tasks::ProcessRunner::open(io_, *executor_, std::move(setup));
  if (runner.has_error()) return runner.error();
  runner_ = std::move(*runner);
  return {};
}

/// Of a worker that was killed: whatever its tasks were, they are nobody's now.
void WorkerProcess::end_leftovers() {
  std::vector<processes::Leftover> leftovers;
  for (const auto& each : left_.running) leftovers.push_back({each.pid, each.started});
  for (const auto& end : processes::end_leftovers(leftovers)) log_.warn(end.text());
}

Result<void> WorkerProcess::serve_logs() {
  auto router = std::make_shared<http::Router>();
  const std::string dir = log_file_.empty() ? "" : std::filesystem::path(log_file_).parent_path().string();
  logs::add_worker_pages(*router, {dir, log_file_, output_folder()});
  http::ServerOptions options = worker_pages_options(options_.data);
  options.report = [log = log_](std::string_view text) { log.warn(std::string(text)); };
  auto server = http::Server::start(std::move(options), std::move(router));
  if (server.has_error()) return server.error();
  server_ = std::move(*server);
  log_.info("Serving logs on port " + std::to_string(server_->port()));
  return {};
}

Result<void> WorkerProcess::make_discovery() {
  if (options_.masters.rest.empty()) return {};
  std::vector<http::Endpoint> masters;
  for (const auto& url : options_.masters.rest) {
    auto endpoint = http::parse_endpoint(url, "the address of a master");
    if (endpoint.has_error()) return endpoint.error();
    masters.push_back(std::move(*endpoint));
  }
  discovery_.emplace(*client_, std::move(masters));
  return {};
}

link::Hello WorkerProcess::introduction() {
  const identity::Identity& identity = folder_->identity();
  link::Hello self;
  self.worker.id = identity.id;
  self.worker.incarnation = identity.incarnation;
  self.worker.process = make_uuid({random_word(random_), random_word(random_)});
  self.worker.host = options_.host;
  self.worker.pid = ::getpid();
  self.worker.slots = options_.slots;
  self.worker.data_port = server_->port();
  self.worker.version = std::string(kVersion);
  self.worker.labels = options_.labels;
  self.worker.limits = cgroups_.limits;
  self.worker.limits_why = cgroups_.why.substr(0, link::kTextBytesMax);
  struct stat folder {};
  if (::stat(folder_->path().c_str(), &folder) == 0)
    self.home = processes::boot_id() + "/" + std::to_string(folder.st_dev) + ":" + std::to_string(folder.st_ino);
  self.cluster = identity.place.cluster;
  self.epoch = identity.place.epoch;
  return self;
}

Result<void> WorkerProcess::make_worker() {
  worker::WorkerOptions options;
  worker::RegistrationOptions& registration = options.registration;
  registration.self = introduction();
  registration.masters = options_.masters.rpc;
  registration.discovers = discovery_.has_value();
  registration.registration_timeout = options_.registration_timeout;
  registration.orphan_timeout = options_.orphan_timeout;
  registration.seed = random_word(random_);
  options.tasks.cancellation_timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.cancellation_timeout);
  options.tasks.environment = task_environment();
  options.tasks.ended = std::move(left_.ended);
  options.tasks.limits = cgroups_.limits;
  options.tasks.limits_why = cgroups_.why;
  worker::DriverHooks hooks;
  hooks.log = [this](worker::NoteLevel level, const std::string& text) { log_.write(note_level(level), text); };
  hooks.discover = [this](MasterDiscovery::Done done) { discovery_->find(std::move(done)); };
  hooks.measure = [this] { return measure_load(processors_); };
  hooks.registered = [this](const worker::effect::Registered& at) {
    if (guard_) guard_->registered(at);
    source_->know(at.masters);
  };
  hooks.leased = [this](const worker::effect::Leased& lease) {
    if (guard_) guard_->leased(lease);
  };
  hooks.exit = [this](int code, const std::string& why) { begin_exit(code, why); };
  driver_ =
      std::make_unique<worker::Driver>(*executor_, worker::DriverPorts{dialer_, *memory_, *runner_, *files_, *files_},
                                       std::move(options), std::move(hooks));
  return {};
}

void WorkerProcess::begin_exit(int code, const std::string& why) {
  exit_code_ = code;
  if (code == 0)
    log_.info("Ending: " + why);
  else
    log_.error("Ending: " + why);
  io_.stop();
}

}  // namespace

int run_worker(const cli::WorkerArguments& arguments, const config::Inputs& inputs, const config::HostFacts& host) {
  hold_hang_ups();
  const tasks::DescriptorLimit descriptors = tasks::raise_descriptor_limit();
  auto start = config::load_worker(inputs, host);
  if (!start.options) {
    say_before_log(start.findings);
    return kExitNotStarted;
  }
  auto log = begin_log("a worker", arguments.log_file, start.options->log, start.findings);
  if (!log) return kExitNotStarted;
  auto process = std::make_unique<WorkerProcess>(std::move(*start.options), host.processors, std::move(log->log),
                                                 log->file, descriptors);
  const int code = process->run();
  // The last lines of the log are written now; a disk that hangs gets no longer for them either.
  const ExitDeadline deadline(kEndPatience, code, [] {});
  process.reset();
  return code;
}

}  // namespace stellwerk::app

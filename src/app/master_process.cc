#include "app/master_process.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "api/endpoints.h"
#include "app/archive_spec.h"
#include "app/artifact_server.h"
#include "app/backend.h"
#include "app/coordination_choice.h"
#include "app/daemon.h"
#include "app/death_post.h"
#include "app/descriptor_plan.h"
#include "app/exit_deadline.h"
#include "app/guard_process.h"
#include "app/host_load.h"
#include "app/log_setup.h"
#include "app/settings.h"
#include "app/tripwires.h"
#include "app/version.h"
#include "base/json.h"
#include "base/text.h"
#include "config/report.h"
#include "coordination/system_resolver.h"
#include "http/client.h"
#include "http/server.h"
#include "loop/asio_executor.h"
#include "loop/turn_meter.h"
#include "master/driver.h"
#include "storage/memory_blob_store.h"
#include "storage/pooled_blob_store.h"
#include "storage/storage_location.h"
#include "tasks/descriptors.h"
#include "websocket/listener.h"

namespace stellwerk::app {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// Requests that are being answered get so long when a master stops.
constexpr std::chrono::milliseconds kDrain = 2s;
/// Another master's answer about itself.
constexpr std::chrono::milliseconds kPeerDeadline = 2s;

RandomBits random_bits() {
  std::random_device device;
  const auto word = [&device] { return (static_cast<std::uint64_t>(device()) << 32) | device(); };
  return {word(), word()};
}

Result<master::event::PeerState> read_peer(const Result<http::ClientResponse>& answer) {
  if (answer.has_error()) return answer.error();
  auto value = parse_json(answer->body, "its /status");
  if (value.has_error()) return value.error();
  JsonFields status(*value, "its /status");
  JsonFields journal(status.object("journal"), "its /status");
  const auto applied = model::parse_position(journal.string("applied"));
  const bool eligible = status.boolean_or("eligible", false);
  if (!status.ok()) return status.error();
  if (!journal.ok()) return journal.error();
  if (applied.has_error()) return applied.error();
  return master::event::PeerState{*applied, eligible};
}

/// Everything a running master owns, in the order of making; the destructor is its mirror.
class MasterProcess {
 public:
  MasterProcess(config::MasterOptions options, config::Configuration configuration, Log log, std::string log_file,
                std::string address_file, tasks::DescriptorLimit descriptors)
      : options_(std::move(options)),
        configuration_(std::move(configuration)),
        log_(std::move(log)),
        log_file_(std::move(log_file)),
        address_file_(std::move(address_file)),
        descriptors_(descriptors),
        executor_(io_),
        resolver_(executor_) {}

  int run();

 private:
  void end();
  Result<void> share_descriptors();
  Result<void> make_storage();
  Result<void> make_server();
  Result<void> make_worker_port();
  Result<void> make_master();
  Result<void> tell_address() const;
  void start_guard();
  void watch_signals();
  void begin_exit(int code, const std::string& why);
  void close_coordination();
  api::Facts facts() const;
  http::ClientOptions client_options() const;
  master::ViewPtr first_view() const;
  void ask_peer(const std::string& rest, std::function<void(Result<master::event::PeerState>)> done);

  const config::MasterOptions options_;
  const config::Configuration configuration_;
  const Log log_;
  const std::string log_file_;
  const std::string address_file_;
  const tasks::DescriptorLimit descriptors_;
  DescriptorPlan plan_;

  // 0. What tells the guard of our death.
  const Tripwires wires_;

  // 1. The loop.
  asio::io_context io_{1};
  loop::AsioExecutor executor_;
  coordination::SystemResolver resolver_;
  coordination::MemoryRegister memory_;
  HangUps hang_ups_{io_, log_, log_file_, [this](FileDescriptor log) {
                      if (guard_) guard_->log_goes_to(std::move(log));
                    }};
  // 2. Storage.
  std::unique_ptr<BlobStore> store_;
  std::unique_ptr<storage::PooledBlobStore> blobs_;
  std::string storage_text_;
  // 3. HTTP: a loop of its own for asking other masters, then the server.
  asio::io_context client_io_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> client_work_;
  std::thread client_thread_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<MasterBackend> backend_;
  std::unique_ptr<api::Endpoints> endpoints_;
  std::shared_ptr<http::Router> router_;
  std::unique_ptr<http::Server> server_;
  /// The same for the server's threads, which run before it is known here.
  std::atomic<const http::Server*> serving_{nullptr};
  Candidate self_;
  // 4. The port for workers.
  std::unique_ptr<ArtifactServer> artifacts_;
  std::unique_ptr<websocket::WebSocketListener> worker_port_;
  // 5. The guard, then the coordination that it guards, and the master over all of it.
  std::unique_ptr<GuardProcess> guard_;
  std::unique_ptr<Coordination> coordination_;
  std::unique_ptr<master::Driver> driver_;
  std::optional<StopSignals> signals_;
  bool exiting_ = false;
  int exit_code_ = 0;
};

int MasterProcess::run() {
  const bool ready =
      all_made(*this, log_,
               {&MasterProcess::share_descriptors, &MasterProcess::make_storage, &MasterProcess::make_server,
                &MasterProcess::make_worker_port, &MasterProcess::make_master});
  if (!ready) exit_code_ = kExitNotStarted;
  if (ready) {
    watch_signals();
    driver_->start();
    io_.run();
  }
  end();
  return exit_code_;
}

void MasterProcess::end() {
  const ExitDeadline deadline(kEndPatience, exit_code_, [this] {
    log_.warn("Something still hangs, most likely in " + storage_text_ + "; ending without it");
  });
  // The mirror of the start: nobody new, then those who wait, then what they wait for.
  worker_port_.reset();
  if (server_) server_->stop(kDrain);
  if (endpoints_) endpoints_->close();
  if (backend_) backend_->close();
  driver_.reset();
  coordination_.reset();
  guard_.reset();
  endpoints_.reset();
  client_.reset();
  client_work_.reset();
  client_io_.stop();
  if (client_thread_.joinable()) client_thread_.join();
  server_.reset();
  blobs_.reset();
  log_.info("Master ended with exit code " + std::to_string(exit_code_));
}

Result<void> MasterProcess::share_descriptors() {
  const auto threads = static_cast<unsigned>(std::max(1, options_.rest.threads));
  const auto plan = plan_descriptors(descriptors_.now, threads, static_cast<unsigned>(options_.io_threads));
  if (plan.has_error()) return plan.error();
  plan_ = *plan;
  if (const std::string shortage = describe_shortage(plan_, descriptors_.now); !shortage.empty()) log_.warn(shortage);
  return {};
}

Result<void> MasterProcess::make_storage() {
  if (!options_.storage) {
    store_ = std::make_unique<storage::MemoryBlobStore>();
    log_.warn("No high-availability.storageDir: jobs are kept in memory and are gone when this process ends");
  } else {
    const auto location = storage::parse_storage_location(options_.storage->storage_dir, options_.cluster_id);
    if (location.has_error()) return location.error();
    store_ = storage::make_blob_store(*location);
  }
  storage_text_ = store_->describe();
  blobs_ = std::make_unique<storage::PooledBlobStore>(*store_, executor_, options_.io_threads);
  return {};
}

master::ViewPtr MasterProcess::first_view() const {
  auto view = std::make_shared<master::MasterView>();
  view->self = self_;
  view->cluster_id = options_.cluster_id;
  view->message = "I am starting";
  view->eligible_reason = "it is starting";
  // The word that the coordination itself uses from its first status on.
  view->coordination.type = options_.type == config::HaType::none ? "none" : std::string(to_string(options_.type));
  view->coordination.state = "connecting";
  return view;
}

api::Facts MasterProcess::facts() const {
  api::Facts facts;
  facts.version = std::string(kVersion);
  facts.revision = std::string(kCommit) + " @ " + std::string(kCommitDate);
  facts.log_file = log_file_;
  if (!log_file_.empty()) facts.log_dir = std::filesystem::path(log_file_).parent_path().string();
  for (const auto& setting : config::shown_settings(configuration_))
    if (!setting.value.empty()) facts.configuration.emplace_back(setting.key, setting.value);
  facts.await_leader = std::chrono::duration_cast<std::chrono::milliseconds>(options_.rest.await_leader_timeout);
  facts.refresh_interval = std::chrono::duration_cast<std::chrono::milliseconds>(options_.rest.refresh_interval);
  facts.web_submit = options_.rest.submit;
  facts.archive_spec = archive_spec;
  facts.web_cancel = options_.rest.cancel;
  facts.own_usage = [] {
    const model::WorkerLoad load = measure_load(0);
    return model::TaskUsage{load.resident, load.cpu_ms, 1};
  };
  facts.log_lines_lost = [log = log_] { return log.lines_lost(); };
  facts.checkpoints = checkpoint_policy(options_.checkpoints);
  return facts;
}

http::ClientOptions MasterProcess::client_options() const {
  http::ClientOptions options;
  options.calls_max = plan_.calls;
  options.idle_max = std::min(options.idle_max, plan_.calls);
  return options;
}

Result<void> MasterProcess::make_server() {
  client_work_.emplace(asio::make_work_guard(client_io_));
  client_ = std::make_unique<http::Client>(client_io_, client_options());
  backend_ = std::make_unique<MasterBackend>(executor_, loop::turn_meter(io_), first_view());
  endpoints_ =
      std::make_unique<api::Endpoints>(*backend_, facts(), *client_, [this]() -> std::optional<http::ServerStats> {
        const http::Server* server = serving_;
        if (server == nullptr) return std::nullopt;
        return server->stats();
      });
  router_ = std::make_shared<http::Router>(options_.rest.url_prefix);
  endpoints_->add_to(*router_);
  http::ServerOptions options = server_options(options_.rest, plan_);
  options.decorate = endpoints_->decorator();
  options.report = [this](std::string_view line) { log_.warn(line); };
  auto server = http::Server::start(std::move(options), router_);
  if (server.has_error()) return server.error();
  server_ = std::move(*server);
  serving_ = server_.get();
  client_thread_ = std::thread([this] { client_io_.run(); });
  if (!options_.rest.listen.loopback())
    log_.warn("The REST endpoint is open to other hosts (" + options_.rest.listen.address +
              ") and this version has no access control");
  return {};
}

Result<void> MasterProcess::make_worker_port() {
  const config::RpcOptions& rpc = options_.rpc;
  websocket::ListenerOptions options = worker_port_options(rpc, plan_);
  options.report = [this](std::string_view line) { log_.warn("Port for workers: " + std::string(line)); };
  auto opened = websocket::WebSocketListener::open(io_, std::move(options));
  if (opened.has_error()) return opened.error();
  worker_port_ = std::move(*opened);
  self_.rpc = config::format_host_port({rpc.host, rpc.told_port != 0 ? rpc.told_port : worker_port_->port()});
  if (!rpc.listen.loopback())
    log_.warn("The port for workers is open to other hosts (" + rpc.listen.address +
              ") and this version has no access control");
  return {};
}

Result<void> MasterProcess::make_master() {
  self_.id = make_uuid(random_bits());
  self_.rest = options_.rest.url(server_->port());
  self_.host = options_.rest.host;
  self_.pid = ::getpid();
  self_.since_ms = executor_.wall_ms();
  start_guard();
  auto coordination = make_coordination(options_, self_.id, {io_, executor_, resolver_, log_, memory_, guard_.get()});
  if (coordination.has_error()) return coordination.error();
  coordination_ = std::move(*coordination);
  master::Options options;
  options.self = self_;
  options.new_cluster = make_uuid(random_bits());
  options.cluster_id = options_.cluster_id;
  options.storage = storage_text_;
  options.durable = options_.storage.has_value();
  options.jobs = job_limits(options_.history);
  options.workers = worker_limits(options_.workers, plan_);
  options.scheduler = scheduler_limits(options_);
  master::DriverHooks hooks;
  hooks.log = [this](master::NoteLevel level, const std::string& text) { log_.write(level, text); };
  hooks.publish = [this](master::ViewPtr view) { backend_->publish(std::move(view)); };
  hooks.ask_peer = [this](std::string rest, std::function<void(Result<master::event::PeerState>)> done) {
    ask_peer(rest, std::move(done));
  };
  hooks.exit = [this](int code, const std::string& why) { begin_exit(code, why); };
  driver_ = std::make_unique<master::Driver>(executor_, *coordination_, *blobs_, std::move(options), std::move(hooks));
  backend_->attach(driver_.get());
  endpoints_->watch();
  artifacts_ = std::make_unique<ArtifactServer>(
      *blobs_, [this] { return backend_->view(); }, plan_.downloads);
  worker_port_->start(
      [this](std::unique_ptr<link::Link> link) { driver_->accept(std::move(link)); },
      [this](const websocket::Post& post, std::function<void(websocket::PostAnswer)> answer) {
        take_post(
            post, [this](link::Death death, auto done) { driver_->hear_death(std::move(death), std::move(done)); },
            std::move(answer));
      },
      [this](const websocket::Get& get, std::function<void(websocket::GetAnswer)> answer) {
        artifacts_->serve(get, std::move(answer));
      });
  log_.info("Workers are taken at " + self_.rpc);
  log_.info("Rest endpoint listening at " + options_.rest.host + ":" + std::to_string(server_->port()));
  return tell_address();
}

Result<void> MasterProcess::tell_address() const {
  if (address_file_.empty()) return {};
  std::ofstream file(address_file_, std::ios::trunc);
  file << options_.rest.url_here(server_->port()) << '\n' << std::flush;
  if (file) return {};
  return make_error(Errc::unavailable, "--address-file: " + shown(address_file_) + " cannot be written");
}

void MasterProcess::start_guard() {
  if (options_.type == config::HaType::none) return;
  GuardProcess::Setup setup;
  setup.program = find_guard_program();
  setup.log_file = log_file_;
  setup.log = {options_.log.json};
  setup.settings.lock =
      options_.type == config::HaType::local ? guard::Settings::Lock::kernel : guard::Settings::Lock::session;
  setup.settings.stall_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(options_.stall_timeout);
  const auto wires = wires_.ends();
  if (wires_.laid())
    setup.wires.assign(wires.begin(), wires.end());
  else
    log_.info(
        "The guard hears of this process' death some milliseconds late: no thread may have descriptors of its own");
  guard_ = std::make_unique<GuardProcess>(io_, executor_, log_, std::move(setup));
  const auto started = guard_->start();
  if (started.has_value()) return;
  log_.warn(started.error().text);
  guard_.reset();
}

void MasterProcess::ask_peer(const std::string& rest, std::function<void(Result<master::event::PeerState>)> done) {
  auto endpoint = http::parse_endpoint(rest, "the address of another master");
  if (endpoint.has_error()) {
    executor_.post([done = std::move(done), error = endpoint.error()] { done(error); });
    return;
  }
  http::ClientRequest request;
  request.target = "/status";
  client_->send(
      *endpoint, std::move(request),
      [this, done = std::move(done)](Result<http::ClientResponse> answer) {
        executor_.post([done, state = read_peer(answer)] { done(state); });
      },
      kPeerDeadline);
}

void MasterProcess::watch_signals() {
  StopSignals::Asked asked;
  asked.to_stop = [this] {
    worker_port_.reset();
    server_->close_gate();
    driver_->stop();
  };
  asked.to_end = [this] {
    if (guard_) guard_->farewell();
  };
  signals_.emplace(io_, log_, std::move(asked));
}

void MasterProcess::begin_exit(int code, const std::string& why) {
  if (exiting_) return;
  exiting_ = true;
  if (guard_) guard_->farewell();
  exit_code_ = code;
  log_.info("Ending: " + why);
  executor_.post([this] { close_coordination(); });
}

void MasterProcess::close_coordination() {
  worker_port_.reset();
  coordination_->close([this] { io_.stop(); });
}

}  // namespace

int run_master(const cli::MasterArguments& arguments, const config::Inputs& inputs, const config::HostFacts& host) {
  hold_hang_ups();
  const tasks::DescriptorLimit descriptors = tasks::raise_descriptor_limit();
  auto start = config::load_master(inputs, host);
  if (!start.options) {
    say_before_log(start.findings);
    return kExitNotStarted;
  }
  auto log = begin_log("a master", arguments.log_file, start.options->log, start.findings);
  if (!log) return kExitNotStarted;
  auto process = std::make_unique<MasterProcess>(std::move(*start.options), std::move(start.configuration),
                                                 std::move(log->log), log->file, arguments.address_file, descriptors);
  const int code = process->run();
  // The last lines of the log are written now; a disk that hangs gets no longer for them either.
  const ExitDeadline deadline(kEndPatience, code, [] {});
  process.reset();
  return code;
}

}  // namespace stellwerk::app

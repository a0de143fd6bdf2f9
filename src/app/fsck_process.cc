#include "app/fsck_process.h"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>

#include "app/damaged_register.h"
#include "app/register_reading.h"
#include "app/repair_writer.h"
#include "base/text.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "config/report.h"
#include "fsck/report.h"
#include "http/endpoint.h"
#include "storage/storage_location.h"

namespace stellwerk::app {
namespace {

using cli::FsckArguments;
using fsck::Decision;

constexpr std::size_t kHeadFileBytesMax = kHeadBytesMax;
constexpr std::size_t kValueFileBytesMax = model::kRecordBytesMax;

Result<std::string> read_file(const std::string& name, std::size_t bytes_max) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return make_error(Errc::not_found, "cannot read " + shown(name));
  std::string bytes(bytes_max + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) return make_error(Errc::not_found, "cannot read " + shown(name));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > bytes_max)
    return make_error(Errc::too_large, shown(name) + " is longer than " + std::to_string(bytes_max) + " bytes");
  return bytes;
}

/// What went wrong, with the exit code that says so.
struct Failure {
  int exit_code = cli::kExitUsage;
  std::string text;
};

int exit_code_of(Errc code) {
  switch (code) {
    case Errc::unknown: return cli::kExitUnknown;
    case Errc::invalid:
    case Errc::not_found: return cli::kExitUsage;
    case Errc::unavailable:
    case Errc::lost: return cli::kExitNoLeader;
    default: return cli::kExitRefused;
  }
}

class Fsck {
 public:
  Fsck(const FsckArguments& arguments, config::MasterOptions options, std::unique_ptr<BlobStore> store, cli::Host& host)
      : arguments_(arguments), options_(std::move(options)), store_(std::move(store)), host_(host) {}

  int run() {
    const auto decided = read_decisions();
    if (decided.has_error()) return fail({cli::kExitUsage, decided.error().text});
    if (const auto failure = examine()) return fail(*failure);
    if (ask_about_last_segment())
      if (const auto failure = examine()) return fail(*failure);
    std::optional<fsck::RepairReport> repair;
    int exit_code = examination_->clean() ? cli::kExitDone : cli::kExitRefused;
    const bool asked = arguments_.repair || !decisions_.empty() || examination_->rebuilt;
    if (asked) {
      const bool needed = fsck::needs_repair(*examination_) || !decisions_.empty();
      repair = needed ? plan_and_do(exit_code) : fsck::RepairReport{};
    }
    print(repair);
    if (repair && !repair->error.empty()) cli::fail(host_, exit_code, "Not repaired: " + repair->error);
    return exit_code;
  }

 private:
  int fail(const Failure& failure) {
    end_progress();
    return cli::fail(host_, failure.exit_code, failure.text);
  }

  Result<void> read_decisions() {
    for (const auto& target : arguments_.keep) decisions_.push_back({Decision::Kind::keep, target});
    for (const auto& target : arguments_.drop) decisions_.push_back({Decision::Kind::drop, target});
    for (const auto& target : arguments_.restore) {
      const auto equals = target.find('=');
      Decision decision{Decision::Kind::restore, target.substr(0, equals)};
      if (equals != std::string::npos) {
        auto value = read_file(target.substr(equals + 1), kValueFileBytesMax);
        if (value.has_error()) return value.error();
        decision.value = std::move(*value);
      }
      decisions_.push_back(std::move(decision));
    }
    return {};
  }

  /// The register: the file that was named, or the cluster's own.
  std::optional<Failure> read_head(fsck::Register& out) {
    out.source = register_place(options_);
    const auto reading = read_register(options_);
    damaged_ = reading.has_error() && reading.error().code == Errc::damaged && !options_.zookeeper;
    const bool needed = arguments_.repair || (!arguments_.rebuild_head && arguments_.head_file.empty());
    if (reading.has_error() && needed && !damaged_)
      return Failure{cli::kExitNoLeader, "The register cannot be read (" + out.source + "): " + reading.error().text};
    if (reading.has_value()) examined_ = *reading;
    if (reading.has_error()) out.fault = reading.error().text;
    if (damaged_) {
      older_ = read_older_head(options_);
      if (older_.bytes)
        if (auto older = model::decode_head(*older_.bytes); older.has_value()) out.older = std::move(*older);
    }
    return arguments_.head_file.empty() ? take_register(out) : take_file(out);
  }

  std::optional<Failure> take_register(fsck::Register& out) const {
    if (!examined_.bytes) return std::nullopt;
    auto head = model::decode_head(*examined_.bytes);
    if (head.has_value())
      out.head = std::move(*head);
    else if (head.error().code == Errc::not_supported)
      return Failure{cli::kExitRefused, head.error().text};
    else
      out.fault = head.error().text;
    return std::nullopt;
  }

  std::optional<Failure> take_file(fsck::Register& out) const {
    const auto bytes = read_file(arguments_.head_file, kHeadFileBytesMax);
    if (bytes.has_error()) return Failure{cli::kExitUsage, bytes.error().text};
    auto head = model::decode_head(*bytes);
    if (head.has_error()) return Failure{cli::kExitUsage, arguments_.head_file + ": " + head.error().text};
    out.source = arguments_.head_file;
    out.fault.clear();
    out.elsewhere = true;
    out.head = std::move(*head);
    if (examined_.bytes)
      if (auto standing = model::decode_head(*examined_.bytes); standing.has_value())
        out.standing = std::move(*standing);
    return std::nullopt;
  }

  fsck::ExamineOptions examine_options() const {
    using Last = FsckArguments::LastSegment;
    fsck::ExamineOptions out;
    out.rebuild = arguments_.rebuild_head;
    out.cluster = arguments_.cluster;
    out.last = last_segment_ == Last::keep   ? fsck::LastSegment::keep
               : last_segment_ == Last::drop ? fsck::LastSegment::drop
                                             : fsck::LastSegment::ask;
    return out;
  }

  /// On a terminal; elsewhere the repair is refused with the sentence that names the option.
  bool ask_about_last_segment() {
    const auto& rebuilt = examination_->rebuilt;
    const bool open = arguments_.repair && rebuilt && rebuilt->unproven && !rebuilt->last_decided;
    if (!open || ::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return false;
    host_.err() << "Nothing proves that the last commit, " << to_string(*rebuilt->unproven)
                << ", was ever acknowledged.\nKeep what it changed? If you cannot tell, yes. [y/n] " << std::flush;
    std::string answer;
    if (!std::getline(std::cin, answer) || answer.empty()) return false;
    using Last = FsckArguments::LastSegment;
    last_segment_ = answer.front() == 'y' || answer.front() == 'Y'   ? Last::keep
                    : answer.front() == 'n' || answer.front() == 'N' ? Last::drop
                                                                     : Last::ask;
    return last_segment_ != Last::ask;
  }

  /// A cluster that runs goes on while it is looked at: what looks wrong then is looked at again.
  std::optional<Failure> examine() {
    constexpr int kLooksMax = 5;
    for (int look = 1;; ++look) {
      fsck::Register reg;
      if (auto failure = read_head(reg)) return failure;
      auto examined = fsck::examine(*store_, std::move(reg), examine_options(), progress());
      if (examined.has_error()) return Failure{exit_code_of(examined.error().code), examined.error().text};
      end_progress();
      const auto after = read_register(options_);
      const bool moved = after.has_value() && after->bytes != examined_.bytes;
      examination_.emplace(std::move(*examined));
      if (examination_->clean() || !moved || look == kLooksMax) return std::nullopt;
    }
  }

  fsck::RepairReport plan_and_do(int& exit_code) {
    fsck::RepairReport out;
    fsck::RepairOptions options;
    options.accept_loss = arguments_.accept_loss || !arguments_.repair;
    options.cluster = arguments_.cluster;
    const auto planned = fsck::plan_repair(*examination_, decisions_, options, host_.wall_ms());
    if (planned.has_error()) {
      out.error = planned.error().text;
      exit_code = exit_code_of(planned.error().code);
      return out;
    }
    out.actions = planned->actions;
    if (!arguments_.repair) return out;
    const std::string id = make_uuid(host_.random_bits());
    auto written = write_repair(options_, *store_, order_for(*planned, id), id);
    if (written.has_error()) {
      out.error = written.error().text;
      exit_code = exit_code_of(written.error().code);
      return out;
    }
    out.done = true;
    out.leftovers = std::move(*written);
    exit_code = cli::kExitDone;
    return out;
  }

  RepairOrder order_for(const fsck::Repair& repair, const std::string& id) {
    RepairOrder order;
    const WallMs now = host_.wall_ms();
    std::int64_t epoch = fsck::next_epoch(*examination_);
    order.examined = examined_;
    if (damaged_) {
      ++epoch;  // the one that is not whole may be a claim of the first
      order.over_damaged = older_.bytes ? older_.version.generation : now;
    }
    order.claim = fsck::claiming_head(*examination_, epoch, {id, 1}, id, now);
    order.repaired = fsck::repaired_head(order.claim, {id, 2});
    order.files.segment = fsck::repair_segment(repair, order.claim, order.repaired);
    order.files.snapshot = fsck::repaired_snapshot(repair, order.repaired);
    order.files.set_aside = repair.set_aside;
    const auto& survey = *examination_->survey;
    order.files.cluster_file =
        !survey.cluster_unreadable && (!survey.cluster || *survey.cluster != order.repaired.cluster);
    order.answers = [this](const std::string& rest) { return answers(rest); };
    order.waits = [this](const std::string& who) {
      host_.err() << "Waiting for the session of " << who << " to end; it does not answer.\n" << std::flush;
    };
    return order;
  }

  /// Whether a master that stands in the queue is alive.
  bool answers(const std::string& rest) {
    constexpr cli::Milliseconds kAnswerMax{1'000};
    auto endpoint = http::parse_endpoint(rest, "the address of a master");
    if (endpoint.has_error()) return false;
    cli::Question question;
    question.to = *endpoint;
    question.request.target = "/livez";
    question.deadline = kAnswerMax;
    return host_.ask({question}).front().has_value();
  }

  void print(const std::optional<fsck::RepairReport>& repair) {
    const fsck::ReportOptions options{arguments_.jobs};
    if (arguments_.json) {
      host_.out() << fsck::report_json(*examination_, options, repair) << std::flush;
      return;
    }
    host_.out() << fsck::report_text(*examination_, options);
    if (repair) host_.out() << fsck::repair_text(*repair);
    host_.out() << std::flush;
  }

  fsck::Progress progress() {
    if (::isatty(STDERR_FILENO) == 0) return {};
    return [this](std::size_t done, std::size_t of) {
      constexpr std::size_t kEvery = 1'000;
      if (of < kEvery || (done % kEvery != 0 && done != of)) return;
      host_.err() << "\r" << done << " of " << of << " files" << std::flush;
      progressed_ = true;
    };
  }
  void end_progress() {
    if (std::exchange(progressed_, false)) host_.err() << "\r                              \r" << std::flush;
  }

  const FsckArguments& arguments_;
  const config::MasterOptions options_;
  FsckArguments::LastSegment last_segment_ = arguments_.last_segment;
  const std::unique_ptr<BlobStore> store_;
  cli::Host& host_;
  std::vector<Decision> decisions_;
  HeadReading examined_;
  bool damaged_ = false;  ///< the newest head of type local or NONE is not whole
  HeadReading older_;     ///< then the one before it
  std::optional<fsck::Examination> examination_;
  bool progressed_ = false;
};

}  // namespace

int run_fsck(const cli::FsckArguments& arguments, const config::Inputs& inputs, cli::Host& host) {
  auto start = config::load_master(inputs, host.facts());
  if (!start.options) {
    for (const auto& line : config::to_lines(start.findings)) host.err() << line << "\n";
    return cli::kExitUsage;
  }
  if (!start.options->storage)
    return cli::fail(host, cli::kExitUsage,
                     "There is no high-availability.storageDir: such a master keeps its jobs in memory alone");
  const auto location = storage::parse_storage_location(start.options->storage->storage_dir, start.options->cluster_id);
  if (location.has_error()) return cli::fail(host, cli::kExitUsage, location.error().text);
  auto store = storage::make_blob_store(*location);
  return Fsck(arguments, std::move(*start.options), std::move(store), host).run();
}

}  // namespace stellwerk::app

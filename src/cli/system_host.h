/// The host of the real program.
#pragma once

#include <functional>
#include <memory>

#include "cli/host.h"

namespace stellwerk::cli {

/// What only app/ can do, because it puts the parts together.
struct Hooks {
  Build build;
  std::function<int(const MasterArguments&)> run_master;
  std::function<int(const WorkerArguments&)> run_worker;
  std::function<int(const FsckArguments&)> run_fsck;
  std::function<int(const DrillArguments&)> run_drill;
  std::function<Result<std::string>(const config::MasterOptions&)> probe_storage;
};

/// One per process, used by main's thread alone. Ctrl-C is caught only after catch_interrupts().
class SystemHost final : public Host {
 public:
  explicit SystemHost(Hooks hooks);
  ~SystemHost() override;

  std::ostream& out() override;
  bool reader_gone() const override;
  std::ostream& err() override;
  /// stdout is a terminal, TERM is not "dumb" and NO_COLOR is not set.
  bool colour() const override;
  Build build() const override { return hooks_.build; }
  std::string environment(const std::string& name) const override;
  std::string program_directory() const override;
  std::string process_directory() const override { return "/proc"; }
  config::HostFacts facts() const override;
  Milliseconds now() const override;
  WallMs wall_ms() const override;
  std::tm local_time(WallMs wall) const override;
  RandomBits random_bits() override;
  std::size_t terminal_columns() const override;
  void catch_interrupts() override;
  bool interrupted() const override;
  bool asked_to_end() const override;
  void forget_interrupts() override;
  void pause(Milliseconds time) override;
  std::vector<Answer> ask(std::vector<Question> questions) override;
  std::optional<std::string> ask_person(std::string_view question, Milliseconds within) override;
  int run_master(const MasterArguments& arguments) override { return hooks_.run_master(arguments); }
  int run_worker(const WorkerArguments& arguments) override { return hooks_.run_worker(arguments); }
  int run_fsck(const FsckArguments& arguments) override { return hooks_.run_fsck(arguments); }
  int run_drill(const DrillArguments& arguments) override { return hooks_.run_drill(arguments); }
  Result<std::string> probe_storage(const config::MasterOptions& options) override {
    return hooks_.probe_storage(options);
  }

 private:
  struct Loop;
  Hooks hooks_;
  /// Made when first needed: most verbs that ask nobody need no loop.
  std::unique_ptr<Loop> loop_;
  Loop& loop();
};

}  // namespace stellwerk::cli

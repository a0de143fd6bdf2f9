#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_host.h"

namespace stellwerk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
T parse(const std::vector<std::string>& words) {
  const Parsed parsed = parse_arguments(words);
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    ADD_FAILURE() << error->text;
    return {};
  }
  const auto& arguments = std::get<Arguments>(parsed);
  EXPECT_TRUE(std::holds_alternative<T>(arguments));
  return std::holds_alternative<T>(arguments) ? std::get<T>(arguments) : T{};
}

std::string fault(const std::vector<std::string>& words) {
  const Parsed parsed = parse_arguments(words);
  const auto* error = std::get_if<UsageError>(&parsed);
  return error == nullptr ? "" : error->text;
}

TEST(Arguments, OfTheMasterAsTheScriptsPassThem) {
  const auto master =
      parse<MasterArguments>({"master", "--configDir", "/etc/stellwerk", "--host", "h1", "--webui-port", "8082",
                              "-Drest.port=1", "-D", "a.b=c d", "--entrypoint", "StandaloneSessionClusterEntrypoint",
                              "--executionMode", "cluster", "--log-file", "/var/log/m.log"});
  EXPECT_EQ(master.config.conf_dir, "/etc/stellwerk");
  EXPECT_THAT(master.config.dynamic, ElementsAre("rest.port=1", "a.b=c d"));
  EXPECT_EQ(master.host, "h1");
  EXPECT_EQ(master.webui_port, 8082);
  EXPECT_EQ(master.log_file, "/var/log/m.log");
}

TEST(Arguments, OfTheMasterThatMakeNoSense) {
  EXPECT_THAT(fault({"master", "--executionMode", "local"}), HasSubstr("local"));
  EXPECT_THAT(fault({"master", "--webui-port", "70000"}), HasSubstr("70000"));
  EXPECT_THAT(fault({"master", "--webui-port", "-1"}), HasSubstr("-1"));
  EXPECT_THAT(fault({"master", "extra"}), HasSubstr("Unexpected argument: extra"));
}

TEST(Arguments, OfTheWorkerAsTheScriptsPassThem) {
  const auto worker =
      parse<WorkerArguments>({"worker", "--configDir", "/etc/stellwerk", "-D", "taskmanager.numberOfTaskSlots=4",
                              "--host", "h1", "--entrypoint", "TaskManagerRunner", "--log-file", "/var/log/w.log"});
  EXPECT_EQ(worker.config.conf_dir, "/etc/stellwerk");
  EXPECT_THAT(worker.config.dynamic, ElementsAre("taskmanager.numberOfTaskSlots=4"));
  EXPECT_EQ(worker.host, "h1");
  EXPECT_EQ(worker.log_file, "/var/log/w.log");
  EXPECT_THAT(fault({"worker", "extra"}), HasSubstr("Unexpected argument: extra"));
}

TEST(Arguments, OfRun) {
  const auto run =
      parse<RunArguments>({"run", "-d", "-p", "4", "--name", "n", "-m", "h:8081", "-Dclient.timeout=5 s", "job.yaml"});
  EXPECT_TRUE(run.detached);
  EXPECT_EQ(run.parallelism, 4);
  EXPECT_EQ(run.name, "n");
  EXPECT_EQ(run.client.master, "h:8081");
  EXPECT_THAT(run.client.config.dynamic, ElementsAre("client.timeout=5 s"));
  EXPECT_EQ(run.file, "job.yaml");
  EXPECT_TRUE(run.command.empty());
}

TEST(Arguments, AKeyTakesOneWordHoweverItIsWritten) {
  const auto run = parse<RunArguments>({"run", "-Da=1", "job.yaml"});
  EXPECT_THAT(run.client.config.dynamic, ElementsAre("a=1"));
  EXPECT_EQ(run.file, "job.yaml");
  const auto apart = parse<RunArguments>({"run", "-D", "a=1", "-Db=2", "-D", "c=3", "job.yaml"});
  EXPECT_THAT(apart.client.config.dynamic, ElementsAre("a=1", "b=2", "c=3"));
  EXPECT_EQ(apart.file, "job.yaml");
}

TEST(Arguments, WhatStandsBehindTwoDashesIsTheCommandWhateverItLooksLike) {
  const auto run = parse<RunArguments>({"run", "-d", "--", "sh", "-c", "-d", "--", "--help"});
  EXPECT_TRUE(run.detached);
  EXPECT_THAT(run.command, ElementsAre("sh", "-c", "-d", "--", "--help"));
  EXPECT_EQ(run.file, "");
}

TEST(Arguments, OfRunThatMakeNoSense) {
  EXPECT_THAT(fault({"run"}), HasSubstr("A job spec or a command behind -- should be specified."));
  EXPECT_THAT(fault({"run", "--"}), HasSubstr("There is no command behind --."));
  EXPECT_THAT(fault({"run", "a.yaml", "--", "sh"}), HasSubstr("not both"));
  EXPECT_THAT(fault({"run", "a.yaml", "b.yaml"}), HasSubstr("Unexpected argument: b.yaml"));
  EXPECT_THAT(fault({"run", "-p", "0", "a.yaml"}), HasSubstr("0"));
  EXPECT_THAT(fault({"run", "-p", "x", "a.yaml"}), HasSubstr("x"));
}

TEST(Arguments, UnknownOptionsInFlinksWords) {
  EXPECT_EQ(fault({"list", "--bogus"}),
            "Unrecognized option: --bogus\n\nUse the help option (-h or --help) to get help on the command.\n");
  EXPECT_THAT(fault({"list", "-\x1b[31m"}), Not(HasSubstr("\x1b")));
}

TEST(Arguments, CancelNeedsAJob) {
  EXPECT_EQ(fault({"cancel"}),
            "Missing JobID. Specify a JobID to cancel a job.\n\n"
            "Use the help option (-h or --help) to get help on the command.\n");
  EXPECT_THAT(fault({"cancel", "-s", "x"}), HasSubstr("not in this version"));
}

TEST(Arguments, OfConfig) {
  using Action = ConfigVerbArguments::Action;
  EXPECT_EQ(parse<ConfigVerbArguments>({"config"}).action, Action::show);
  const auto get = parse<ConfigVerbArguments>({"config", "--get", "rest.port", "--configDir", "c"});
  EXPECT_EQ(get.action, Action::get);
  EXPECT_EQ(get.key, "rest.port");
  const auto check = parse<ConfigVerbArguments>({"config", "--check", "--storage", "--configDir", "c", "-D", "a=b"});
  EXPECT_EQ(check.action, Action::check);
  EXPECT_TRUE(check.storage);
  EXPECT_NE(fault({"config", "--check", "--show"}), "");
  EXPECT_NE(fault({"config", "--check", "--get", "k"}), "");
  EXPECT_THAT(fault({"config", "--storage"}), HasSubstr("--storage belongs to --check."));
}

TEST(Arguments, Fsck) {
  const auto plain = std::get<FsckArguments>(std::get<Arguments>(parse_arguments({"fsck"})));
  EXPECT_FALSE(plain.repair || plain.rebuild_head || plain.accept_loss || plain.jobs || plain.json);
  const auto all = std::get<FsckArguments>(std::get<Arguments>(
      parse_arguments({"fsck", "--rebuild-head", "--last-segment", "drop", "--keep", "a", "--keep", "b", "--drop", "c",
                       "--restore", "k=f", "--repair", "--accept-loss", "--jobs", "--json", "-c", "conf"})));
  EXPECT_TRUE(all.repair && all.rebuild_head && all.accept_loss && all.jobs && all.json);
  EXPECT_EQ(all.last_segment, FsckArguments::LastSegment::drop);
  EXPECT_THAT(all.keep, testing::ElementsAre("a", "b"));
  EXPECT_THAT(all.drop, testing::ElementsAre("c"));
  EXPECT_THAT(all.restore, testing::ElementsAre("k=f"));
  EXPECT_EQ(all.config.conf_dir, "conf");
  EXPECT_THAT(fault({"fsck", "--last-segment", "keep"}), HasSubstr("--last-segment belongs to --rebuild-head."));
  EXPECT_THAT(fault({"fsck", "--accept-loss"}), HasSubstr("--accept-loss belongs to --repair."));
  EXPECT_NE(fault({"fsck", "--rebuild-head", "--last-segment", "maybe"}), "");
  EXPECT_NE(fault({"fsck", "--rebuild-head", "--head", "f"}), "");
}

TEST(Arguments, Drill) {
  const auto plain = std::get<DrillArguments>(std::get<Arguments>(parse_arguments({"drill", "mixed"})));
  EXPECT_EQ(plain.fault, "mixed");
  EXPECT_EQ(plain.rounds, 10);
  EXPECT_FALSE(plain.seed);
  const auto all = std::get<DrillArguments>(std::get<Arguments>(
      parse_arguments({"drill", "kill-all", "--rounds", "3", "--jobs", "0", "--clients", "2", "--seed", "42",
                       "--masters", "5", "--workers", "0", "--no-zookeeper", "--dir", "d", "--keep", "--json"})));
  EXPECT_EQ(all.fault, "kill-all");
  EXPECT_EQ(all.rounds, 3);
  EXPECT_EQ(all.jobs, 0);
  EXPECT_EQ(all.clients, 2);
  EXPECT_EQ(all.seed, 42u);
  EXPECT_EQ(all.masters, 5);
  EXPECT_EQ(all.workers, 0);
  EXPECT_TRUE(all.no_zookeeper && all.keep && all.json);
  EXPECT_EQ(all.dir, "d");
}

TEST(Arguments, ADrillOfARunningClusterNeedsAYes) {
  const auto meant = std::get<DrillArguments>(
      std::get<Arguments>(parse_arguments({"drill", "transfer", "--target", "a:8081,b:8081", "--yes"})));
  EXPECT_EQ(meant.target, "a:8081,b:8081");
  EXPECT_THAT(fault({"drill", "transfer", "--target", "a:8081"}), HasSubstr("add --yes if it shall"));
  EXPECT_THAT(fault({"drill", "transfer", "--yes"}), HasSubstr("--yes belongs to --target."));
  EXPECT_NE(fault({"drill", "transfer", "--target", "a:8081", "--yes", "--masters", "2"}), "");
  EXPECT_THAT(fault({"drill"}), HasSubstr("A FAULT should be specified"));
  EXPECT_NE(fault({"drill", "mixed", "--rounds", "0"}), "");
}

TEST(Arguments, OfFlinkThatMeanNothingHereSayWhatToDoInstead) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> lines{
      {{"run", "-d", "-s", "/sp", "x.jar"}, "-s: savepoints are planned"},
      {{"run", "--fromSavepoint=/sp", "x.yaml"}, "--fromSavepoint: savepoints are planned"},
      {{"run", "-sae", "x.yaml"}, "stellwerk cancel JOBID ends it"},
      {{"run", "-C", "file:///x", "x.jar"}, "stellwerk run -- java -cp"},
      {{"run", "-py", "x.py"}, "stellwerk run -- python3 FILE"},
      {{"run", "-t", "remote", "x.jar"}, "-t: jobs run on the masters of the configuration"},
      {{"cancel", "-s", "/sp", std::string(32, '0')}, "stellwerk checkpoint JOBID takes a checkpoint"},
      {{"list", "-yid", "application_1"}, "there is no YARN here"},
      {{"list", "-z", "/c"}, "masters are named by -m HOST:PORT"}};
  for (const auto& [words, instead] : lines) EXPECT_THAT(fault(words), HasSubstr(instead));
  EXPECT_TRUE(parse<ListArguments>({"list", "-s"}).scheduled);
  EXPECT_EQ(parse<RunArguments>({"run", "x.jar", "-s", "x"}).command, (std::vector<std::string>{"-s", "x"}));
  EXPECT_EQ(parse<RunArguments>({"run", "--", "ls", "-s"}).command, (std::vector<std::string>{"ls", "-s"}));
  EXPECT_EQ(parse<ListArguments>({"list", "-rm", "h:1"}).client.master, "h:1");
}

TEST(Arguments, NearlyRightOnesAreNamed) {
  EXPECT_THAT(fault({"list", "--runing"}), HasSubstr("Unrecognized option: --runing (did you mean --running?)"));
  EXPECT_THAT(fault({"list", "--bogus"}), HasSubstr("Unrecognized option: --bogus\n"));
  EXPECT_THAT(fault({"worker", "-D"}), HasSubstr("Missing argument for option: -D\n"));
  EXPECT_THAT(fault({"run", "-p"}), HasSubstr("Missing argument for option: --parallelism\n"));
  EXPECT_THAT(fault({"drill", "mixed", "--seed", "x"}), HasSubstr("--seed: \"x\" is not a number that is accepted."));
}

TEST(Arguments, ActionsThatNobodyKnows) {
  EXPECT_EQ(
      fault({"frobnicate"}),
      "\"frobnicate\" is not a valid action.\n\n"
      "Valid actions are \"run\", \"list\", \"info\", \"cancel\", \"checkpoint\", \"status\", \"workers\", \"logs\", "
      "\"ps\", \"config\", \"fsck\", \"drill\", \"completion\", \"master\", or \"worker\".\n\n"
      "Specify the version option (-v or --version) to print Stellwerk version.\n\n"
      "Specify the help option (-h or --help) to get help on the command.\n");
  for (const char* verb : {"savepoint", "stop", "drain"})
    EXPECT_THAT(fault({verb}), HasSubstr("is planned, not in this version; "));
  EXPECT_THAT(fault({"lsit"}), HasSubstr("\"lsit\" is not a valid action (did you mean \"list\"?)."));
  EXPECT_THAT(fault({}), HasSubstr("\nPlease specify an action.\n"));
}

TEST(Arguments, WhatFollowsAJarBelongsToIt) {
  const auto run = parse<RunArguments>(
      {"run", "-n", "other.jar", "-D", "a.jar=b", "-m", "h:8081", "--class", "C", "x.jar", "-p", "3", "--", "y.jar"});
  EXPECT_EQ(run.name, "other.jar");
  EXPECT_EQ(run.file, "x.jar");
  EXPECT_EQ(run.main_class, "C");
  EXPECT_FALSE(run.parallelism.has_value());
  EXPECT_THAT(run.command, ElementsAre("-p", "3", "--", "y.jar"));
  EXPECT_EQ(parse<RunArguments>({"run", "-d", "--", "x.jar"}).file, "");
  EXPECT_THAT(fault({"run", "-c", "conf", "job.yaml"}), HasSubstr("--configDir"));
  EXPECT_THAT(fault({"run", "job.yaml", "x.jar"}), HasSubstr("Unexpected argument: x.jar"));
}

TEST(Arguments, TooManyOfThemAreNotLookedAt) {
  EXPECT_THAT(fault(std::vector<std::string>(kArgumentsMax + 1, "run")), HasSubstr("more than 4096"));
  EXPECT_THAT(fault({"run", std::string(kArgumentBytesMax, 'x')}), HasSubstr("bytes"));
}

TEST(Cli, HelpAndVersion) {
  FakeHost host;
  EXPECT_EQ(host.run({"--version"}), 0);
  EXPECT_EQ(host.printed(), "Version: 0.1.0, Commit ID: 0123abc\n");
  for (const char* verb :
       {"run", "list", "info", "cancel", "status", "workers", "logs", "ps", "config", "master", "worker"}) {
    FakeHost helped;
    EXPECT_EQ(helped.run({verb, "--help"}), 0);
    EXPECT_THAT(helped.printed(), HasSubstr(std::string("stellwerk ") + verb));
    EXPECT_THAT(general_help(), HasSubstr(verb));
  }
  FakeHost nothing;
  EXPECT_EQ(nothing.run({}), 1);
  EXPECT_EQ(nothing.printed(), "");
}

TEST(Cli, TheMasterRunsElsewhereAndItsExitCodeIsKept) {
  FakeHost host;
  host.master = [](const MasterArguments& arguments) { return arguments.host == "h" ? 2 : 0; };
  EXPECT_EQ(host.run({"master", "--host", "h"}), 2);
}

TEST(Cli, SoDoesTheWorker) {
  FakeHost host;
  host.worker = [](const WorkerArguments& arguments) { return arguments.host == "h" ? 2 : 0; };
  EXPECT_EQ(host.run({"worker", "--host", "h"}), 2);
}

TEST(Cli, WhoReadsNoMoreHearsNoComplaint) {
  FakeHost host;
  host.stdout_stream.setstate(std::ios::badbit);
  host.pipe_closed = true;
  EXPECT_EQ(host.run({"--version"}), 141);
  EXPECT_EQ(host.complained(), "");
}

TEST(Cli, TheGeneralHelpHasTheTextsInOneColumn) {
  EXPECT_THAT(general_help(), HasSubstr("\n  run         submits a job: a spec, a bundle, a jar,"));
  EXPECT_THAT(general_help(), HasSubstr("\n  checkpoint  takes a checkpoint"));
}

TEST(Cli, OutputThatIsLostIsNoSuccess) {
  FakeHost host;
  host.stdout_stream.setstate(std::ios::badbit);
  EXPECT_EQ(host.run({"--version"}), 1);
  EXPECT_EQ(host.complained(), "The output could not be written.\n");
}

}  // namespace
}  // namespace stellwerk::cli

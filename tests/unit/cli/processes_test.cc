#include "cli/processes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_host.h"
#include "unit/cli/scratch_dir.h"

namespace stellwerk::cli {
namespace {

using testing::HasSubstr;

/// A process as /proc shows it.
void add_process(const ScratchDir& proc, int pid, const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + '\0';
  proc.write(std::to_string(pid) + "/cmdline", text);
}

void add_socket(const ScratchDir& proc, int pid, int fd, const std::string& inode) {
  const std::filesystem::path folder = std::filesystem::path(proc.path()) / std::to_string(pid) / "fd";
  std::filesystem::create_directories(folder);
  std::filesystem::create_symlink("socket:[" + inode + "]", folder / std::to_string(fd));
}

constexpr char kHeader[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
/// 127.0.0.1:8081 and 0.0.0.0:8082 listen, a third socket is connected.
constexpr char kTcp[] =
    "   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0 100 0 0 10 0\n"
    "   1: 00000000:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 222 1 0 100 0 0 10 0\n"
    "   2: 0100007F:1F93 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 333 1 0 100 0 0 10 0\n"
    "   3: garbage\n";

TEST(Processes, AreKnownByTheirWords) {
  EXPECT_EQ(entry_point_of({"/opt/bin/stellwerk", "master", "--entrypoint", "StandaloneSessionClusterEntrypoint"}),
            "StandaloneSessionClusterEntrypoint");
  EXPECT_EQ(entry_point_of({"stellwerk", "master"}), "StandaloneSessionClusterEntrypoint");
  EXPECT_EQ(entry_point_of({"./stellwerk", "worker", "--entrypoint=a.b.TaskManagerRunner"}), "TaskManagerRunner");
  EXPECT_EQ(entry_point_of({"java", "-Dstellwerk.appender=file", "-cp", "x",
                            "org.apache.zookeeper.server.quorum.QuorumPeerMain", "zoo.cfg"}),
            "QuorumPeerMain");
  EXPECT_EQ(entry_point_of({"java", "org.apache.zookeeper.server.quorum.QuorumPeerMain", "zoo.cfg"}), "");
  EXPECT_EQ(entry_point_of({"stellwerk", "ps"}), "");
  EXPECT_EQ(entry_point_of({"vim", "master"}), "");
  EXPECT_EQ(entry_point_of({"stellwerk"}), "");
  EXPECT_EQ(entry_point_of({}), "");
}

TEST(Processes, AreFoundInOrder) {
  const ScratchDir proc;
  add_process(proc, 90, {"stellwerk", "master"});
  add_process(proc, 7, {"stellwerk", "worker"});
  add_process(proc, 8, {"sh"});
  proc.write("self/cmdline", "stellwerk");
  proc.write("11/status", "a process without a command line");
  const auto found = find_processes(proc.path());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].pid, 7);
  EXPECT_FALSE(found[0].master);
  EXPECT_EQ(found[1].pid, 90);
  EXPECT_TRUE(found[1].master);
  EXPECT_TRUE(find_processes(proc.path() + "/none").empty());
}

TEST(Processes, AreToldApartByTheirConfiguration) {
  const ScratchDir proc;
  add_process(proc, 1,
              {"stellwerk", "worker", "--configDir", "/srv/a/bin/../conf", "--entrypoint", "TaskManagerRunner"});
  add_process(proc, 2, {"stellwerk", "master", "-c", "conf"});
  std::filesystem::create_symlink("/srv/b", proc.path() + "/2/cwd");
  add_process(proc, 3, {"stellwerk", "worker"});
  proc.write("3/environ", std::string("A=b\0STELLWERK_CONF_DIR=/srv/c\0", 31));
  add_process(proc, 4, {"stellwerk", "worker"});
  std::filesystem::create_symlink("/srv/d/bin/stellwerk", proc.path() + "/4/exe");
  add_process(proc, 5, {"stellwerk", "worker"});
  std::vector<std::string> folders;
  for (const Process& each : find_processes(proc.path())) folders.push_back(each.configuration);
  EXPECT_THAT(folders, testing::ElementsAre("/srv/a/conf", "/srv/b/conf", "/srv/c", "/srv/d/conf", ""));
}

TEST(Processes, ListeningSocketsOfTcp) {
  const auto sockets = parse_listening(std::string(kHeader) + kTcp);
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_EQ(sockets[0].inode, "111");
  EXPECT_EQ(sockets[0].at.authority(), "127.0.0.1:8081");
  EXPECT_EQ(sockets[1].at.authority(), "127.0.0.1:8082");
  const auto six = parse_listening(std::string(kHeader) +
                                   "   0: 00000000000000000000000001000000:1F91 0:0 0A 0:0 0:0 0 0 0 5\n"
                                   "   1: 00000000000000000000000000000000:1F92 0:0 0A 0:0 0:0 0 0 0 6\n");
  ASSERT_EQ(six.size(), 2U);
  EXPECT_EQ(six[0].at.authority(), "[::1]:8081");
  EXPECT_EQ(six[1].at.authority(), "127.0.0.1:8082");
  EXPECT_TRUE(parse_listening("").empty());
}

TEST(Ps, AsksEachMasterWhatItIs) {
  const ScratchDir proc;
  add_process(proc, 10, {"stellwerk", "master", "--configDir=/srv/a/conf"});
  add_process(proc, 20, {"stellwerk", "master"});
  add_process(proc, 30, {"java", "-Dstellwerk.appender=file", "org.apache.zookeeper.server.quorum.QuorumPeerMain"});
  for (const int pid : {10, 20}) proc.write(std::to_string(pid) + "/net/tcp", std::string(kHeader) + kTcp);
  add_socket(proc, 10, 5, "111");
  add_socket(proc, 20, 6, "222");
  FakeHost host;
  host.proc = proc.path();
  host.network = [](const Question& question) -> Answer {
    if (question.to.port != 8081) return refused_connection();
    return reply(200, R"({"role":"leader","id":"A","rest":"http://host:8081","pid":10})");
  };
  EXPECT_EQ(host.run({"ps"}), 0);
  EXPECT_EQ(host.printed(),
            "PID  ENTRY POINT                         URL               ROLE     CONFIGURATION\n"
            "10   StandaloneSessionClusterEntrypoint  http://host:8081  leader   /srv/a/conf\n"
            "20   StandaloneSessionClusterEntrypoint  -                 unknown  -\n"
            "30   QuorumPeerMain                      -                 -        -\n");
  EXPECT_THAT(host.asked(),
              testing::ElementsAre("GET http://127.0.0.1:8081/status", "GET http://127.0.0.1:8082/status"));
  FakeHost as_json;
  as_json.proc = proc.path();
  as_json.network = host.network;
  EXPECT_EQ(as_json.run({"ps", "--json"}), 0);
  EXPECT_THAT(as_json.printed(),
              HasSubstr(R"({"pid":10,"entry-point":"StandaloneSessionClusterEntrypoint",)"
                        R"("url":"http://host:8081","role":"leader","configuration":"/srv/a/conf"})"));
}

TEST(Ps, AnAnswerOfAnotherProcessDoesNotCount) {
  const ScratchDir proc;
  add_process(proc, 10, {"stellwerk", "master"});
  proc.write("10/net/tcp", std::string(kHeader) + kTcp);
  add_socket(proc, 10, 5, "111");
  FakeHost host;
  host.proc = proc.path();
  host.network = [](const Question&) -> Answer {
    return reply(200, R"({"role":"leader","id":"A","rest":"http://host:8081","pid":11})");
  };
  EXPECT_EQ(host.run({"ps"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("unknown"));
}

TEST(Ps, OfAMachineWithoutDaemons) {
  FakeHost host;
  EXPECT_EQ(host.run({"ps"}), 0);
  EXPECT_EQ(host.printed(), "No daemons on this machine.\n");
}

}  // namespace
}  // namespace stellwerk::cli

#include "config/masters_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/configuration.h"
#include "unit/config/conf_dir.h"

namespace stellwerk::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> faults(std::string_view text, HostsKind kind = HostsKind::masters) {
  return to_lines(parse_hosts(text, "masters", kind).findings);
}

TEST(MastersFile, OneHostALineWithAnOptionalPort) {
  const HostsFile file = parse_hosts(
      "\xEF\xBB\xBF# masters\r\n"
      "localhost:8081   # this one\r\n"
      "\r\n"
      "  hadoop103\t\n"
      "/rack1/row2/hadoop104:8082\n"
      "[::1]:8083\n"
      "[2001:db8::1]\n"
      "2001:db8::2\n"
      "127.0.0.1:0",
      "masters", HostsKind::masters);
  ASSERT_TRUE(file.ok()) << to_lines(file.findings).front();
  EXPECT_EQ(file.hosts, (std::vector<HostLine>{{"localhost", 8081, 2},
                                               {"hadoop103", std::nullopt, 4},
                                               {"hadoop104", 8082, 5},
                                               {"::1", 8083, 6},
                                               {"2001:db8::1", std::nullopt, 7},
                                               {"2001:db8::2", std::nullopt, 8},
                                               {"127.0.0.1", 0, 9}}));
  EXPECT_TRUE(file.hosts[0].local());
  EXPECT_FALSE(file.hosts[1].local());
  EXPECT_TRUE(file.hosts[6].local());
}

TEST(MastersFile, EveryMistakeIsReportedWithItsLine) {
  EXPECT_THAT(
      faults("h1:8081 h2:8081\nh1,h2\nhttp://h1:8081\nh1:\nh1:99999\nh1\xEF\xBC\x9A"
             "8081\n-x\n"),
      ElementsAre("masters line 1: \"h1:8081 h2:8081\" names more than one host; write one host on each line",
                  HasSubstr("masters line 2: \"h1,h2\" names more than one host"),
                  HasSubstr("masters line 3: \"http://h1:8081\" is a URL"),
                  "masters line 4: \"h1:\" is not accepted; accepted is a host or host:port, for example node1:8081",
                  HasSubstr("masters line 5: \"h1:99999\" is not accepted"),
                  HasSubstr("holds the full-width colon (U+FF1A)"),
                  HasSubstr("masters line 7: \"-x\" is not accepted")));
  EXPECT_THAT(faults("h1:8081\n", HostsKind::workers),
              ElementsAre("masters line 1: \"h1:8081\" has a port; accepted is a host alone"));
  EXPECT_THAT(faults("# nobody\n"), ElementsAre("masters: names no master; write one host on each line"));
  EXPECT_TRUE(parse_hosts("# nobody\n", "workers", HostsKind::workers).ok());
  EXPECT_THAT(faults("\xFF\xFEh"), ElementsAre(HasSubstr("is UTF-16")));
}

TEST(MastersFile, TooManyHostsAreRefused) {
  std::string text;
  for (std::size_t i = 0; i < kHostLinesMax; ++i) text += "h\n";
  EXPECT_TRUE(parse_hosts(text, "workers", HostsKind::workers).ok());
  EXPECT_FALSE(parse_hosts(text + "h\n", "workers", HostsKind::workers).ok());
}

TEST(MastersFile, MissingFilesAreNamedInFlinksWordsAndSlavesStillWork) {
  ConfDir dir;
  EXPECT_THAT(read_hosts(dir.path(), HostsKind::masters).findings.front().problem,
              "No masters file. Please specify masters in 'conf/masters'.");
  EXPECT_THAT(read_hosts(dir.path(), HostsKind::workers).findings.front().problem,
              "No workers file. Please specify workers in 'conf/workers'.");
  dir.write("slaves", "old1\nold1\n");
  const HostsFile old_file = read_hosts(dir.path(), HostsKind::workers);
  EXPECT_EQ(old_file.hosts.size(), 2U) << "a host named twice runs two workers";
  EXPECT_EQ(old_file.file, dir.path() + "/slaves");
  dir.write("workers", "new1\n");
  EXPECT_EQ(read_hosts(dir.path(), HostsKind::workers).hosts.front().host, "new1");
}

}  // namespace
}  // namespace stellwerk::config

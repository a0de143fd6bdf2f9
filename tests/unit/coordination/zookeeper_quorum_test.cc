#include "coordination/zookeeper_quorum.h"

#include <gmock/gmock.h>

namespace stellwerk::coordination {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(const std::string& quorum) {
  const auto members = parse_zookeeper_quorum(quorum);
  if (!members) return {"error: " + members.error().text};
  std::vector<std::string> out;
  for (const ZooKeeperMember& member : *members) out.push_back(member.text() + (member.numeric ? " numeric" : ""));
  return out;
}

TEST(ZooKeeperQuorumTest, NamesAndAddressesWithAndWithoutPorts) {
  EXPECT_THAT(texts("zk1:2182, zk-2.example.org ,10.0.0.7,10.0.0.8:65535"),
              ElementsAre("zk1:2182", "zk-2.example.org:2181", "10.0.0.7:2181 numeric", "10.0.0.8:65535 numeric"));
  EXPECT_THAT(texts(" localhost "), ElementsAre("localhost:2181"));
}

TEST(ZooKeeperQuorumTest, SixStandsInBrackets) {
  EXPECT_THAT(texts("[::1]:2182,[fe80::1%eth0],[2001:db8::7]:1"),
              ElementsAre("[::1]:2182 numeric", "[fe80::1%eth0]:2181 numeric", "[2001:db8::7]:1 numeric"));
  EXPECT_EQ(parse_zookeeper_quorum("[::1]:2182")->front().host, "::1");
}

TEST(ZooKeeperQuorumTest, AMemberThatStandsTwiceIsOne) {
  EXPECT_THAT(texts("zk1,zk1:2181,zk1:2182"), ElementsAre("zk1:2181", "zk1:2182"));
}

struct Bad {
  std::string quorum;
  std::string says;
};

TEST(ZooKeeperQuorumTest, WhatIsWrongIsSaid) {
  for (const Bad& bad : {
           Bad{"zk1:abc", "no port from 0 to 65535"},
           Bad{"zk1:0", "port 0"},
           Bad{"zk1:65536", "no port from 0 to 65535"},
           Bad{"zk1:", "no port after the colon"},
           Bad{"ok,zk1:21 81", "no port from 0 to 65535"},
           Bad{"ok,zk1:-1", "no port from 0 to 65535"},
           Bad{"zk1,,zk2", "an empty entry"},
           Bad{"zk1,", "an empty entry"},
           Bad{" ", "an empty entry"},
           Bad{":2181", "not the address of a host"},
           Bad{"zk 1:2181", "not the address of a host"},
           Bad{"zk1;zk2", "not the address of a host"},
           Bad{"zk1:2181/kafka", "path.root"},
           Bad{"::1:2181", "several colons"},
           Bad{"[::1", "no closing bracket"},
           Bad{"[::g]:2181", "not an IPv6 address"},
           Bad{"[::1]2181", "not an IPv6 address"},
           Bad{"[]:2181", "not an IPv6 address"},
           Bad{"[::1]:x", "no port from 0 to 65535"},
           Bad{"10.0.0.256:2181", "no IPv4 address"},
           Bad{"2181", "no IPv4 address"},
       }) {
    const auto members = parse_zookeeper_quorum(bad.quorum);
    ASSERT_FALSE(members) << bad.quorum;
    EXPECT_EQ(members.error().code, Errc::invalid);
    EXPECT_THAT(members.error().text, HasSubstr("high-availability.zookeeper.quorum: \"" + bad.quorum + '"'));
    EXPECT_THAT(members.error().text, HasSubstr(bad.says)) << bad.quorum;
  }
}

TEST(ZooKeeperQuorumTest, EndlessTextsAreRefused) {
  EXPECT_THAT(texts(std::string(300, 'x')).front(), HasSubstr("not the address of a host"));
  std::string many = "zk0";
  for (int i = 1; i <= 64; ++i) many += ",zk" + std::to_string(i);
  EXPECT_THAT(texts(many).front(), HasSubstr("accepted are 64"));
}

}  // namespace
}  // namespace stellwerk::coordination

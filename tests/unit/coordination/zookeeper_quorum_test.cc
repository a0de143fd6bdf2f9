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
  std::string member;
  std::string says;
};

TEST(ZooKeeperQuorumTest, WhatIsWrongIsSaidWithTheMember) {
  for (const Bad& bad : {
           Bad{"zk1:abc", "'zk1:abc'", "no valid port"},
           Bad{"zk1:0", "'zk1:0'", "from 1 to 65535"},
           Bad{"zk1:65536", "'zk1:65536'", "no valid port"},
           Bad{"zk1:", "'zk1:'", "no valid port"},
           Bad{"ok,zk1:21 81", "'zk1:21 81'", "no valid port"},
           Bad{"ok,zk1:-1", "'zk1:-1'", "no valid port"},
           Bad{"zk1,,zk2", "''", "empty entry"},
           Bad{"zk1,", "''", "empty entry"},
           Bad{":2181", "':2181'", "names no host"},
           Bad{"zk 1:2181", "'zk 1:2181'", "names no host"},
           Bad{"zk1;zk2", "'zk1;zk2'", "names no host"},
           Bad{"zk1:2181/kafka", "'zk1:2181/kafka'", "path.root"},
           Bad{"::1:2181", "'::1:2181'", "in brackets"},
           Bad{"[::1", "'[::1'", "in brackets"},
           Bad{"[::g]:2181", "'[::g]:2181'", "in brackets"},
           Bad{"[::1]2181", "'[::1]2181'", "in brackets"},
           Bad{"[]:2181", "'[]:2181'", "in brackets"},
           Bad{"[::1]:x", "'[::1]:x'", "no valid port"},
           Bad{"10.0.0.256:2181", "'10.0.0.256:2181'", "IPv4"},
           Bad{"2181", "'2181'", "IPv4"},
       }) {
    const auto members = parse_zookeeper_quorum(bad.quorum);
    ASSERT_FALSE(members) << bad.quorum;
    EXPECT_EQ(members.error().code, Errc::invalid);
    EXPECT_THAT(members.error().text, HasSubstr("high-availability.zookeeper.quorum: " + bad.member)) << bad.quorum;
    EXPECT_THAT(members.error().text, HasSubstr(bad.says)) << bad.quorum;
  }
}

TEST(ZooKeeperQuorumTest, EmptyAndEndlessTextsAreRefused) {
  EXPECT_THAT(texts(" ").front(), HasSubstr("is empty"));
  EXPECT_THAT(texts(std::string(300, 'x')).front(), HasSubstr("xxx...' names no host"));
  std::string many = "zk0";
  for (int i = 1; i <= 64; ++i) many += ",zk" + std::to_string(i);
  EXPECT_THAT(texts(many).front(), HasSubstr("more than 64"));
}

}  // namespace
}  // namespace stellwerk::coordination

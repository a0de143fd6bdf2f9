#include "guard/word.h"

#include <gmock/gmock.h>

#include "guard/conversation.h"
#include "link/death.h"

namespace stellwerk::guard::worker_mode {
namespace {

using testing::HasSubstr;

TEST(GuardWord, MastersUnderstandIt) {
  const effect::Tell tell{"10.0.0.7:6123", {"w \"1\"\n", 77, {1, 2}}, "cluster-1", 5};
  const std::string request = request_of(tell);
  EXPECT_TRUE(request.starts_with("POST " + std::string(link::kDeathTarget) + " HTTP/1.1\r\nHost: 10.0.0.7:6123\r\n"));
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  EXPECT_THAT(request, HasSubstr("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
  const auto death = link::decode_death(body);
  ASSERT_TRUE(death) << death.error().text;
  EXPECT_EQ(*death, (link::Death{"w \"1\"\n", 77, "cluster-1", 5}));
}

std::string answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Type: text/plain\r\n\r\n" + body;
}

TEST(GuardWord, EachStatusHasItsMeaning) {
  const auto meaning = [](int status) { return read_reply(answer(status, "why\n"), false)->answer; };
  for (const int status : {200, 404}) EXPECT_EQ(meaning(status), Answer::settled) << status;
  EXPECT_EQ(meaning(202), Answer::taken);
  for (const int status : {400, 403, 409, 413, 426}) EXPECT_EQ(meaning(status), Answer::never) << status;
  for (const int status : {500, 503, 100, 301}) EXPECT_EQ(meaning(status), Answer::not_now) << status;
  EXPECT_EQ(read_reply(answer(503, "not I\nmore"), true)->text, "503 not I");
}

TEST(GuardWord, AnAnswerMayComeInPieces) {
  const std::string whole = answer(200, "done\n");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_reply(whole.substr(0, size), false)) << size;
  EXPECT_TRUE(read_reply(whole, false));
  EXPECT_EQ(read_reply(answer(200, ""), true), (Reply{Answer::settled, "200 "}));
}

TEST(GuardWord, WhatIsNoAnswerEndsIt) {
  EXPECT_EQ(read_reply("", true)->answer, Answer::not_now);
  EXPECT_EQ(read_reply("HTTP/1.1 200", true)->answer, Answer::not_now) << "cut";
  EXPECT_EQ(read_reply("SSH-2.0-x\r\n\r\n", false)->answer, Answer::never);
  EXPECT_EQ(read_reply("HTTP/1.1 2x0 \r\n\r\n", false)->answer, Answer::never);
  EXPECT_TRUE(read_reply(std::string(kReplyBytesMax, 'x'), false)) << "it has said enough";
}

TEST(GuardWord, AddressesAreNumbers) {
  sockaddr_storage out;
  socklen_t size = 0;
  for (const char* good : {"127.0.0.1:6123", "[::1]:1", "[fd00::7]:65535"})
    EXPECT_TRUE(parse_address(good, out, size)) << good;
  for (const char* bad :
       {"", "localhost:6123", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", "[x]:1"})
    EXPECT_FALSE(parse_address(bad, out, size)) << bad;
}

}  // namespace
}  // namespace stellwerk::guard::worker_mode

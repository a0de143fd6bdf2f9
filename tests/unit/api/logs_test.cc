/// A master's own logs.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"
#include "unit/api/api_test.h"
#include "unit/api/shapes.h"

namespace stellwerk::api {
namespace {

using testing::HasSubstr;
using testing::Not;

class LogsTest : public ApiTest {
 protected:
  LogsTest() {
    write("stellwerk-u-standalonesession-0-h.log", "hello\nworld\n");
    write("stellwerk-u-standalonesession-0-h.out", "");
    write("stellwerk-u-standalonesession-0-h.log.1", "older");
    write("secret.txt", "secret");
    std::filesystem::create_symlink(dir / "secret.txt", dir / "link.log");
    facts_.log_dir = dir;
    facts_.log_file = dir / "stellwerk-u-standalonesession-0-h.log";
    restart();
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(dir / name) << text; }
  static std::string content(const Asking& asking) {
    std::string out;
    if (auto* source = std::get_if<std::unique_ptr<http::BodySource>>(&asking.sink->answer->body))
      while ((*source)->pull(out, 1000) == http::BodySource::Pull::data) {
      }
    return out;
  }

  test::TempDir folder;
  const std::filesystem::path dir = folder.path();
};

TEST_F(LogsTest, ListsLogsOnly) {
  const Asking asking = ask("GET /jobmanager/logs");
  backend.run();
  EXPECT_EQ(json_paths(asking.body()), shapes::kJobmanagerLogs);
  EXPECT_THAT(asking.body(), HasSubstr("-h.log\",\"size\":12,"));
  EXPECT_THAT(asking.body(), HasSubstr("-h.log.1\",\"size\":5,"));
  EXPECT_THAT(asking.body(), HasSubstr("-h.out\",\"size\":0,"));
  EXPECT_THAT(asking.body(), Not(HasSubstr("secret")));
  EXPECT_THAT(asking.body(), Not(HasSubstr("link")));
}

TEST_F(LogsTest, GivesLogsOnly) {
  const std::string name = "/jobmanager/logs/stellwerk-u-standalonesession-0-h.log";
  EXPECT_EQ(content(ask("GET " + name)), "hello\nworld\n");
  EXPECT_EQ(content(ask("GET " + name, "Range: bytes=-6\r\n")), "world\n");
  EXPECT_EQ(content(ask("GET /jobmanager/log")), "hello\nworld\n");
  EXPECT_EQ(ask("GET /jobmanager/stdout").status(), 200);
  for (const std::string bad : {"secret.txt", "link.log", "none.log", "..%2Fsecret.txt", "..%2F..%2Fetc%2Fpasswd.log",
                                ".hidden.log", "a%5Cb.log"})
    EXPECT_EQ(ask("GET /jobmanager/logs/" + bad).status(), 404) << bad;
}

class WithoutLogs : public ApiTest {};

TEST_F(WithoutLogs, ThereAreNone) {
  EXPECT_EQ(ask("GET /jobmanager/log").status(), 404);
  EXPECT_EQ(ask("GET /jobmanager/logs/a.log").status(), 404);
  const Asking list = ask("GET /jobmanager/logs");
  backend.run();
  EXPECT_EQ(list.body(), R"({"logs":[]})");
}

}  // namespace
}  // namespace stellwerk::api

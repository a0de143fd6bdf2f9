#include "http/file_answer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"
#include "unit/http/parsed_request.h"

namespace stellwerk::http {
namespace {

class FileAnswerTest : public testing::Test {
 protected:
  FileAnswerTest() { test::write_file(path_, "0123456789"); }

  Response answer(const std::string& range_lines = "") {
    const auto request = parsed_request("GET / HTTP/1.1\r\nHost: h\r\n" + range_lines + "\r\n");
    return file_response(*request, path_, "log");
  }
  static std::string read(Response& response, std::size_t step = 3) {
    auto& source = *std::get<std::unique_ptr<BodySource>>(response.body);
    std::string out;
    auto result = BodySource::Pull::data;
    while (result == BodySource::Pull::data) result = source.pull(out, step);
    return result == BodySource::Pull::end && source.length() == out.size() ? out : out + " (broken)";
  }

  const test::TempDir folder_;
  const std::filesystem::path path_ = folder_.path() / "log";
};

TEST_F(FileAnswerTest, IsReadPieceByPiece) {
  Response response = answer();
  EXPECT_EQ(response.status, 200);
  std::ofstream(path_, std::ios::app) << "more";
  EXPECT_EQ(read(response), "0123456789") << "what is appended meanwhile is not part of it";
}

TEST_F(FileAnswerTest, HonoursOneRange) {
  const auto part = [this](const std::string& range) {
    Response response = answer("Range: bytes=" + range + "\r\n");
    EXPECT_EQ(response.status, 206) << range;
    return read(response);
  };
  EXPECT_EQ(part("2-4"), "234");
  EXPECT_EQ(part("7-"), "789");
  EXPECT_EQ(part("7-100"), "789");
  EXPECT_EQ(part("-2"), "89");
  EXPECT_EQ(part("-100"), "0123456789");
  EXPECT_NE(answer("Range: bytes=2-4\r\n").header_lines.find("Content-Range: bytes 2-4/10\r\n"), std::string::npos);
}

TEST_F(FileAnswerTest, RangesThatMeanNothingAreIgnoredOrRefused) {
  for (const std::string ignored : {"bytes=4-2", "bytes=1-2,4-5", "lines=1-2", "bytes=x", "bytes=-", "bytes=1-x"})
    EXPECT_EQ(answer("Range: " + ignored + "\r\n").status, 200) << ignored;
  EXPECT_EQ(answer("Range: bytes=1-2\r\nIf-Range: \"x\"\r\n").status, 200);
  for (const std::string beyond : {"bytes=10-", "bytes=100-200", "bytes=-0"})
    EXPECT_EQ(answer("Range: " + beyond + "\r\n").status, 416) << beyond;
  EXPECT_NE(answer("Range: bytes=10-\r\n").header_lines.find("Content-Range: bytes */10\r\n"), std::string::npos);
}

TEST_F(FileAnswerTest, AFileThatIsCutShorterBreaksTheAnswer) {
  Response response = answer();
  std::filesystem::resize_file(path_, 5);
  EXPECT_EQ(read(response, 100).substr(10), " (broken)");
}

TEST_F(FileAnswerTest, OnlyRegularFilesAreThere) {
  std::filesystem::remove(path_);
  EXPECT_EQ(answer().status, 404);
  EXPECT_EQ(answer().body_bytes(), R"({"errors":["Not found: log"]})");
  std::filesystem::create_directory(path_);
  EXPECT_EQ(answer().status, 404);
}

TEST_F(FileAnswerTest, AnEmptyFileIsAnEmptyAnswer) {
  std::filesystem::resize_file(path_, 0);
  Response response = answer();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(read(response), "");
}

}  // namespace
}  // namespace stellwerk::http

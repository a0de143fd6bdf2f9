#include "tasks/line_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file_descriptor.h"
#include "support/temp_dir.h"

namespace stellwerk::tasks {
namespace {

using test::read_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LineSinkTest : public testing::Test {
 protected:
  LineSinkTest() : file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {}

  std::function<void(std::string)> note() {
    return [this](std::string text) { notes.push_back(std::move(text)); };
  }
  /// What the parts of one task's output become.
  std::string lines_of(const std::string& prefix, const std::vector<std::string>& parts) {
    EXPECT_EQ(::ftruncate(file.get(), 0), 0);
    LineSink sink(file.get(), note());
    PrefixedLines lines(prefix);
    for (const std::string& part : parts) lines.take(part, sink);
    lines.end(sink);
    sink.flush();
    return read_file(path);
  }

  test::TempDir folder;
  const std::string path = folder / "worker.out";
  const FileDescriptor file;
  std::vector<std::string> notes;
};

TEST_F(LineSinkTest, EachLineGetsThePrefix) {
  EXPECT_EQ(lines_of("count 3> ", {"a\n\nb\n"}), "count 3> a\ncount 3> \ncount 3> b\n");
  EXPECT_EQ(lines_of("> ", {"a", "b", "\n", "c\nd", "e\n"}), "> ab\n> c\n> de\n");
  EXPECT_EQ(lines_of("> ", {"no end"}), "> no end\n");
  EXPECT_EQ(lines_of("> ", {}), "");
}

TEST_F(LineSinkTest, LinesOfTasksDoNotMix) {
  LineSink sink(file.get(), note());
  PrefixedLines first("1> "), second("2> ");
  first.take("one ", sink);
  second.take("eins ", sink);
  first.take("two\n", sink);
  second.take("zwei\n", sink);
  sink.flush();
  EXPECT_EQ(read_file(path), "1> one two\n2> eins zwei\n");
}

TEST_F(LineSinkTest, AVeryLongLineGoesOutInPieces) {
  const std::size_t piece = kSinkLineBytesMax - 3;  // the prefix and the end
  const std::string text = std::string(piece, 'a') + std::string(piece, 'b') + "c";
  const std::string wanted = "> " + std::string(piece, 'a') + "\n> " + std::string(piece, 'b') + "\n> c\n";
  EXPECT_EQ(lines_of("> ", {text + "\n"}), wanted);
  std::vector<std::string> single;
  for (const char c : text + "\n") single.emplace_back(1, c);
  EXPECT_EQ(lines_of("> ", single), wanted);
  EXPECT_EQ(lines_of("> ", {std::string(piece, 'a') + "\n"}), "> " + std::string(piece, 'a') + "\n");
  EXPECT_EQ(lines_of("> ", {std::string(piece, 'a'), "\n"}), "> " + std::string(piece, 'a') + "\n");
}

TEST_F(LineSinkTest, AVeryLongPrefixIsCut) {
  EXPECT_EQ(lines_of(std::string(10'000, 'p'), {"a\n"}), std::string(kPrefixBytesMax, 'p') + "a\n");
}

TEST_F(LineSinkTest, APipeThatNobodyReadsLosesWholeLines) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const FileDescriptor from(ends[0]), to(ends[1]);
  LineSink sink(to.get(), note());
  PrefixedLines lines("> ");
  constexpr int kLines = 20'000;
  for (int i = 0; i < kLines; ++i) {
    lines.take("line number " + std::to_string(i) + "\n", sink);
    sink.flush();
  }
  EXPECT_THAT(notes, ElementsAre(HasSubstr("nobody reads it")));
  ASSERT_EQ(::fcntl(from.get(), F_SETFL, O_NONBLOCK), 0);
  std::string read;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = ::read(from.get(), buffer.data(), buffer.size())) > 0;)
    read.append(buffer.data(), static_cast<std::size_t>(got));
  EXPECT_TRUE(read.ends_with('\n'));
  const auto arrived = static_cast<std::uint64_t>(std::count(read.begin(), read.end(), '\n'));
  EXPECT_EQ(arrived + sink.lines_dropped(), static_cast<std::uint64_t>(kLines));
  EXPECT_EQ(read.substr(read.rfind('\n', read.size() - 2) + 1), "> line number " + std::to_string(arrived - 1) + "\n");

  lines.take("again\n", sink);
  sink.flush();
  const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
  ASSERT_GT(got, 0) << "it goes on when somebody reads";
  EXPECT_EQ(std::string(buffer.data(), static_cast<std::size_t>(got)), "> again\n");
}

TEST_F(LineSinkTest, AFullDiskIsToldOnce) {
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  LineSink sink(full.get(), note());
  for (int i = 0; i < 10; ++i) {
    sink.add("> ", "lost");
    sink.flush();
  }
  EXPECT_THAT(notes, ElementsAre(HasSubstr("it cannot be written")));
  EXPECT_EQ(sink.lines_dropped(), 10u);
}

TEST_F(LineSinkTest, AFileThatIsTooLongTakesNoMore) {
  ASSERT_EQ(::ftruncate(file.get(), kSinkFileBytesMax + 1), 0);
  LineSink sink(file.get(), note());
  sink.add("> ", "too much");
  sink.flush();
  EXPECT_THAT(notes, ElementsAre(HasSubstr("it is longer than 1024 MiB")));
  struct stat status {};
  ASSERT_EQ(::fstat(file.get(), &status), 0);
  EXPECT_EQ(status.st_size, kSinkFileBytesMax + 1);
  ASSERT_EQ(::ftruncate(file.get(), 0), 0);
  sink.add("> ", "room again");
  sink.flush();
  EXPECT_EQ(read_file(path), "> room again\n");
}

TEST_F(LineSinkTest, WithoutADescriptorLinesGoNowhere) {
  LineSink sink(-1, note());
  for (int i = 0; i < 100'000; ++i) sink.add("> ", "nothing");
  sink.flush();
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_EQ(sink.lines_dropped(), 0u);
}

}  // namespace
}  // namespace stellwerk::tasks

#include "tasks/program.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "support/temp_dir.h"

namespace stellwerk::tasks {
namespace {

using test::write_file;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    add("bin/tool", 0755);
    add("bin/plain", 0644);
    add("more/tool", 0755);
    add("more/plain", 0755);
  }
  void add(const std::string& name, mode_t mode, const std::string& text = "#!/bin/sh\n") {
    write_file(folder / name, text);
    ASSERT_EQ(::chmod((folder / name).c_str(), mode), 0);
  }
  worker::Launch launch(const std::string& program, const std::string& path = "bin:more") {
    return {{program, "--x"}, {{"PATH", path}}, folder.path(), "", ""};
  }
  std::string found(const worker::Launch& what) {
    const auto program = find_program(what);
    return program ? program->path : program.error().text;
  }
  /// Whether it is found, or else the code.
  Errc code(const worker::Launch& what) {
    const auto program = find_program(what);
    EXPECT_TRUE(program.has_error());
    return program ? Errc::unknown : program.error().code;
  }

  test::TempDir folder;
};

TEST_F(ProgramTest, ANameIsLookedUpInThePathOfTheTask) {
  EXPECT_EQ(found(launch("tool")), "bin/tool");
  EXPECT_EQ(found(launch("tool", "nowhere:more:bin")), "more/tool");
  EXPECT_EQ(found(launch("tool", folder / "more")), folder / "more/tool");
  EXPECT_EQ(found(launch("plain")), "more/plain") << "the first that may be executed";
}

TEST_F(ProgramTest, AnEmptyPieceOfThePathIsTheFolder) {
  add("here", 0755);
  for (const char* path : {"", ":bin", "bin:", "bin::more"}) EXPECT_EQ(found(launch("here", path)), "./here") << path;
}

TEST_F(ProgramTest, WithoutAPathThereIsAUsualOne) {
  worker::Launch what = launch("sh");
  what.environment.clear();
  EXPECT_THAT(found(what), HasSubstr("/bin/sh"));
}

TEST_F(ProgramTest, APathCountsFromTheFolder) {
  EXPECT_EQ(found(launch("bin/tool")), "bin/tool");
  EXPECT_EQ(found(launch("./bin/tool")), "./bin/tool");
  EXPECT_EQ(found(launch("/bin/sh")), "/bin/sh");
}

TEST_F(ProgramTest, WhatIsMissingIsNamed) {
  EXPECT_EQ(code(launch("nothing")), Errc::not_found);
  EXPECT_EQ(found(launch("nothing")), R"(cannot start "nothing --x": there is no "nothing" in PATH "bin:more")");
  EXPECT_EQ(code(launch("./nothing")), Errc::not_found);
  EXPECT_EQ(code(launch("bin/tool/nothing")), Errc::not_found);
  EXPECT_THAT(found(launch("/no/such")), HasSubstr(R"(: there is no "/no/such")"));
}

TEST_F(ProgramTest, WhatMayNotBeExecutedIsNamed) {
  EXPECT_EQ(code(launch("bin/plain")), Errc::refused);
  EXPECT_THAT(found(launch("bin/plain")), HasSubstr("is not executable"));
  EXPECT_EQ(code(launch("plain", "bin")), Errc::refused);
  EXPECT_EQ(code(launch("./bin")), Errc::refused);
  EXPECT_THAT(found(launch("./bin")), HasSubstr("is not a file"));
  EXPECT_EQ(code(launch("bin", ".")), Errc::not_found) << "a folder is no program";
}

TEST_F(ProgramTest, AFolderThatIsMissingIsNamed) {
  worker::Launch what = launch("tool");
  what.folder += "/gone";
  EXPECT_EQ(code(what), Errc::failed);
  EXPECT_THAT(found(what), HasSubstr("/gone"));
}

TEST_F(ProgramTest, ACommandIsText) {
  worker::Launch what = launch("");
  EXPECT_EQ(code(what), Errc::invalid);
  what = launch("tool");
  what.command[1] = std::string("a\0b", 3);
  EXPECT_EQ(code(what), Errc::invalid);
  what = launch("tool");
  what.environment["X"] = std::string("a\0b", 3);
  EXPECT_EQ(code(what), Errc::invalid);
  what = launch("tool");
  what.command[1] = std::string(10'000, 'x');
  EXPECT_LT(start_error(Errc::failed, what, "why").text.size(), 300u);
}

TEST_F(ProgramTest, WhatTheSystemSaysIsExplained) {
  add("script", 0755, "#! /no/such/interpreter -w\n");
  add("text", 0755, "hello\n");
  const auto explained = [&](const std::string& name, int error) {
    const worker::Launch what = launch("./" + name);
    return explain_program(what, *find_program(what), error);
  };
  EXPECT_EQ(explained("script", ENOENT).code, Errc::not_found);
  EXPECT_THAT(explained("script", ENOENT).text, HasSubstr(R"(names "/no/such/interpreter", which does not exist)"));
  EXPECT_EQ(explained("script", EACCES).code, Errc::refused);
  EXPECT_THAT(explained("text", ENOENT).text, HasSubstr("loader"));
  EXPECT_EQ(explained("text", ENOEXEC).code, Errc::refused);
  EXPECT_EQ(explained("text", EACCES).code, Errc::refused);
  EXPECT_EQ(explained("text", E2BIG).code, Errc::refused);
  EXPECT_EQ(explained("text", EAGAIN).code, Errc::failed);
  const worker::Launch what = launch("./text");
  const auto program = *find_program(what);
  fs::remove(program.seen);
  EXPECT_EQ(explain_program(what, program, ENOENT).code, Errc::not_found) << "gone meanwhile";
  EXPECT_THAT(explain_folder(what, ENOENT).text, HasSubstr("its folder \"" + folder.path().string()));
}

}  // namespace
}  // namespace stellwerk::tasks

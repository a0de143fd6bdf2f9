#include "tasks/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/text.h"

namespace stellwerk::tasks {
namespace {

/// What the kernel reads of a script's first line, in bytes.
constexpr std::size_t kFirstLineBytesMax = 256;

enum class Found { no, no_file, not_executable, yes };

Found look_at(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return errno == EACCES ? Found::not_executable : Found::no;
  if (!S_ISREG(file.st_mode)) return Found::no_file;
  return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? Found::yes : Found::not_executable;
}

/// `path` as it is meant inside of `folder`.
std::string join(const std::string& folder, const std::string& path) {
  return path.starts_with('/') ? path : folder + "/" + path;
}

bool has_nul(const worker::Launch& launch) {
  const auto bad = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  return bad(launch.folder) || std::any_of(launch.command.begin(), launch.command.end(), bad) ||
         std::any_of(launch.environment.begin(), launch.environment.end(),
                     [&](const auto& entry) { return bad(entry.first) || bad(entry.second); });
}

Result<Program> find_by_path(const worker::Launch& launch) {
  const std::string& path = launch.command[0];
  Program program{path, join(launch.folder, path)};
  switch (look_at(program.seen)) {
    case Found::no: return start_error(Errc::not_found, launch, "there is no " + shown(program.seen));
    case Found::no_file: return start_error(Errc::refused, launch, shown(program.seen) + " is not a file");
    case Found::not_executable: return start_error(Errc::refused, launch, shown(program.seen) + " is not executable");
    case Found::yes: break;
  }
  return program;
}

/// The first that may be executed; one that may not is the reason only if there is no other.
Result<Program> find_by_name(const worker::Launch& launch) {
  const std::string& name = launch.command[0];
  const auto variable = launch.environment.find("PATH");
  const std::string path = variable == launch.environment.end() ? kDefaultPath : variable->second;
  std::string not_executable;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    const std::string folder = path.substr(at, end - at);
    Program program{folder.empty() ? "./" + name : folder + "/" + name, ""};
    program.seen = join(launch.folder, program.path);
    const Found found = look_at(program.seen);
    if (found == Found::yes) return program;
    if (found == Found::not_executable && not_executable.empty()) not_executable = program.seen;
    at = end + 1;
  }
  if (!not_executable.empty()) return start_error(Errc::refused, launch, shown(not_executable) + " is not executable");
  return start_error(Errc::not_found, launch,
                     "there is no " + shown(name) + " in PATH " + shown(path, kShownCommandBytesMax));
}

/// The program that a script names in its first line; nothing: it is no script.
std::optional<std::string> interpreter_of(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, kFirstLineBytesMax> bytes{};
  const ssize_t got = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  std::string_view line(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (!line.starts_with("#!")) return std::nullopt;
  line = line.substr(2, line.find('\n') - 2);
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
  return std::string(line.substr(begin, end - begin));
}

Error explain_interpreter(const worker::Launch& launch, const Program& program, Errc code, const std::string& what) {
  const auto interpreter = interpreter_of(program.seen);
  if (interpreter)
    return start_error(
        code, launch, "the first line of " + shown(program.seen) + " names " + shown(*interpreter) + ", which " + what);
  return start_error(code, launch, "the loader that " + shown(program.seen) + " asks for " + what);
}

}  // namespace

Error start_error(Errc code, const worker::Launch& launch, const std::string& why) {
  std::string command;
  for (const std::string& word : launch.command) {
    if (!command.empty()) command += ' ';
    command += word;
    if (command.size() > kShownCommandBytesMax) break;
  }
  return make_error(code, "cannot start " + shown(command, kShownCommandBytesMax) + ": " + why);
}

Result<Program> find_program(const worker::Launch& launch) {
  if (launch.command.empty() || launch.command[0].empty())
    return start_error(Errc::invalid, launch, "the command names no program");
  if (has_nul(launch))
    return start_error(Errc::invalid, launch, "command, environment and folder may not hold a zero byte");
  if (::access(launch.folder.c_str(), X_OK) != 0) return explain_folder(launch, errno);
  return launch.command[0].find('/') == std::string::npos ? find_by_name(launch) : find_by_path(launch);
}

Error explain_folder(const worker::Launch& launch, int error) {
  return start_error(
      Errc::failed, launch,
      "its folder " + shown(launch.folder, kShownCommandBytesMax) + " cannot be entered: " + std::strerror(error));
}

Error explain_system(const worker::Launch& launch, int error) {
  return start_error(Errc::failed, launch, std::string("the system says: ") + std::strerror(error));
}

Error explain_program(const worker::Launch& launch, const Program& program, int error) {
  switch (error) {
    case ENOENT:
      if (look_at(program.seen) == Found::no)
        return start_error(Errc::not_found, launch, "there is no " + shown(program.seen));
      return explain_interpreter(launch, program, Errc::not_found, "does not exist");
    case EACCES:
      if (interpreter_of(program.seen))
        return explain_interpreter(launch, program, Errc::refused, "is not executable, or this file may not be");
      return start_error(Errc::refused, launch, "the system does not allow to execute " + shown(program.seen));
    case ENOEXEC:
      return start_error(Errc::refused, launch,
                         shown(program.seen) +
                             " is neither a program for this machine nor a script that begins "
                             "with #! and a program");
    case E2BIG:
      return start_error(Errc::refused, launch, "its arguments and environment are longer than the system allows");
    default: return explain_system(launch, error);
  }
}

}  // namespace stellwerk::tasks

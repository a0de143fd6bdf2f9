#include "cli/processes.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

namespace stellwerk::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMasterEntry = "StandaloneSessionClusterEntrypoint";
constexpr std::string_view kWorkerEntry = "TaskManagerRunner";
constexpr std::string_view kZooKeeperClass = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
/// What our scripts, and nobody else's, pass to the ZooKeeper servers that they start.
constexpr std::string_view kZooKeeperMark = "-Dstellwerk.appender=";
constexpr std::string_view kListenState = "0A";
constexpr std::string_view kSocketLink = "socket:[";

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 64 * 1024> buffer{};
  while (text.size() < kProcessFileBytesMax &&
         (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0))
    text.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
  return text;
}

std::vector<std::string> split_words(const std::string& command_line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < command_line.size();) {
    const std::size_t end = std::min(command_line.find('\0', at), command_line.size());
    words.push_back(command_line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::optional<std::int64_t> parse_pid(const std::string& name) {
  std::int64_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size() || pid <= 0) return std::nullopt;
  return pid;
}

/// The last "--entrypoint X", without the package of a Java class.
std::string named_entry_point(const std::vector<std::string>& words) {
  for (std::size_t i = words.size(); i-- > 0;) {
    std::string name;
    if (words[i] == "--entrypoint" && i + 1 < words.size()) name = words[i + 1];
    if (words[i].starts_with("--entrypoint=")) name = words[i].substr(std::strlen("--entrypoint="));
    if (!name.empty()) return name.substr(name.find_last_of('.') + 1);
  }
  return {};
}

/// The last "-c X", "--configDir X" or "--configDir=X".
std::string named_configuration(const std::vector<std::string>& words) {
  constexpr std::string_view kJoined = "--configDir=";
  for (std::size_t i = words.size(); i-- > 0;) {
    if ((words[i] == "-c" || words[i] == "--configDir") && i + 1 < words.size()) return words[i + 1];
    if (words[i].starts_with(kJoined)) return words[i].substr(kJoined.size());
  }
  return {};
}

/// Where a daemon has its configuration from, as it finds it itself.
std::string configuration_of(const fs::path& process, const std::vector<std::string>& words) {
  constexpr std::string_view kVariable = "STELLWERK_CONF_DIR=";
  fs::path folder = named_configuration(words);
  if (folder.empty())
    for (const std::string& each : split_words(read_text(process / "environ")))
      if (each.starts_with(kVariable)) folder = each.substr(kVariable.size());
  std::error_code failed;
  if (folder.empty()) {
    const fs::path program = fs::read_symlink(process / "exe", failed);
    return failed ? "" : (program.parent_path().parent_path() / "conf").string();
  }
  if (folder.is_relative()) folder = fs::read_symlink(process / "cwd", failed) / folder;
  return failed ? "" : folder.lexically_normal().string();
}

/// Eight digits are one 32-bit word of the address in the byte order of this machine.
bool read_address(std::string_view hex, std::array<unsigned char, 16>& bytes, std::size_t& length) {
  if (hex.size() != 8 && hex.size() != 32) return false;
  length = hex.size() / 2;
  for (std::size_t i = 0; i < hex.size() / 8; ++i) {
    std::uint32_t word = 0;
    const char* const begin = hex.data() + i * 8;
    if (std::from_chars(begin, begin + 8, word, 16).ptr != begin + 8) return false;
    std::memcpy(bytes.data() + i * 4, &word, sizeof word);
  }
  return true;
}

std::optional<http::Endpoint> read_local(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::array<unsigned char, 16> bytes{};
  std::size_t length = 0;
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  if (!read_address(text.substr(0, colon), bytes, length) ||
      std::from_chars(digits.data(), digits.data() + digits.size(), port, 16).ptr != digits.data() + digits.size())
    return std::nullopt;
  const bool any = std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length),
                               [](unsigned char byte) { return byte == 0; });
  std::array<char, INET6_ADDRSTRLEN> name{};
  inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes.data(), name.data(), name.size());
  // An address that stands for all takes connections to this machine's own; "::" takes IPv4 too.
  return http::Endpoint{any ? "127.0.0.1" : name.data(), port};
}

std::set<std::string> socket_inodes(const fs::path& process) {
  std::set<std::string> inodes;
  std::error_code failed;
  for (fs::directory_iterator at(process / "fd", failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code gone;
    const std::string link = fs::read_symlink(at->path(), gone).string();
    if (!gone && link.starts_with(kSocketLink) && link.ends_with(']'))
      inodes.insert(link.substr(kSocketLink.size(), link.size() - kSocketLink.size() - 1));
  }
  return inodes;
}

}  // namespace

std::string entry_point_of(const std::vector<std::string>& words) {
  if (words.size() < 2) return {};
  const std::string program = words[0].substr(words[0].find_last_of('/') + 1);
  if (program == "stellwerk" && (words[1] == "master" || words[1] == "worker")) {
    const std::string named = named_entry_point(words);
    return named.empty() ? std::string(words[1] == "master" ? kMasterEntry : kWorkerEntry) : named;
  }
  const bool ours =
      std::any_of(words.begin(), words.end(), [](const std::string& word) { return word.starts_with(kZooKeeperMark); });
  if (ours && std::find(words.begin(), words.end(), kZooKeeperClass) != words.end()) return "QuorumPeerMain";
  return {};
}

std::vector<Process> find_processes(const std::string& proc) {
  std::vector<Process> found;
  std::size_t looked_at = 0;
  std::error_code failed;
  for (fs::directory_iterator at(proc, failed), end; !failed && at != end && looked_at < kProcessesMax;
       at.increment(failed)) {
    const auto pid = parse_pid(at->path().filename().string());
    if (!pid) continue;
    ++looked_at;
    const std::vector<std::string> words = split_words(read_text(at->path() / "cmdline"));
    const std::string entry_point = entry_point_of(words);
    if (entry_point.empty()) continue;
    const bool ours = words[1] == "master" || words[1] == "worker";
    found.push_back({*pid, entry_point, words[1] == "master", ours ? configuration_of(at->path(), words) : ""});
  }
  std::sort(found.begin(), found.end(), [](const Process& a, const Process& b) { return a.pid < b.pid; });
  return found;
}

std::vector<ListeningSocket> parse_listening(std::string_view text) {
  // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...
  std::vector<ListeningSocket> found;
  std::istringstream lines{std::string(text)};
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::array<std::string, 10> word;
    for (std::string& each : word) words >> each;
    if (!words || word[3] != kListenState) continue;
    if (auto at = read_local(word[1])) found.push_back({word[9], std::move(*at)});
  }
  return found;
}

std::vector<http::Endpoint> listening(const std::string& proc, std::int64_t pid) {
  const fs::path process = fs::path(proc) / std::to_string(pid);
  const std::set<std::string> own = socket_inodes(process);
  std::vector<http::Endpoint> found;
  for (const char* file : {"net/tcp", "net/tcp6"})
    for (ListeningSocket& socket : parse_listening(read_text(process / file)))
      if (own.contains(socket.inode) && std::find(found.begin(), found.end(), socket.at) == found.end())
        found.push_back(std::move(socket.at));
  return found;
}

}  // namespace stellwerk::cli

#include "drill/zookeeper_here.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <sstream>

#include "base/file_descriptor.h"

namespace stellwerk::drill {
namespace {

constexpr timeval kAnswerMax = {.tv_sec = 2, .tv_usec = 0};
constexpr std::size_t kAnswerBytesMax = 64 * 1024;
constexpr const char* kDebianJars = "/usr/share/java/";
constexpr const char* kDebianJarNames[] = {"zookeeper",
                                           "zookeeper-jute",
                                           "slf4j-api",
                                           "slf4j-log4j12",
                                           "log4j-1.2",
                                           "netty-common",
                                           "netty-handler",
                                           "netty-transport",
                                           "netty-buffer",
                                           "netty-codec",
                                           "netty-resolver",
                                           "netty-transport-native-epoll",
                                           "netty-transport-native-unix-common",
                                           "metrics-core",
                                           "snappy-java",
                                           "commons-cli"};

std::string find_java(const std::string& java_home, const std::string& path) {
  std::vector<std::string> folders;
  if (!java_home.empty()) folders.push_back(java_home + "/bin");
  std::istringstream words(path);
  for (std::string folder; std::getline(words, folder, ':');) folders.push_back(folder);
  for (const std::string& folder : folders)
    if (::access((folder + "/java").c_str(), X_OK) == 0) return folder + "/java";
  return "";
}

}  // namespace

std::vector<std::string> ZooKeeperHere::command(const std::string& zoo_cfg, const std::string& log4j) const {
  return {java,
          "-Xmx96m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "-Dzookeeper.forceSync=no",
          "-Dzookeeper.preAllocSize=64",
          "-Dlog4j.configuration=file:" + log4j,
          "-cp",
          class_path,
          "org.apache.zookeeper.server.quorum.QuorumPeerMain",
          zoo_cfg};
}

Result<ZooKeeperHere> find_zookeeper(const std::string& zookeeper_home, const std::string& java_home,
                                     const std::string& path) {
  ZooKeeperHere out;
  out.java = find_java(java_home, path);
  if (out.java.empty()) return make_error(Errc::not_found, "there is no Java to run ZooKeeper with");
  if (!zookeeper_home.empty()) {
    out.class_path = zookeeper_home + "/*:" + zookeeper_home + "/lib/*";
    return out;
  }
  if (!std::filesystem::exists(std::string(kDebianJars) + "zookeeper.jar"))
    return make_error(Errc::not_found,
                      "there is no ZooKeeper: neither ZOOKEEPER_HOME is set nor is libzookeeper-java installed");
  for (const char* name : kDebianJarNames)
    out.class_path += (out.class_path.empty() ? "" : ":") + std::string(kDebianJars) + name + ".jar";
  return out;
}

std::string zookeeper_logging(const std::string& level) {
  return "log4j.rootLogger=" + level +
         ", out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
         "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n"
         "log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %-5p %c{1}: %m%n\n";
}

std::string ask_zookeeper(const std::string& address, std::uint16_t port, const std::string& word) {
  const FileDescriptor connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1) return "";
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &kAnswerMax, sizeof kAnswerMax);
  ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &kAnswerMax, sizeof kAnswerMax);  // of connect() too
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return "";
  if (::send(connection.get(), word.data(), word.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(word.size())) return "";
  std::string said;
  std::array<char, 4096> piece{};
  while (said.size() < kAnswerBytesMax) {
    const ssize_t got = ::recv(connection.get(), piece.data(), piece.size(), 0);
    if (got <= 0) break;
    said.append(piece.data(), static_cast<std::size_t>(got));
  }
  return said;
}

bool zookeeper_serves(const std::string& address, std::uint16_t port) {
  return ask_zookeeper(address, port, "srvr").find("Mode: ") != std::string::npos;
}

}  // namespace stellwerk::drill

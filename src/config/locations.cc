#include "config/locations.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/text.h"
#include "model/worker.h"

namespace stellwerk::config {
namespace {

constexpr std::array kPlannedSchemes =
    std::to_array<std::string_view>({"hdfs", "s3", "s3a", "s3n", "s3p", "oss", "abfs", "abfss", "gs"});

Error invalid(std::string text) {
  return make_error(Errc::invalid, std::move(text));
}

/// What stands before the first ':' of a URI, in lower case; empty if there is none.
std::string scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::size_t slash = text.find('/');
  if (colon == std::string_view::npos || colon > slash) return {};
  return lower_case(text.substr(0, colon));
}

/// ZooKeeper refuses control characters, surrogates, private use and the last code points of the plane.
bool forbidden(char32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || (point >= 0xD800 && point <= 0xF8FF) || point >= 0xFFF0;
}

bool holds_forbidden(std::string_view text) {
  const std::u32string points = decode_utf8(text);
  return std::any_of(points.begin(), points.end(), forbidden);
}

/// Digits and dots that are not four numbers: some resolvers make an address of that, and not the one meant.
bool is_short_address(const std::string& host) {
  in_addr parsed{};
  return host.find_first_not_of("0123456789.") == std::string::npos && inet_pton(AF_INET, host.c_str(), &parsed) != 1;
}

std::string folded(std::string_view path) {
  std::string out;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty()) continue;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

}  // namespace

Result<std::string> parse_storage_dir(std::string_view text) {
  text = trimmed(text);
  if (text.size() > kLocationBytesMax) return invalid("is over 512 bytes long");
  const std::string scheme = scheme_of(text);
  if (std::find(kPlannedSchemes.begin(), kPlannedSchemes.end(), scheme) != kPlannedSchemes.end())
    return make_error(Errc::not_supported, "is planned, not in this version (" + scheme +
                                               "://); use file:// on a shared mount, for example file:///mnt/ha");
  if (!scheme.empty() && scheme != "file")
    return invalid("has the unknown scheme " + shown(scheme) +
                   "; known are file:// (or a bare path), and planned hdfs:// and s3://");
  std::string_view path = scheme.empty() ? text : text.substr(scheme.size() + 1);
  if (!scheme.empty() && path.starts_with("//")) {
    path.remove_prefix(2);
    if (path.starts_with("localhost/")) path.remove_prefix(std::string_view("localhost").size());
    if (!path.starts_with('/'))
      return invalid("names a host after file://; a path there has three slashes, as in file:///mnt/ha");
  }
  if (!path.starts_with('/'))
    return invalid("is not an absolute path; accepted is file:///mnt/ha or /mnt/ha, the same on every master");
  if (holds_forbidden(path)) return invalid("holds a control character");
  const std::string clean = folded(path);
  if (clean.empty()) return invalid("is the root directory; name a directory for the cluster's files");
  return '/' + clean;
}

Result<std::string> parse_cluster_path(std::string_view text) {
  if (text.size() > kLocationBytesMax) return invalid("is over 512 bytes long");
  if (holds_forbidden(text)) return invalid("holds a character that no path may have (control or private use)");
  const std::string path = folded(text);
  if (path.empty()) return invalid("names nothing; accepted is a path such as /default");
  for (const std::string_view part : split(path, '/')) {
    if (part == "." || part == "..") return invalid("holds \".\" or \"..\"; accepted is a path such as /default");
    if (part.size() > kLocationPartBytesMax) return invalid("has a part of over 200 bytes");
  }
  return path;
}

Result<std::string> parse_directory(std::string_view text) {
  text = trimmed(text);
  if (text.size() > kLocationBytesMax) return invalid("is over 512 bytes long");
  if (!text.starts_with('/')) return invalid("is not an absolute path; accepted is a path such as /var/lib/stellwerk");
  if (holds_forbidden(text)) return invalid("holds a control character");
  const std::string clean = folded(text);
  if (clean.empty()) return invalid("is the root directory; name another directory");
  return '/' + clean;
}

Result<std::string> parse_first_directory(std::string_view text) {
  return parse_directory(text.substr(0, text.find_first_of(",|:")));
}

std::optional<std::string> worker_id_fault(std::string_view text) {
  if (text.empty() || text.size() > kLocationPartBytesMax) return "is not a name of 1 to 200 bytes";
  if (text == "." || text == "..") return "is no name; accepted is a name such as worker-1";
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '/'; });
  if (!plain) return "is not accepted; accepted is ASCII without blanks and slashes, for example worker-1";
  return std::nullopt;
}

Result<std::set<std::string>> parse_labels(std::string_view text) {
  std::set<std::string> labels;
  if (trimmed(text).empty()) return labels;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view label = trimmed(part);
    if (!model::is_label(label))
      return invalid("names " + shown(label) + ", which is no label; accepted are " +
                     std::string(model::kLabelAccepted) + ", separated by commas");
    labels.emplace(label);
  }
  if (labels.size() > model::kLabelsMax)
    return invalid("has " + std::to_string(labels.size()) + " labels; accepted are at most " +
                   std::to_string(model::kLabelsMax));
  return labels;
}

std::string plain_url_prefix(std::string_view path) {
  return '/' + folded(path);
}

Result<Quorum> parse_quorum(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return invalid("is a URL; accepted is host:port,host:port");
  const std::size_t slash = text.find('/');
  auto servers = parse_host_ports(text.substr(0, slash), kZooKeeperPort);
  if (!servers) return servers.error();
  Quorum quorum{*std::move(servers), {}};
  for (const HostPort& server : quorum.servers) {
    if (server.port == 0) return invalid("holds port 0; accepted is host:port,host:port");
    if (is_short_address(server.host))
      return invalid("holds " + shown(server.host) + ", which is no IPv4 address; write four numbers from 0 to 255");
  }
  if (slash == std::string_view::npos || trimmed(text.substr(slash)) == "/") return quorum;
  auto chroot = parse_cluster_path(text.substr(slash));
  if (!chroot || chroot->find_first_of(",:") != std::string::npos)
    return invalid("has a path in the middle; accepted is host:port,host:port");
  quorum.chroot = *std::move(chroot);
  return quorum;
}

}  // namespace stellwerk::config

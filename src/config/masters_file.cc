#include "config/masters_file.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/configuration.h"
#include "config/file_text.h"
#include "config/quantity.h"
#include "config/raw_layer.h"
#include "config/text.h"

namespace stellwerk::config {
namespace {

class HostsReader {
 public:
  HostsReader(std::string file, HostsKind kind) : kind_(kind) { out_.file = std::move(file); }

  void take(std::string_view line) {
    ++line_;
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) return;
    if (line.find_first_of(" \t,;") != std::string_view::npos) {
      complain(line, "names more than one host; write one host on each line");
      return;
    }
    if (line.find("://") != std::string_view::npos) {
      complain(line, "is a URL; accepted is " + accepted());
      return;
    }
    const std::string_view address = line.substr(line.rfind('/') + 1);
    add(line, address);
  }

  HostsFile finish() {
    if (kind_ == HostsKind::masters && out_.hosts.empty() && out_.findings.empty()) {
      line_ = 0;
      complain("", "names no master; write one host on each line");
    }
    return std::move(out_);
  }

 private:
  void add(std::string_view line, std::string_view text) {
    const bool bare_ipv6 = std::count(text.begin(), text.end(), ':') > 1 && is_host(text);
    const bool port = text.ends_with(']') ? false : !bare_ipv6 && text.find(':') != std::string_view::npos;
    auto address = bare_ipv6 ? HostPort{std::string(text), 0} : parse_host_port(text, 0);
    const std::string odd = look_alike(line);
    if (!odd.empty()) {
      complain(line, "holds " + odd + "; accepted is " + accepted());
    } else if (!address) {
      complain(line, "is not accepted; accepted is " + accepted());
    } else if (port && kind_ == HostsKind::workers) {
      complain(line, "has a port; accepted is a host alone");
    } else if (out_.hosts.size() == kHostLinesMax) {
      complain(line, "is one host too many; accepted are 2000");
    } else {
      HostLine host{std::move(address->host), std::nullopt, line_};
      if (port) host.port = address->port;
      out_.hosts.push_back(std::move(host));
    }
  }

  std::string accepted() const {
    return kind_ == HostsKind::masters ? "a host or host:port, for example node1:8081" : "a host, for example node1";
  }

  void complain(std::string_view value, std::string problem) {
    out_.findings.push_back(
        {FindingKind::error, {Layer::file, out_.file, line_}, "", std::string(value), std::move(problem)});
  }

  HostsKind kind_;
  HostsFile out_;
  int line_ = 0;
};

HostsFile failed(const std::string& file, std::string why) {
  HostsFile out;
  out.file = file;
  out.findings.push_back({FindingKind::error, {Layer::file, file, 0}, "", "", std::move(why)});
  return out;
}

std::string missing(HostsKind kind) {
  return kind == HostsKind::masters ? "No masters file. Please specify masters in 'conf/masters'."
                                    : "No workers file. Please specify workers in 'conf/workers'.";
}

}  // namespace

bool HostLine::local() const {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

bool HostsFile::ok() const {
  return !has_errors(findings);
}

HostsFile parse_hosts(std::string_view text, const std::string& file, HostsKind kind) {
  if (const auto fault = text_fault(text)) return failed(file, *fault);
  HostsReader reader(file, kind);
  text = without_bom(text);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    reader.take(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return reader.finish();
}

HostsFile read_hosts(const std::string& conf_dir, HostsKind kind) {
  std::string file = conf_dir + (kind == HostsKind::masters ? "/masters" : "/workers");
  auto text = read_text_file(file, kConfigBytesMax);
  if (!text && text.error().code == Errc::not_found && kind == HostsKind::workers) {
    const std::string old_file = conf_dir + "/slaves";
    auto old_text = read_text_file(old_file, kConfigBytesMax);
    if (old_text || old_text.error().code != Errc::not_found) {
      text = std::move(old_text);
      file = old_file;
    }
  }
  if (text) return parse_hosts(*text, file, kind);
  return failed(file, text.error().code == Errc::not_found ? missing(kind) : text.error().text);
}

}  // namespace stellwerk::config

#include "config/finding.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "config/raw_layer.h"
#include "config/text.h"

namespace stellwerk::config {
namespace {

/// The sentence before a gathered list; null: the kind is never gathered.
const char* gathering(FindingKind kind) noexcept {
  switch (kind) {
    case FindingKind::old_name: return "old names that are still read: ";
    case FindingKind::later: return "keys that a later version will use: ";
    case FindingKind::ignored: return "keys of Flink that have no meaning here and are ignored: ";
    default: return nullptr;
  }
}

/// Keys of files are anything that stands before a colon.
std::string shown_key(const std::string& key) {
  return escaped(key, kKeyBytesMax);
}

std::string gathered_item(const Finding& finding) {
  std::string item = shown_key(finding.key);
  std::string details;
  if (finding.origin.line > 0) details = "line " + std::to_string(finding.origin.line);
  if (finding.kind != FindingKind::later && !finding.problem.empty()) {
    if (!details.empty()) details += ", ";
    details += finding.problem;
  }
  return details.empty() ? item : item + " (" + details + ")";
}

}  // namespace

std::string Origin::text() const {
  if (layer == Layer::defaults) return "default";
  return line > 0 ? name + " line " + std::to_string(line) : name;
}

const char* to_string(FindingKind kind) noexcept {
  switch (kind) {
    case FindingKind::error: return "error";
    case FindingKind::warning: return "warning";
    case FindingKind::unknown: return "unknown";
    case FindingKind::old_name: return "old-name";
    case FindingKind::conflict: return "conflict";
    case FindingKind::later: return "later";
    case FindingKind::ignored: return "ignored";
  }
  return "error";
}

std::string Finding::text() const {
  std::string out;
  if (origin.layer != Layer::defaults) out = origin.text() + ": ";
  if (!key.empty()) out += shown_key(key) + (value.empty() ? " " : ": ");
  if (!value.empty()) out += shown(value, kValueBytesShownMax) + ' ';
  return out + problem;
}

std::vector<std::string> to_lines(const Findings& findings) {
  std::vector<std::string> lines;
  std::map<std::pair<FindingKind, std::string>, std::string> lists;
  for (const Finding& finding : findings)
    if (finding.kind == FindingKind::error) lines.push_back(finding.text());
  for (const Finding& finding : findings) {
    if (finding.kind == FindingKind::error) continue;
    if (gathering(finding.kind) == nullptr) {
      lines.push_back(finding.text());
      continue;
    }
    std::string& list = lists[{finding.kind, finding.origin.name}];
    if (!list.empty()) list += ", ";
    list += gathered_item(finding);
  }
  for (const auto& [group, list] : lists) lines.push_back(group.second + ": " + gathering(group.first) + list);
  if (lines.size() > kFindingLinesMax) {
    const std::size_t more = lines.size() - kFindingLinesMax;
    lines.resize(kFindingLinesMax);
    lines.push_back("and " + std::to_string(more) + " more");
  }
  return lines;
}

}  // namespace stellwerk::config

/// What must hold for every spec, tried on many made from a fixed seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/text.h"
#include "model/job_spec_reader.h"

namespace stellwerk::model {
namespace {

constexpr std::uint64_t kSeed = 20'261'121;

/// Writes random documents; members of objects in an order of its own.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }

  /// A valid spec, as text that is JSON and YAML at once.
  std::string spec() {
    const std::size_t vertices = 1 + below(6);
    std::vector<std::string> list;
    for (std::size_t i = 0; i < vertices; ++i) list.push_back(vertex(i));
    std::vector<std::string> members = {R"("name": "job → 计数")", R"("vertices": [)" + joined(list) + "]"};
    if (below(2) == 0) members.push_back(R"("at-most-one": true)");
    if (below(2) == 0) members.push_back(R"("checkpointing": {"interval": "10 s"})");
    if (below(2) == 0)
      members.push_back(R"("restart-strategy": )" + object({R"("type": "exponential-delay")", R"("jitter-factor": 0.3)",
                                                            R"("backoff-multiplier": 2.0)"}));
    return object(std::move(members));
  }

 private:
  std::string vertex(std::size_t index) {
    std::vector<std::string> members = {"\"name\": \"v" + std::to_string(index) + "\"",
                                        R"("command": ["sh", "-c", "a\"\\\n\t b"])"};
    if (below(2) == 0) members.push_back("\"parallelism\": " + std::to_string(1 + below(9)));
    if (below(2) == 0) members.push_back("\"env\": " + object({R"("B": "1")", R"("A": "true")", R"("_": "~")"}));
    if (index > 0)
      members.push_back("\"inputs\": [" +
                        object({"\"from\": \"v" + std::to_string(below(index)) + "\"", R"("exchange": "blocking")",
                                R"("output": "local")"}) +
                        "]");
    return object(std::move(members));
  }

  std::string object(std::vector<std::string> members) {
    std::shuffle(members.begin(), members.end(), random_);
    return "{" + joined(members) + "}";
  }
  static std::string joined(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
    return out;
  }

  std::mt19937_64 random_;
};

TEST(JobSpecProperty, JsonYamlAndTheirCanonicalTextAreOneSpec) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::string text = Writer(kSeed + i).spec();
    const auto json = read_job_spec(text, DocKind::json);
    ASSERT_TRUE(json.has_value()) << json.error().text << "\n" << text;
    const auto yaml = read_job_spec(text, DocKind::yaml);
    ASSERT_TRUE(yaml.has_value()) << yaml.error().text << "\n" << text;
    const auto again = read_job_spec(json->canonical, DocKind::json);
    ASSERT_TRUE(again.has_value()) << again.error().text << "\n" << json->canonical;
    for (const auto* other : {&*yaml, &*again}) {
      ASSERT_EQ(other->spec, json->spec) << text;
      ASSERT_EQ(other->canonical, json->canonical) << text;
      ASSERT_EQ(other->sha256, json->sha256) << text;
    }
  }
}

/// Every order of the members of every object: the same text but for what the seed's shuffles did.
TEST(JobSpecProperty, TheOrderOfMembersIsNoPartOfTheIdentity) {
  std::vector<std::string> members = {R"("name":"j")", R"("vertices":[{"command":["sh"],"name":"v"}])",
                                      R"("at-most-one":true)", R"("checkpointing":{"interval":5000})",
                                      R"("jobId":"fd72014d4c864993a2e5a9287b4a9c5d")"};
  std::sort(members.begin(), members.end());
  std::string first;
  do {
    std::string text;
    for (const std::string& member : members) text += (text.empty() ? "{" : ",") + member;
    const auto read = read_job_spec(text + "}", DocKind::json);
    ASSERT_TRUE(read.has_value()) << read.error().text;
    if (first.empty()) first = read->sha256;
    ASSERT_EQ(read->sha256, first) << text;
  } while (std::next_permutation(members.begin(), members.end()));
}

std::string mutated(std::string text, Writer& random) {
  static constexpr std::string_view kBytes =
      "{}[]:,\"'-?&*!|>%@`#~ \n\t\\0123456789.eE+xnulltrue\x01\x04\x7f\x80\xc3\xff";
  const std::size_t changes = 1 + random.below(6);
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random.below(text.size());
    const std::size_t length = std::min(random.below(12), text.size() - at);
    switch (random.below(5)) {
      case 0: text[at] = kBytes[random.below(kBytes.size())]; break;
      case 1: text.insert(at, 1, kBytes[random.below(kBytes.size())]); break;
      case 2: text.erase(at, length); break;
      case 3: text.insert(random.below(text.size()), text.substr(at, length)); break;
      default: text.resize(at); break;
    }
  }
  return text;
}

/// Whatever comes in: an answer, bounded and printable; what is accepted is accepted again.
void expect_sound(const std::string& text, DocKind kind) {
  const auto read = read_job_spec(text, kind);
  if (read.has_error()) {
    ASSERT_TRUE(is_printable_text(read.error().text)) << shown(text, text.size());
    ASSERT_LT(read.error().text.size(), 100'000U);
    return;
  }
  const auto again = read_job_spec(read->canonical, DocKind::json);
  ASSERT_TRUE(again.has_value()) << again.error().text;
  ASSERT_EQ(again->spec, read->spec);
  ASSERT_EQ(again->canonical, read->canonical);
}

TEST(JobSpecProperty, DamagedTextIsAnsweredAndNeverCrashes) {
  constexpr std::string_view kBlock =
      "name: word-count\nvertices:\n  - name: a\n    command: [sh, -c, \"x\"]\n    parallelism: 0x2\n"
      "  - name: b\n    command:\n      - sh\n      - |\n        one\n        two\n    inputs: [{from: a, exchange: "
      "blocking}]\n    ports: [in]\nrestart-strategy: {type: fixed-delay, attempts: 3, delay: 10 s}\n";
  Writer random(kSeed);
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = mutated(i % 2 == 0 ? std::string(kBlock) : random.spec(), random);
    expect_sound(text, DocKind::yaml);
    expect_sound(text, DocKind::json);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace stellwerk::model

#include "base/json_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace stellwerk {
namespace {

using namespace std::string_literals;

/// The canonical text of what was read, or the error's text.
std::string read_json_text(std::string_view text, const DocLimits& limits = {}) {
  const auto document = read_json(text, "spec", limits);
  return document ? canonical_json(*document) : document.error().text;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonReader, ReadsEveryKind) {
  EXPECT_EQ(read_json_text(R"( {"b": [1, -2, 1.5, true, false, null, "x"], "a": {}} )"),
            R"({"a":{},"b":[1,-2,1.5E0,true,false,null,"x"]})");
  EXPECT_EQ(read_json_text(R"("\u00e4\ud83d\ude00\n")"), "\"ä😀\\n\"");
  EXPECT_EQ(read_json_text("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(read_json_text("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(read_json_text("\xef\xbb\xbf{}"), "{}");
}

TEST(JsonReader, NumbersWithoutAFractionAreOneValue) {
  EXPECT_EQ(read_json_text("[2, 2.0, 2e0, 20e-1, -0, -0.0, 1e15]"), "[2,2,2,2,0,0,1000000000000000]");
}

TEST(JsonReader, DoublesSurviveReadingTheirOwnText) {
  for (const char* number :
       {"0.1", "1.0000000000000002", "2.2250738585072014e-308", "1.7976931348623157e308", "1.2345678901234568e34"}) {
    const std::string once = read_json_text(number);
    EXPECT_EQ(read_json_text(once), once) << number;
    EXPECT_EQ(std::stod(once), std::stod(number)) << number;
  }
}

TEST(JsonReader, RefusesWhatOthersLetPass) {
  EXPECT_EQ(read_json_text(R"({"a":1,"b":{"c":1,"c":2}})"), "spec: b.c is given twice");
  EXPECT_EQ(read_json_text(R"({"\u0061":1,"a":2})"), "spec: a is given twice");
  EXPECT_EQ(read_json_text(R"({"a":[0,9223372036854775808]})"), "spec: a[1] is 9223372036854775808, beyond 64 bits");
  EXPECT_EQ(read_json_text("1e400"), "spec: the document is 1e400, beyond a double");
  EXPECT_EQ(read_json_text(R"({"a\n":"x\u0000y"})"), R"(spec: ["a\n"] has a NUL character, which is not accepted)");
  EXPECT_EQ(read_json_text(R"({"a\u0000":1})"),
            R"(spec: ["a\u0000"] has a NUL character in its name, which is not accepted)");
  EXPECT_EQ(read_json_text("\"a\xff\""), "spec: the document is not UTF-8 (line 1, column 3)");
}

TEST(JsonReader, NamesThePlaceOfWhatIsNoJson) {
  EXPECT_EQ(read_json_text(""), "spec: the document is empty");
  EXPECT_EQ(read_json_text(" \r\n\t"), "spec: the document is empty");
  EXPECT_EQ(read_json_text("{\n  \"a\":}"), "spec: the document is not JSON: syntax error (line 2, column 7)");
  EXPECT_EQ(read_json_text("{} {}"), "spec: the document is not JSON: extra data (line 1, column 4)");
  for (const char* bad :
       {"{", "[1,]", "01", "nul", "'a'", "{a:1}", "\"a\nb\"", "// c\n1", R"("\ud800")", "NaN", "+1", ".5"})
    EXPECT_NE(read_json_text(bad).find("is not JSON: "), std::string::npos) << bad << ": " << read_json_text(bad);
  EXPECT_NE(read_json_text("1\0"s).find("is not JSON: "), std::string::npos);
}

TEST(JsonReader, KeepsItsLimits) {
  EXPECT_EQ(read_json_text(nested(32)), nested(32));
  const std::string path = [] {
    std::string out;
    for (int i = 0; i < 32; ++i) out += "[0]";
    return out;
  }();
  EXPECT_EQ(read_json_text(nested(33)), "spec: " + path + " is nested too deep, accepted are at most 32 levels");
  EXPECT_EQ(read_json_text(std::string(1'000'000, '[')),
            "spec: " + path + " is nested too deep, accepted are at most 32 levels");
  EXPECT_EQ(read_json_text("[1,2,3]", {.bytes = 100, .depth = 1, .values = 4}), "[1,2,3]");
  EXPECT_EQ(read_json_text("[1,2,3]", {.bytes = 100, .depth = 1, .values = 3}),
            "spec: [2] is one value too many, accepted are at most 3");

  const auto too_large = read_json("[1]", "spec", {.bytes = 2, .depth = 1, .values = 3});
  ASSERT_TRUE(too_large.has_error());
  EXPECT_EQ(too_large.error(), make_error(Errc::too_large, "spec: the document has 3 bytes, accepted are at most 2"));
}

TEST(DocKind, FollowsTheContentTypeThenTheFirstByte) {
  EXPECT_EQ(detect_document_kind("application/json", "name: x"), DocKind::json);
  EXPECT_EQ(detect_document_kind("Application/JSON; charset=utf-8", ""), DocKind::json);
  EXPECT_EQ(detect_document_kind("application/x-yaml", "{}"), DocKind::yaml);
  EXPECT_EQ(detect_document_kind("text/yaml", "{}"), DocKind::yaml);
  EXPECT_EQ(detect_document_kind("", " \n{\"name\":1}"), DocKind::json);
  EXPECT_EQ(detect_document_kind("application/x-www-form-urlencoded", "name: x"), DocKind::yaml);
  EXPECT_EQ(detect_document_kind("text/plain; a=json", "name: x"), DocKind::yaml);
  EXPECT_EQ(detect_document_kind("", ""), DocKind::yaml);
}

}  // namespace
}  // namespace stellwerk

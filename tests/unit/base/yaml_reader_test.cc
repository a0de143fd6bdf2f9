#include "base/yaml_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace stellwerk {
namespace {

using namespace std::string_literals;

/// The canonical JSON of what was read, or the error's text.
std::string read_yaml_text(std::string_view text, const DocLimits& limits = {}) {
  const auto document = read_yaml(text, "spec", limits);
  return document ? canonical_json(*document) : document.error().text;
}

TEST(YamlReader, ReadsBlocksAndFlows) {
  EXPECT_EQ(read_yaml_text("b:\n  - 1\n  - {x: y, z: [a, \"b\"]}\na: |\n  one\n  two\n"),
            R"({"a":"one\ntwo\n","b":[1,{"x":"y","z":["a","b"]}]})");
  EXPECT_EQ(read_yaml_text("%YAML 1.2\n---\na: 1\n...\n"), R"({"a":1})");
  EXPECT_EQ(read_yaml_text(R"({"a": "\x41\u8ba1\U0001F600", "b": [true, null]})"), R"({"a":"A计😀","b":[true,null]})");
  EXPECT_EQ(read_yaml_text("\xef\xbb\xbf"
                           "a: 1\r\nb: 2\r\n"),
            R"({"a":1,"b":2})");
}

TEST(YamlReader, TypesPlainScalarsByYaml12) {
  EXPECT_EQ(read_yaml_text("[010, 0o17, 0x1F, +7, -0, 1., .5, +.5e3, 1e3, 1.5]"),
            "[10,15,31,7,0,1,5E-1,500,1000,1.5E0]");
  EXPECT_EQ(read_yaml_text("[true, True, FALSE, null, ~, NULL]"), "[true,true,false,null,null,null]");
  EXPECT_EQ(read_yaml_text("a:"), R"({"a":null})");
  EXPECT_EQ(read_yaml_text("[off, yes, no, y, tRUE, 1_000, 1:30, 2026-11-21, 0x, 0b1, 0o8, 1e, ., 12abc, 10 s]"),
            R"(["off","yes","no","y","tRUE","1_000","1:30","2026-11-21","0x","0b1","0o8","1e",".","12abc","10 s"])");
}

TEST(YamlReader, WhatIsQuotedIsAString) {
  EXPECT_EQ(read_yaml_text(R"(['true', "1", '~', '', "0x1F", '.inf'])"), R"(["true","1","~","","0x1F",".inf"])");
  EXPECT_EQ(read_yaml_text("a: |-\n  1\n"), R"({"a":"1"})");
}

TEST(YamlReader, KeysAreTextAsItStands) {
  EXPECT_EQ(read_yaml_text("{1: a, true: b, '': c}"), R"({"":"c","1":"a","true":"b"})");
  EXPECT_EQ(read_yaml_text("? [x]\n: 1"),
            "spec: the document (line 1, column 3) has a key that is not text, put it in quotes");
  EXPECT_EQ(read_yaml_text("a:\n  ~: 1"), "spec: a (line 2, column 3) has a key that is not text, put it in quotes");
}

TEST(YamlReader, EveryValueKnowsItsPlace) {
  const auto document = read_yaml("a: 1\nb:\n  - c: [x, yz]\n", "spec", {});
  ASSERT_TRUE(document.has_value());
  const DocValue& list = *find_member(*document, "b");
  EXPECT_EQ(list.place, (DocPlace{3, 3}));
  const DocValue& inner = list.get_if<DocValue::Array>()->front();
  const DocMember& member = inner.get_if<DocValue::Object>()->front();
  EXPECT_EQ(member.key_place, (DocPlace{3, 5}));
  EXPECT_EQ(member.value.get_if<DocValue::Array>()->back().place, (DocPlace{3, 12}));
}

TEST(YamlReader, RefusesWhatOthersLetPass) {
  EXPECT_EQ(read_yaml_text("a: 1\n'a': 2"), "spec: a (line 2, column 1) is given twice");
  EXPECT_EQ(read_yaml_text("a: &x 1\nb: *x"),
            "spec: a (line 1, column 4) uses an anchor or alias (& or *), which are not accepted: write the value out");
  EXPECT_EQ(read_yaml_text("a: !!str 1"),
            "spec: a (line 1, column 4) has the tag \"tag:yaml.org,2002:str\", tags are not accepted");
  EXPECT_EQ(read_yaml_text("a: !x {b: 1}"), "spec: a (line 1, column 4) has the tag \"!x\", tags are not accepted");
  EXPECT_EQ(read_yaml_text("a: 1\n---\nb: 2"),
            "spec: the document (line 2, column 1) is followed by a second document, accepted is one");
  EXPECT_EQ(read_yaml_text("a: .inf"), "spec: a (line 1, column 4) is .inf, which is not accepted: numbers are finite");
  EXPECT_EQ(read_yaml_text("a: -.Inf"),
            "spec: a (line 1, column 4) is -.Inf, which is not accepted: numbers are finite");
  EXPECT_EQ(read_yaml_text("a: 9223372036854775808"),
            "spec: a (line 1, column 4) is \"9223372036854775808\", beyond 64 bits");
  EXPECT_EQ(read_yaml_text("a: 0xffffffffffffffff"),
            "spec: a (line 1, column 4) is \"0xffffffffffffffff\", beyond 64 bits");
  EXPECT_EQ(read_yaml_text("a: 1e999"), "spec: a (line 1, column 4) is \"1e999\", beyond a double");
  EXPECT_EQ(read_yaml_text("a: \"\\0\""), "spec: a (line 1, column 4) has a NUL character, which is not accepted");
  EXPECT_EQ(read_yaml_text("a: \xff"), "spec: the document is not UTF-8 (line 1, column 4)");
}

TEST(YamlReader, ByteFourIsNotTheEndOfTheText) {
  EXPECT_EQ(
      read_yaml_text("a: 1\n\x04\nb: 2"),
      "spec: the document has the control character \"\\u0004\" (line 2, column 1), accepted are tab and line ends");
  EXPECT_EQ(
      read_yaml_text("a: \0"s),
      "spec: the document has the control character \"\\u0000\" (line 1, column 4), accepted are tab and line ends");
}

TEST(YamlReader, NamesThePlaceOfWhatIsNoYaml) {
  for (const char* bad : {"a: \"b", "a: 'b", "a: \"", "a: \"b\n...\n", "[1, 2", "{a: b", "a: b: c", "a:\n\t- b", "a: }",
                          "a: @b", "a: *x", "a: 'x' y", "%YAML 9.0\n---\na", "a: \"\\q\"", "!!", "&", "*"})
    EXPECT_EQ(read_yaml_text(bad).rfind("spec: the document is not YAML: ", 0), 0U)
        << bad << ": " << read_yaml_text(bad);
  EXPECT_EQ(read_yaml_text("a: b: c"), "spec: the document is not YAML: illegal map value (line 1, column 5)");
}

TEST(YamlReader, ShowsSafelyWhatYamlCppRepeats) {
  EXPECT_EQ(read_yaml_text("%YAML x\ry\n---\na: 1\n"),
            "spec: the document is not YAML: bad YAML version: x\\ry (line 1, column 1)");
}

TEST(YamlReader, KeepsItsLimits) {
  const std::string deep = std::string(33, '[') + std::string(33, ']');
  EXPECT_NE(read_yaml_text(deep).find("is nested too deep, accepted are at most 32 levels"), std::string::npos)
      << read_yaml_text(deep);
  EXPECT_EQ(read_yaml_text(std::string(100'000, '[')),
            "spec: the document is nested too deep, accepted are at most 32 levels");
  EXPECT_NE(read_yaml_text(std::string(100'000, '{')).find("spec: "), std::string::npos);
  EXPECT_EQ(read_yaml_text("[1, 2]", {.bytes = 6, .depth = 1, .values = 2}),
            "spec: [1] (line 1, column 5) is one value too many, accepted are at most 2");
  const auto too_large = read_yaml("[1]", "spec", {.bytes = 2, .depth = 1, .values = 3});
  ASSERT_TRUE(too_large.has_error());
  EXPECT_EQ(too_large.error().code, Errc::too_large);
}

TEST(YamlReader, NothingIsNull) {
  EXPECT_EQ(read_yaml_text(""), "null");
  EXPECT_EQ(read_yaml_text("# only a comment\n"), "null");
  EXPECT_EQ(read_yaml_text("---\n"), "null");
}

}  // namespace
}  // namespace stellwerk

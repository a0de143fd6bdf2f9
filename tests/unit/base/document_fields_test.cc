#include "base/document_fields.h"

#include <gtest/gtest.h>

#include <array>

#include "base/yaml_reader.h"

namespace stellwerk {
namespace {

constexpr std::array<std::string_view, 4> kKnown = {"count", "delay", "names", "ratio"};

TEST(DocFields, CollectsEveryFaultWithItsPlace) {
  const auto document = read_yaml("count: four\ncuont: 4\ndelay: soon\nnames: x\nratio: 2\n", "file", {});
  ASSERT_TRUE(document.has_value());
  DocFaults faults;
  const DocFields fields({&*document, ""}, kKnown, faults);
  EXPECT_EQ(read_whole(*fields.find("count"), 1, 9, faults), std::nullopt);
  EXPECT_EQ(read_duration_ms(*fields.find("delay"), 0, 1000, faults), std::nullopt);
  EXPECT_EQ(read_list(*fields.find("names"), 1, 3, "strings", faults), nullptr);
  EXPECT_EQ(read_number(*fields.find("ratio"), 0, 1.5, faults), std::nullopt);
  EXPECT_EQ(faults.error("file").text,
            "file has 5 faults: "
            "(1) cuont (line 2, column 1) is not a known field (did you mean count?), known are count, delay, names, "
            "ratio; "
            "(2) count is \"four\" (line 1, column 8), must be a whole number from 1 to 9; "
            "(3) delay is \"soon\" (line 3, column 8), must be a duration such as 500 ms, 10 s, 5 min, 1 h or 1 d (a "
            "bare number is ms), from 0 to 1000 ms; "
            "(4) names is \"x\" (line 4, column 8), must be a list of 1 to 3 strings; "
            "(5) ratio is 2 (line 5, column 8), must be a number from 0 to 1.5");
}

TEST(DocFields, AsksForWhatIsMissingOnlyOfObjects) {
  const DocValue object(DocValue::Object{});
  const DocValue text("x");
  DocFaults faults;
  EXPECT_FALSE(DocFields({&object, "a[0]"}, kKnown, faults).require("count", "a number"));
  EXPECT_FALSE(DocFields({&text, "a[1]"}, kKnown, faults).require("count", "a number"));
  EXPECT_EQ(faults.error("file").text,
            "file has 2 faults: (1) a[0].count is missing, must be a number; (2) a[1] is \"x\", must be an object");
}

TEST(DocFaults, KeepsTheFirstTwentyAndCountsTheRest) {
  DocFaults faults;
  EXPECT_TRUE(faults.empty());
  for (int i = 1; i <= 33; ++i) faults.add("fault " + std::to_string(i));
  EXPECT_EQ(faults.count(), 33U);
  const std::string text = faults.error("file").text;
  EXPECT_EQ(text.rfind("file has 33 faults: (1) fault 1; (2) fault 2; ", 0), 0U);
  EXPECT_NE(text.find("(20) fault 20; and 13 more"), std::string::npos);
  EXPECT_EQ(text.find("fault 21"), std::string::npos);
}

TEST(DocPaths, ShowOddKeysInQuotes) {
  EXPECT_EQ(member_path("", "name"), "name");
  EXPECT_EQ(member_path("a[1]", "at-most-one"), "a[1].at-most-one");
  EXPECT_EQ(member_path("a", "b c\n"), "a[\"b c\\n\"]");
  EXPECT_EQ(member_path("", ""), "[\"\"]");
  EXPECT_EQ(place_name(""), "the document");
}

TEST(ReadDuration, TakesTextAndMilliseconds) {
  DocFaults faults;
  const DocValue text("2 s");
  const DocValue number(std::int64_t{250});
  EXPECT_EQ(read_duration_ms({&text, "a"}, 0, 5000, faults), 2000);
  EXPECT_EQ(read_duration_ms({&number, "a"}, 0, 5000, faults), 250);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(read_duration_ms({&text, "a"}, 0, 1999, faults), std::nullopt);
  EXPECT_EQ(faults.count(), 1U);
}

}  // namespace
}  // namespace stellwerk

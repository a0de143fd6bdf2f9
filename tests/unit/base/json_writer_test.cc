#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace stellwerk {
namespace {

TEST(JsonWriterTest, SetsCommasOnly) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("a", 1).member("b", "x").key("c").begin_array().value(true).value(nullptr);
  out.begin_object().end_object().begin_array().end_array().raw("[7]").end_array();
  out.member("d", std::numeric_limits<std::int64_t>::min()).end_object();
  EXPECT_EQ(text, R"({"a":1,"b":"x","c":[true,null,{},[],[7]],"d":-9223372036854775808})");
}

TEST(JsonWriterTest, EscapesWhatStringsMustNotHold) {
  std::string text;
  append_json_string(text, "\"\\\n\t\x01\x7f/\xc3\xa4");
  EXPECT_EQ(text, "\"\\\"\\\\\\n\\u0009\\u0001\\u007f/\xc3\xa4\"");
  text.clear();
  append_json_string(text, "a\xff\xc3");
  EXPECT_EQ(text, "\"a??\"");
  text.clear();
  append_json_string(text, "");
  EXPECT_EQ(text, "\"\"");
}

}  // namespace
}  // namespace stellwerk

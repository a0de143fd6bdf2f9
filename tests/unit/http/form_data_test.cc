#include "http/form_data.h"

#include <gmock/gmock.h>

namespace stellwerk::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view kType = "multipart/form-data; boundary=XBOUND";

std::string part(const std::string& disposition, const std::string& content) {
  return "--XBOUND\r\nContent-Disposition: " + disposition + "\r\n\r\n" + content + "\r\n";
}
std::string form(const std::string& parts) {
  return parts + "--XBOUND--\r\n";
}
std::string fault(std::string_view type, std::string_view body) {
  const auto read = read_form_data(type, body);
  return read.has_error() ? read.error().text : "it was read";
}

TEST(FormData, AFileAndAFieldAreRead) {
  const std::string body =
      form(part("form-data; name=\"jarfile\"; filename=\"a b.jar\"\r\nContent-Type: x/y", "PK\r\n--XB") +
           part("form-data; name=note", ""));
  const auto parts = read_form_data(kType, body);
  ASSERT_TRUE(parts.has_value()) << parts.error().text;
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name, "jarfile");
  EXPECT_EQ((*parts)[0].file_name, "a b.jar");
  EXPECT_EQ((*parts)[0].content, "PK\r\n--XB");
  EXPECT_EQ((*parts)[1].name, "note");
  EXPECT_EQ((*parts)[1].file_name, std::nullopt);
  EXPECT_EQ((*parts)[1].content, "");
}

TEST(FormData, AFormWithoutPartsIsAForm) {
  const auto parts = read_form_data(kType, "--XBOUND--\r\n");
  ASSERT_TRUE(parts.has_value());
  EXPECT_TRUE(parts->empty());
}

TEST(FormData, NamesMayBeQuoted) {
  const std::string body = form(part(R"(form-data; name="a\"b"; filename="C:\dir\x.zip")", "1"));
  const auto parts = read_form_data("Multipart/Form-Data; charset=utf-8; boundary=\"XBOUND\"", body);
  ASSERT_TRUE(parts.has_value()) << parts.error().text;
  EXPECT_EQ((*parts)[0].name, "a\"b");
  EXPECT_EQ((*parts)[0].file_name, R"(C:\dir\x.zip)") << "browsers do not escape backslashes";
}

TEST(FormData, WhatIsNoFormIsNamed) {
  const std::string good = form(part("form-data; name=a", "1"));
  EXPECT_THAT(fault("multipart/form-data", good), HasSubstr("boundary"));
  EXPECT_THAT(fault("multipart/form-data; boundary=" + std::string(71, 'x'), good), HasSubstr("70"));
  EXPECT_THAT(fault("multipart/mixed; boundary=XBOUND", good), HasSubstr("multipart/mixed"));
  EXPECT_THAT(fault("multipart/form-data; boundary=other", good), HasSubstr("begin with its boundary"));
  EXPECT_THAT(fault(kType, ""), HasSubstr("begin with its boundary"));
  EXPECT_THAT(fault(kType, good.substr(0, good.size() - 14)), HasSubstr("cut off"));
  EXPECT_THAT(fault(kType, form("--XBOUND\r\n\r\n1\r\n")), HasSubstr("header"));
  EXPECT_THAT(fault(kType, form("--XBOUND\r\nA: b\r\n\r\n1\r\n")), HasSubstr("Content-Disposition"));
  EXPECT_THAT(fault(kType, form(part("attachment; name=a", "1"))), HasSubstr("form-data and name"));
  EXPECT_THAT(fault(kType, form(part("form-data; filename=a", "1"))), HasSubstr("form-data and name"));
  EXPECT_THAT(fault(kType, form(part("form-data; name=\"a", "1"))), HasSubstr("form-data and name"));
  EXPECT_THAT(fault(kType, "--XBOUNDx" + good), HasSubstr("line of its own"));
  EXPECT_THAT(fault(kType, form(part("form-data; name=a; x=" + std::string(9000, 'x'), "1"))), HasSubstr("8192"));
}

TEST(FormData, PartsAreBounded) {
  std::string parts;
  for (std::size_t i = 0; i < kFormPartsMax; ++i) parts += part("form-data; name=a", "1");
  EXPECT_EQ(read_form_data(kType, form(parts))->size(), kFormPartsMax);
  EXPECT_THAT(fault(kType, form(parts + part("form-data; name=a", "1"))), HasSubstr("32 parts"));
}

}  // namespace
}  // namespace stellwerk::http

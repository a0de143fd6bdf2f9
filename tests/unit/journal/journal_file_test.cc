#include "journal/journal_file.h"

#include <gtest/gtest.h>

#include <boost/crc.hpp>

#include "journal/crc32c.h"

namespace stellwerk::journal {
namespace {

using model::Record;

FileHeader header() {
  FileHeader h;
  h.cluster = "00000000-0000-4000-8000-000000000000";
  h.at = {7, 42};
  h.previous = {6, 41};
  return h;
}

const std::vector<Record> kRecords{Record::put("jobs/a/spec", "{\"n\":1}"), Record::erase("jobs/b/spec"),
                                   Record::put("jobs/c/state", "{\"s\":\"CREATED\"}")};

TEST(Crc32c, IsTheCastagnoliOneInBothForms) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += static_cast<char>(i * 7);
    boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> oracle;
    oracle.process_bytes(text.data(), text.size());
    ASSERT_EQ(crc32c(text), oracle.checksum());
    ASSERT_EQ(crc32c_portable(text), oracle.checksum());
  }
}

/// The format is a contract with every other version: these bytes may never change.
TEST(JournalFile, SegmentHasItsGoldenForm) {
  const std::string golden =
      "{\"kind\":\"segment\",\"layout\":1,\"cluster\":\"00000000-0000-4000-8000-000000000000\",\"epoch\":7,\"seq\":42,"
      "\"previous\":\"6-41\",\"records\":3,\"keys\":[\"jobs/a/spec\",\"jobs/b/spec\",\"jobs/c/state\"]}";
  const std::string bytes = encode_segment(header(), kRecords);
  EXPECT_EQ(bytes.substr(9, golden.size()), golden);
  EXPECT_NE(bytes.find(" jobs/a/spec {\"op\":\"put\",\"value\":{\"n\":1}}\n"), std::string::npos);
  EXPECT_NE(bytes.find(" jobs/b/spec {\"op\":\"delete\"}\n"), std::string::npos);
  EXPECT_TRUE(bytes.ends_with(golden + "\n"));
  const auto file = decode_file("f", bytes);
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->whole());
  EXPECT_EQ(file->records, kRecords);
  EXPECT_EQ(file->header.previous, (model::Position{6, 41}));
}

TEST(JournalFile, EveryFlippedByteIsNoticedAndNamed) {
  const std::string bytes = encode_segment(header(), kRecords);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string bad = bytes;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto file = decode_file("f", bad);
    ASSERT_TRUE(file.has_value()) << i << ": one copy of the header is always whole";
    const bool in_headers = file->header == decode_file("f", bytes)->header && file->whole();
    if (!in_headers) {
      for (const auto& damage : file->damaged) EXPECT_FALSE(damage.key.empty()) << i;
    }
    // Whatever is still served is what was written.
    for (const auto& record : file->records)
      EXPECT_NE(std::find(kRecords.begin(), kRecords.end(), record), kRecords.end()) << i;
    EXPECT_EQ(file->records.size() + file->damaged.size(), kRecords.size()) << i;
  }
}

TEST(JournalFile, ATornFileTellsWhatItLacks) {
  const std::string bytes = encode_segment(header(), kRecords);
  const std::size_t first_line = bytes.find('\n') + 1;
  for (std::size_t size = first_line; size < bytes.size(); ++size) {
    const auto file = decode_file("f", bytes.substr(0, size));
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->records.size() + file->damaged.size(), kRecords.size()) << size;
  }
  EXPECT_TRUE(decode_file("f", "").has_error());
  EXPECT_TRUE(decode_file("f", bytes.substr(0, 20)).has_error());
}

TEST(JournalFile, ANewerLayoutIsNotRead) {
  std::string text = "{\"kind\":\"segment\",\"layout\":2}";
  char crc[10];
  std::snprintf(crc, sizeof crc, "%08x ", crc32c(text));
  const auto file = decode_file("f", crc + text + "\n");
  ASSERT_TRUE(file.has_error());
  EXPECT_EQ(file.error().code, Errc::not_supported);
}

TEST(JournalFile, SnapshotIsAFunctionOfTheState) {
  RecordTable one;
  RecordTable two;
  one.put("a", std::make_shared<const std::string>("1"));
  one.put("b", std::make_shared<const std::string>("2"));
  two.put("b", std::make_shared<const std::string>("2"));
  two.put("c", std::make_shared<const std::string>("3"));
  two.put("a", std::make_shared<const std::string>("1"));
  two.erase("c");
  EXPECT_EQ(encode_snapshot(header(), one), encode_snapshot(header(), two));
}

TEST(JournalFile, ADamagedLineIsReadUnprovenIfItStillReadsAsARecord) {
  FileHeader header;
  header.cluster = "c";
  header.at = {1, 2};
  std::string bytes =
      encode_segment(header, {model::Record::put("jobs/a/spec", "{\"v\":1}"), model::Record::erase("x")});
  EXPECT_FALSE(read_unproven(bytes, "jobs/a/spec")) << "a line that is whole is no matter of opinion";
  bytes[bytes.find("jobs/a/spec {") - 9] ^= 1;
  const auto read = read_unproven(bytes, "jobs/a/spec");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read->value, "{\"v\":1}");
  EXPECT_FALSE(read_unproven(bytes, "jobs/b/spec"));
  bytes[bytes.find("\"v\":1}")] = '(';
  EXPECT_FALSE(read_unproven(bytes, "jobs/a/spec")) << "no JSON any more";
}

}  // namespace
}  // namespace stellwerk::journal

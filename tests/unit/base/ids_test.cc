#include "base/ids.h"

#include <gtest/gtest.h>

namespace stellwerk {
namespace {

TEST(JobId, MintedIdsCarryTheirTimeAndSortByIt) {
  const JobId older = JobId::mint(1795243809051, {~0ULL, ~0ULL});
  const JobId newer = JobId::mint(1795243809052, {0, 0});
  EXPECT_EQ(older.text().size(), 32U);
  EXPECT_EQ(older.minted_ms(), 1795243809051);
  EXPECT_LT(older, newer);
}

TEST(JobId, ParsesEitherCaseAndNamesWhatIsWrong) {
  EXPECT_EQ(JobId::parse("FD72014D4C864993A2E5A9287B4A9C5D")->text(), "fd72014d4c864993a2e5a9287b4a9c5d");
  const auto bad = JobId::parse("xyz");
  ASSERT_TRUE(bad.has_error());
  EXPECT_EQ(bad.error().text,
            "Cannot parse JobID from \"xyz\". The expected format is [0-9a-fA-F]{32}, e.g. "
            "fd72014d4c864993a2e5a9287b4a9c5d");
  EXPECT_TRUE(JobId::parse(std::string(33, 'a')).has_error());
}

TEST(Uuid, HasVersionAndVariant) {
  const std::string uuid = make_uuid({0, 0});
  EXPECT_EQ(uuid, "00000000-0000-4000-8000-000000000000");
  EXPECT_TRUE(is_uuid(uuid));
  EXPECT_FALSE(is_uuid("00000000-0000-4000-8000-00000000000"));
}

}  // namespace
}  // namespace stellwerk

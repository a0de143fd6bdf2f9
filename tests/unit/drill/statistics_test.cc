#include "drill/statistics.h"

#include <gtest/gtest.h>

namespace stellwerk::drill {
namespace {

TEST(StatisticsTest, NothingToSumUp) {
  EXPECT_FALSE(summarize({}));
  EXPECT_EQ(render_chart({}, 20), "");
}

TEST(StatisticsTest, EachFigureWasMeasured) {
  const auto few = summarize({30, 10, 20});
  ASSERT_TRUE(few);
  EXPECT_EQ(few->count, 3u);
  EXPECT_EQ(few->least, 10);
  EXPECT_EQ(few->median, 20);
  EXPECT_EQ(few->p99, 30);
  EXPECT_EQ(few->most, 30);
  std::vector<double> many;
  for (int i = 1; i <= 1000; ++i) many.push_back(i);
  EXPECT_EQ(summarize(many)->median, 500);
  EXPECT_EQ(summarize(many)->p99, 990);
}

TEST(StatisticsTest, MillisecondsInFewDigits) {
  EXPECT_EQ(short_number_of_ms(0.84), "0.8");
  EXPECT_EQ(short_number_of_ms(12.4), "12");
  EXPECT_EQ(short_number_of_ms(3456.7), "3457");
}

TEST(StatisticsTest, AChartHasALineForEachDoubling) {
  EXPECT_EQ(render_chart({1.5, 5, 6, 7, 7.5}, 8),
            "      1 to 2       ms \u2588\u2588 1\n"
            "      2 to 4       ms 0\n"
            "      4 to 8       ms \u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588 4\n");
}

TEST(StatisticsTest, WhatIsRareIsStillSeen) {
  std::vector<double> samples(1000, 1.0);
  samples.push_back(3);
  EXPECT_EQ(render_chart(samples, 2), "      1 to 2       ms \u2588\u2588 1000\n      2 to 4       ms \u2588 1\n");
}

}  // namespace
}  // namespace stellwerk::drill

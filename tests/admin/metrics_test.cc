#include "admin/metrics.h"

#include <gtest/gtest.h>

namespace mail::admin {
namespace {

TEST(MetricsCommandTest, MakesRecordsOfSamples) {
  EXPECT_EQ(to_json(sample_record(
                R"(staunch_connections_total{program="smtpd",socket="smtp"} 6)")),
            R"({"name":"staunch_connections_total","program":"smtpd",)"
            R"("socket":"smtp","value":6})");
  EXPECT_EQ(to_json(sample_record(R"(a_sum{program="smtpd"} 0.25)")),
            R"({"name":"a_sum","program":"smtpd","value":"0.25"})");
}

TEST(MetricsCommandTest, PassesOverComments) {
  EXPECT_TRUE(sample_record("# HELP a b").empty());
  EXPECT_TRUE(sample_record("").empty());
}

}  // namespace
}  // namespace mail::admin

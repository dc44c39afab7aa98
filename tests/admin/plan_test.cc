#include "admin/plan.h"

#include "config/load.h"
#include "dns/local_records.h"

namespace mail::admin {
namespace {

TEST(PlanTest, WritesSettingsThatParse) {
  const Plan plan{"/x", "example.test", 20'000};
  const auto settings = config::parse(settings_text(plan));
  ASSERT_TRUE(settings) << settings.error().why;
  EXPECT_EQ(settings->hostname, "mail.example.test");
  EXPECT_EQ(settings->connections_for.at(0), "127.0.0.1=5000");
  std::map<std::string, int> ports;
  for (const config::Listen& listen : settings->listen) {
    EXPECT_EQ(listen.address, "127.0.0.1");
    ports[listen.name] = listen.port;
  }
  EXPECT_EQ(ports["smtp"], 20'025);
  EXPECT_EQ(ports["imaps"], 20'993);
}

TEST(PlanTest, WritesRecordsThatParse) {
  auto records =
      dns::LocalRecords::parse(records_text({"/x", "example.test", 10'000}));
  ASSERT_TRUE(records) << records.error().why;
  EXPECT_EQ((*records)->mx("example.test").records.at(0).host,
            "mail.example.test");
  EXPECT_EQ((*records)->a("mail.example.test").records.at(0), "127.0.0.1");
}

}  // namespace
}  // namespace mail::admin

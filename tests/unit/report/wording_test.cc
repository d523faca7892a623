#include "report/wording.h"

#include <gtest/gtest.h>

#include <limits>

#include "sample_reports.h"

namespace cleanslate {
namespace {

TEST(Wording, CountsBytesAsPeopleDo) {
  EXPECT_EQ(HumanBytes(0), "0 bytes");
  EXPECT_EQ(HumanBytes(1), "1 byte");
  EXPECT_EQ(HumanBytes(1023), "1023 bytes");
  EXPECT_EQ(HumanBytes(1024), "1.0 KB");
  EXPECT_EQ(HumanBytes(4210), "4.1 KB");
  EXPECT_EQ(HumanBytes(1024 * 1024 - 1), "1.0 MB");
  EXPECT_EQ(HumanBytes(-2048), "-2.0 KB");
  EXPECT_EQ(HumanBytes(std::numeric_limits<std::int64_t>::max()), "8.0 EB");
}

TEST(Wording, KnowsOneFromMany) {
  EXPECT_EQ(Counted(0, "file"), "0 files");
  EXPECT_EQ(Counted(1, "file"), "1 file");
  EXPECT_EQ(Counted(2, "process", "processes"), "2 processes");
}

TEST(Wording, CountsWhatWasLeftOut) {
  Report report;
  EXPECT_EQ(SurvivedSentence(report), "");
  report.survived.files.resize(2);
  report.left_out["files"] = 40;
  EXPECT_EQ(SurvivedSentence(report), "42 files");
}

TEST(Wording, TellsTheBaseline) {
  Report report;
  report.type = ReportType::kInit;
  report.live = {2048, 3, 4, 0, 0, 1, 0};
  EXPECT_EQ(MessageOf(report),
            "cleanslate: init: baseline of heap 2.0 KB in 3 blocks, 4 descriptors, 0 files");
}

}  // namespace
}  // namespace cleanslate

#include "analysis/pattern.h"

#include <string>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

TEST(PathPattern, ReplacesWhatIsDrawnAnew) {
  EXPECT_EQ(PathPattern("/tmp/upload-1234-ab12cd34.bin"), "/tmp/upload-*.bin");
  EXPECT_EQ(PathPattern("/tmp/8f5e0c1e-4b7a-4f7e-9a59-3f1d0c2b7a11/page.html"), "/tmp/*/page.html");
  EXPECT_EQ(PathPattern("/tmp/report-deadbeef-dead-beef-dead-beefdeadbeef.html"), "/tmp/report-*.html");
  EXPECT_EQ(PathPattern("/tmp/a-1"), "/tmp/a-*");
  EXPECT_EQ(PathPattern("/tmp/2026-11-23T20:15:00.txt"), "/tmp/*T*.txt");
  EXPECT_EQ(PathPattern("/tmp/core.chromium.4711"), "/tmp/core.chromium.*");
  EXPECT_EQ(PathPattern("/tmp/image7.png"), "/tmp/image*.png");
  EXPECT_EQ(PathPattern("/tmp/Report2.pdf"), "/tmp/Report*.pdf");
}

TEST(PathPattern, KnowsHowTemporaryNamesAreDrawn) {
  EXPECT_EQ(PathPattern("/tmp/tmpk3v_x8q1"), "/tmp/tmp*");          // Python
  EXPECT_EQ(PathPattern("/tmp/tmpabcdefgh"), "/tmp/tmp*");          // Python, by chance all letters
  EXPECT_EQ(PathPattern("/tmp/tmpabcdefgh.csv"), "/tmp/tmp*.csv");  // Python with a suffix
  EXPECT_EQ(PathPattern("/tmp/report-aB3xY9"), "/tmp/report-*");    // mkdtemp(3), Node.js
  EXPECT_EQ(PathPattern("/tmp/report-axcXsN"), "/tmp/report-*");    // the same, with letters alone
  EXPECT_EQ(PathPattern("/tmp/report-Orders"), "/tmp/report-Orders");
  EXPECT_EQ(PathPattern("/tmp/MyFile"), "/tmp/MyFile");
  EXPECT_EQ(PathPattern("/tmp/report-aBcDeF"), "/tmp/report-*");                 // by chance no digit
  EXPECT_EQ(PathPattern("/tmp/page1234567890123456789.tmp"), "/tmp/page*.tmp");  // Java
}

TEST(PathPattern, LeavesNamesAlone) {
  for (const char* path :
       {"/tmp/cache.json", "/var/task/prices.csv", "/tmp", "/", "", "/tmp/MyReportFile", "/tmp/temporary",
        "/tmp/README", "/tmp/.hidden", "relative/name", "/tmp//double", "/tmp/trailing/"})
    EXPECT_EQ(PathPattern(path), path);
}

TEST(PathPattern, IsItsOwnPattern) {
  for (const char* path : {"/tmp/upload-1234-ab12cd34.bin", "/tmp/a1b2c3d4/x", "/tmp/v2.tar"})
    EXPECT_EQ(PathPattern(PathPattern(path)), PathPattern(path));
}

TEST(PathPattern, TakesAnyBytes) {
  EXPECT_EQ(PathPattern("/tmp/\xff\n\x01*-7"), "/tmp/\xff\n\x01*");
  EXPECT_EQ(PathPattern(std::string(5000, '7')), "*");
}

TEST(FolderPattern, KeepsTheExtension) {
  EXPECT_EQ(FolderPattern("/tmp/alice.json"), "/tmp/*.json");
  EXPECT_EQ(FolderPattern("/tmp/job-7/alice"), "/tmp/job-*/*");
  EXPECT_EQ(FolderPattern("/tmp/.bashrc"), "/tmp/*");
  EXPECT_EQ(FolderPattern("/tmp/core.4711"), "/tmp/*");
}

Descriptor Socket(std::string local, std::string peer, std::string state = "ESTABLISHED") {
  Descriptor socket;
  socket.kind = DescriptorKind::kSocket;
  socket.target = "socket:[4711]";
  socket.local = std::move(local);
  socket.peer = std::move(peer);
  socket.state = std::move(state);
  return socket;
}

TEST(DescriptorPattern, NamesTheOtherEnd) {
  EXPECT_EQ(DescriptorPattern(Socket("tcp 10.0.0.1:41000", "tcp 10.0.0.7:5432")), "tcp 10.0.0.7:5432");
  EXPECT_EQ(DescriptorPattern(Socket("tcp 10.0.0.1:41001", "tcp 10.0.0.7:5432")), "tcp 10.0.0.7:5432");
  EXPECT_EQ(DescriptorPattern(Socket("tcp 10.0.0.1:8080", "tcp 10.0.0.7:51000")),
            "tcp 10.0.0.1:8080 (accepted)");
  EXPECT_EQ(DescriptorPattern(Socket("tcp 0.0.0.0:8080", "", "LISTEN")), "tcp 0.0.0.0:8080 (listening)");
  EXPECT_EQ(DescriptorPattern(Socket("udp 0.0.0.0:41000", "", "")), "udp (unconnected)");
  EXPECT_EQ(DescriptorPattern(Socket("", "unix /tmp/server-4711.sock", "")), "unix /tmp/server-*.sock");
  EXPECT_EQ(DescriptorPattern(Socket("", "", "")), "socket");
}

TEST(DescriptorPattern, NamesFilesByTheirPattern) {
  Descriptor file;
  file.kind = DescriptorKind::kFile;
  file.target = "/tmp/upload-17.bin";
  EXPECT_EQ(DescriptorPattern(file), "/tmp/upload-*.bin");
  file.kind = DescriptorKind::kPipe;
  file.target = "pipe:[77]";
  EXPECT_EQ(DescriptorPattern(file), "pipe");
  file.kind = DescriptorKind::kEventPoll;
  file.target = "anon_inode:[eventpoll]";
  EXPECT_EQ(DescriptorPattern(file), "anon_inode:[eventpoll]");
}

TEST(CommonPattern, KeepsWhatIsShared) {
  EXPECT_EQ(CommonPattern("/tmp/a", "/tmp/a"), "/tmp/a");
  EXPECT_EQ(CommonPattern("/srv/data/alice.db", "/srv/data/alina.db"), "/srv/data/*");
  EXPECT_EQ(CommonPattern("tcp 52.1.2.3:443", "tcp 54.9.8.7:443"), "tcp *:443");
  EXPECT_EQ(CommonPattern("tcp *:443", "tcp 54.9.8.7:443"), "tcp *:443");
  EXPECT_EQ(CommonPattern("", "/tmp/a"), "*");
}

}  // namespace
}  // namespace cleanslate

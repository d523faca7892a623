#include "probe/python/packages.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cleanslate {
namespace {

TEST(PythonPackagesTest, TellsTheUsersFilesFromInstalledOnes) {
  const std::filesystem::path root =
      std::filesystem::path(testing::TempDir()) / ("packages" + std::to_string(getpid()));
  std::filesystem::create_directories(root / "requests-2.0.dist-info");
  std::ofstream(root / "requests-2.0.dist-info/RECORD")
      << "requests/__init__.py,sha256=abc,123\r\nsix.py,,\n../bin/tool,,\n\"odd,name/__init__.py\",,\n";
  PythonPackages packages(root.string() + "/");
  const std::string at = root.string() + "/";
  EXPECT_EQ(packages.OwnPath(at + "app.py"), "app.py");
  EXPECT_EQ(packages.OwnPath(at + "lib/store.py"), "lib/store.py");
  EXPECT_EQ(packages.OwnPath(at + "requests/sessions.py"), "");
  EXPECT_EQ(packages.OwnPath(at + "six.py"), "");
  EXPECT_EQ(packages.OwnPath(at + ".venv/lib/python3.11/site-packages/a.py"), "");
  EXPECT_EQ(packages.OwnPath(at + "runtime/lib/python3.11/json/__init__.py"), "");
  EXPECT_EQ(packages.OwnPath("/usr/lib/python3.11/json/__init__.py"), "");
  EXPECT_EQ(packages.OwnPath(root.string() + "er/app.py"), "");
  EXPECT_EQ(packages.OwnPath(""), "");
  std::filesystem::remove_all(root);
}

TEST(PythonPackagesTest, WithoutARootNothingIsTheUsers) {
  for (const char* root : {"", "/"}) EXPECT_EQ(PythonPackages(root).OwnPath("/srv/app.py"), "") << root;
}

}  // namespace
}  // namespace cleanslate

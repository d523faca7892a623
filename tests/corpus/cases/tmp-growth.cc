#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

#include "native_case.h"

using corpus::Check;
using corpus::Event;
using corpus::TmpPath;

OUTLINE void Write(const std::string& path, std::size_t bytes) {
  std::ofstream(path, std::ios::binary) << std::string(bytes, 'x');
}

// expect: tmp-growth
HANDLER leaky_file_for_each_call(const Event& event) {
  Write(TmpPath("order-" + std::to_string(event.number) + ".json"), 500);
  return "done";
}

// expect: tmp-growth *audit.log
HANDLER leaky_log_that_is_appended_to(const Event& event) {
  std::ofstream(TmpPath("audit.log"), std::ios::app) << event.customer << '\n';
  return "done";
}

// expect: tmp-growth
HANDLER leaky_temporary_file(const Event& event) {
  std::string path = TmpPath("batch-XXXXXX");
  const int fd = mkstemp(path.data());
  Check(fd >= 0 && write(fd, event.customer.data(), event.customer.size()) > 0, "no temporary file");
  close(fd);
  return "done";
}

// expect: tmp-growth
HANDLER leaky_folder_for_each_call(const Event& event) {
  std::string folder = TmpPath("work-XXXXXX");
  Check(mkdtemp(folder.data()) != nullptr, "no folder");
  Write(folder + "/in.csv", static_cast<std::size_t>(event.rows));
  Write(folder + "/out.csv", static_cast<std::size_t>(event.rows));
  return "done";
}

// expect: tmp-growth
// with: n=40
HANDLER leaky_deleted_on_success_only(const Event& event) {
  const std::string path = TmpPath("upload-" + std::to_string(event.number));
  Write(path, static_cast<std::size_t>(event.rows) * 100);
  if (event.number % 4 == 3) return "failed";
  unlink(path.c_str());
  return "done";
}

// The old state is kept under another name, each time.
// expect: tmp-growth
HANDLER leaky_backups(const Event& event) {
  const std::string path = TmpPath("state.db");
  if (access(path.c_str(), F_OK) == 0)
    std::rename(path.c_str(), (path + "." + std::to_string(event.number)).c_str());
  Write(path, 2000);
  return "done";
}

// expect: tmp-growth
HANDLER leaky_socket_file(const Event& event) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  TmpPath("ipc-" + std::to_string(event.number)).copy(name.sun_path, sizeof(name.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Check(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0, "can't bind");
  close(fd);  // its name stays
  return "done";
}

// A file that is written to at ever later places.
// expect: tmp-growth *journal
HANDLER leaky_journal_of_a_mapping(const Event& event) {
  const int fd = open(TmpPath("journal").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  Check(pwrite(fd, &event.rows, sizeof(event.rows), off_t{event.number} * 5000) > 0, "can't write");
  close(fd);
  return "done";
}

// clean of: tmp-growth
HANDLER clean_deleted(const Event& event) {
  const std::string path = TmpPath("order-" + std::to_string(event.number) + ".json");
  Write(path, 500);
  std::ifstream(path).get();
  unlink(path.c_str());
  return "done";
}

// Larger or smaller, but always the same.
// clean of: tmp-growth
HANDLER clean_written_over(const Event& event) {
  Write(TmpPath("latest.json"), static_cast<std::size_t>(event.rows) * 10);
  return "done";
}

// clean of: tmp-growth
HANDLER clean_renamed_over(const Event& event) {
  const std::string path = TmpPath("latest.json");
  Write(path + ".new", static_cast<std::size_t>(event.rows) * 10);
  std::rename((path + ".new").c_str(), path.c_str());
  return "done";
}

// clean of: tmp-growth
HANDLER clean_file_without_a_name(const Event& event) {
  std::FILE* file = std::tmpfile();
  Check(file != nullptr && std::fputs(event.customer.c_str(), file) >= 0, "no temporary file");
  std::fclose(file);
  return "done";
}

// clean of: tmp-growth
HANDLER clean_folder_removed(const Event& event) {
  std::string folder = TmpPath("work-XXXXXX");
  Check(mkdtemp(folder.data()) != nullptr, "no folder");
  Write(folder + "/in.csv", static_cast<std::size_t>(event.rows));
  std::filesystem::create_directory(folder + "/sub");
  Write(folder + "/sub/out.csv", static_cast<std::size_t>(event.rows));
  std::filesystem::remove_all(folder);
  return "done";
}

// clean of: tmp-growth
HANDLER clean_ring_of_three(const Event& event) {
  Write(TmpPath("slot-" + std::to_string(event.number % 3)), 1000);
  return "done";
}

// clean of: tmp-growth
// with: events=rotating
HANDLER clean_cache_of_three_customers(const Event& event) {
  const std::string path = TmpPath(event.customer + ".cache");
  if (access(path.c_str(), F_OK) != 0) Write(path, 3000);
  return "done";
}

// Emptied for each call.
// clean of: tmp-growth
HANDLER clean_log_truncated(const Event& event) {
  std::ofstream log(TmpPath("trace.log"), std::ios::trunc);
  for (int row = 0; row < event.rows; ++row) log << "row\n";
  return "done";
}

// clean of: tmp-growth
// with: n=40
HANDLER clean_deleted_on_each_way(const Event& event) {
  const std::string path = TmpPath("upload-" + std::to_string(event.number));
  Write(path, static_cast<std::size_t>(event.rows) * 100);
  unlink(path.c_str());
  return event.number % 4 == 3 ? "failed" : "done";
}

// Its names turn over: two old ones go when two new ones come.
// clean of: tmp-growth
HANDLER clean_oldest_deleted(const Event& event) {
  Write(TmpPath("page-" + std::to_string(event.number)), 700);
  unlink(TmpPath("page-" + std::to_string(event.number - 2)).c_str());
  return "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}

#include "native_witness.h"

#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <set>

namespace corpus {
namespace {

using Texts = std::vector<std::string>;

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < ' ' ? '?' : c;
  }
  return quoted + '"';
}
std::string List(Texts texts) {
  std::sort(texts.begin(), texts.end());
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? "," : "") + Quoted(text);
  return list + "]";
}
std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
Texts Names(const std::string& folder) {
  Texts names;
  DIR* const opened = opendir(folder.c_str());
  if (opened == nullptr) return names;
  while (const dirent* entry = readdir(opened))
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
      names.emplace_back(entry->d_name);
  closedir(opened);
  return names;
}
Texts Words(const std::string& text) {
  Texts words;
  for (std::size_t end = 0, at; (at = text.find_first_not_of(" \n\t", end)) != std::string::npos;) {
    end = text.find_first_of(" \n\t", at);
    words.push_back(text.substr(at, end - at));
    if (end == std::string::npos) break;
  }
  return words;
}

Texts Descriptors() {
  Texts found;
  for (const std::string& fd : Names("/proc/self/fd")) {
    char target[4096];
    const ssize_t length = readlink(("/proc/self/fd/" + fd).c_str(), target, sizeof(target));
    if (length > 0) found.emplace_back(target, static_cast<std::size_t>(length));
  }
  return found;
}
Texts ClosedByPeer(const Texts& descriptors) {
  Texts found;
  const std::string table = Content("/proc/self/net/tcp");
  for (std::size_t at = 0; at < table.size(); at = std::min(table.find('\n', at), table.size() - 1) + 1) {
    const Texts words = Words(table.substr(at, table.find('\n', at) - at));
    if (words.size() < 10 || words[3] != "08") continue;
    if (std::count(descriptors.begin(), descriptors.end(), "socket:[" + words[9] + "]") > 0)
      found.push_back(words[9]);
  }
  return found;
}
Texts Children() {
  Texts found;
  for (const std::string& task : Names("/proc/self/task"))
    for (std::string& child : Words(Content("/proc/self/task/" + task + "/children")))
      found.push_back(std::move(child));
  return found;
}
std::string Line(const std::string& status, const std::string& key) {
  const std::size_t at = status.find("\n" + key + ":");
  const Texts words = at == std::string::npos ? Texts() : Words(status.substr(at + key.size() + 2, 40));
  return words.empty() ? "" : words[0];
}
std::string Environment() {
  std::string found = "{";
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = std::min(text.find('='), text.size());
    found += (found.size() > 1 ? "," : "") + Quoted(text.substr(0, equals)) + ":" +
             Quoted(equals < text.size() ? text.substr(equals + 1) : "");
  }
  return found + "}";
}
std::string Handlers() {
  Texts found;
  for (int number = 1; number < 32; ++number) {
    struct sigaction action = {};
    sigaction(number, nullptr, &action);
    const auto code = reinterpret_cast<std::size_t>(action.sa_handler);
    // The flags of a signal without a handler mean nothing.
    const int flags = action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN ? 0 : action.sa_flags;
    found.push_back(std::to_string(100 + number) + " " + std::to_string(code) + " " + std::to_string(flags));
  }
  return List(found);
}
std::string Timers() {
  std::string found = "[";
  for (const __itimer_which kind : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    itimerval value = {};
    getitimer(kind, &value);
    found += value.it_value.tv_sec > 0 || value.it_value.tv_usec > 0 ? "true," : "false,";
  }
  bool armed = false;
  const std::string timers = Content("/proc/self/timers");
  for (std::size_t at = 0; (at = timers.find("ID: ", at)) != std::string::npos; at += 4) {
    itimerspec value = {};
    syscall(SYS_timer_gettime, std::atoi(timers.c_str() + at + 4), &value);
    armed = armed || value.it_value.tv_sec > 0 || value.it_value.tv_nsec > 0;
  }
  for (const std::string& fd : Names("/proc/self/fdinfo")) {
    const std::string about = Content("/proc/self/fdinfo/" + fd);
    const std::size_t at = about.find("it_value: (");
    armed = armed || (at != std::string::npos && about.compare(at + 11, 5, "0, 0)") != 0);
  }
  return found + (armed ? "true]" : "false]");
}
void AddFiles(const std::string& folder, std::string& found) {
  for (const std::string& name : Names(folder)) {
    const std::string path = folder + "/" + name;
    struct stat about = {};
    if (lstat(path.c_str(), &about) != 0) continue;
    const bool is_folder = S_ISDIR(about.st_mode);
    const long long nanoseconds = about.st_mtim.tv_sec * 1000000000LL + about.st_mtim.tv_nsec;
    found += (found.size() > 1 ? "," : "") + Quoted(path) + ":[" +
             std::to_string(is_folder ? 0 : about.st_size) + "," +
             std::to_string(is_folder ? 0 : nanoseconds) + "]";
    if (is_folder) AddFiles(path, found);
  }
}

int OfProgram(dl_phdr_info* object, std::size_t, void* data) {
  auto& [values, found] = *static_cast<std::pair<const Texts*, Texts*>*>(data);
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
    const auto* start = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);
    for (const std::string& value : *values)
      if (!value.empty() && memmem(start, segment.p_memsz, value.data(), value.size()) != nullptr)
        found->push_back(value);
  }
  return 1;  // the program is the first object
}
std::string Static(const Texts& values) {
  Texts found;
  std::pair<const Texts*, Texts*> data(&values, &found);
  dl_iterate_phdr(&OfProgram, &data);
  return List(found);
}

}  // namespace

Witness::Witness() {
  const char* setting = std::getenv("WITNESS");
  const char* colon = setting != nullptr ? std::strrchr(setting, ':') : nullptr;
  if (colon == nullptr) return;
  notes_ = colon + 1;
  // So that mallinfo2 counts what is freed as free; GLIBC_TUNABLES=glibc.malloc.tcache_count=0 does the rest.
  mallopt(M_MXFAST, 0);
}

void Witness::Before(const std::vector<std::string>& values) {
  if (notes_.empty()) return;
  Write("[" + Picture() + ",");
  values_ = values;
}

void Witness::After() {
  if (!notes_.empty()) Write(Picture() + "]\n");
}

// At once: a picture that is kept would be in the next one's heap.
void Witness::Write(const std::string& text) const {
  std::FILE* file = std::fopen(notes_.c_str(), "ae");
  if (file == nullptr || std::fputs(text.c_str(), file) < 0 || std::fclose(file) != 0) std::abort();
}

std::string Witness::Picture() const {
  const struct mallinfo2 memory = mallinfo2();  // before the picture itself takes any
  const std::string status = Content("/proc/self/status");
  Texts files, sockets;
  const Texts descriptors = Descriptors();
  for (const std::string& name : descriptors) (name.starts_with("socket:") ? sockets : files).push_back(name);
  char folder[4096] = "";
  if (getcwd(folder, sizeof(folder)) == nullptr) folder[0] = '\0';
  std::string tmp = "{";
  const char* tmp_folder = std::getenv("TMPDIR");
  if (tmp_folder != nullptr) AddFiles(tmp_folder, tmp);
  // uselocale(3) tells of this thread, setlocale(3) of all.
  const bool own_locale = uselocale(nullptr) != LC_GLOBAL_LOCALE;
  return "{\"files\":" + List(files) + ",\"sockets\":" + List(sockets) +
         ",\"closed by peer\":" + List(ClosedByPeer(descriptors)) +
         ",\"threads\":" + List(Names("/proc/self/task")) + ",\"children\":" + List(Children()) +
         ",\"environment\":" + Environment() + ",\"folder\":" + Quoted(folder) +
         ",\"umask\":" + Quoted(Line(status, "Umask")) +
         ",\"signals\":" + List({Line(status, "SigCgt"), Line(status, "SigIgn"), Line(status, "SigBlk")}) +
         ",\"handlers\":" + Handlers() +
         ",\"locale\":" + Quoted(std::string(std::setlocale(LC_ALL, nullptr)) + (own_locale ? "+" : "")) +
         ",\"timers\":" + Timers() + ",\"tmp\":" + tmp + "}" +
         ",\"heap\":" + std::to_string(memory.uordblks + memory.hblkhd) +
         ",\"mapped\":" + std::to_string(std::atol(Line(status, "VmSize").c_str()) * 1024) +
         ",\"static\":" + Static(values_) + "}";
}

}  // namespace corpus

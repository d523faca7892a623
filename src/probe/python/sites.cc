#include "probe/python/sites.h"

#include <algorithm>
#include <iterator>

#include "base/guard.h"

namespace cleanslate {
namespace {

// Modules of the standard library that keep what they have made for the next time, within bounds of their
// own.
constexpr std::string_view kCaches[] = {"<frozen importlib._bootstrap>",
                                        "<frozen importlib._bootstrap_external>",
                                        "/linecache.py",
                                        "/re.py",
                                        "/re/__init__.py",
                                        "/re/_compiler.py",
                                        "/re/_parser.py",
                                        "/sre_compile.py",
                                        "/sre_parse.py",
                                        "/fnmatch.py",
                                        "/_strptime.py",
                                        "/encodings/__init__.py"};

constexpr std::size_t kMostText = 1024;

}  // namespace

PythonSites::PythonSites(const PythonApi& api, const PythonLineApi& lines, const PythonFrames& frames,
                         PythonPackages& packages)
    : api_(api),
      lines_(lines),
      frames_(frames),
      packages_(packages),
      objects_(api),
      places_(std::make_unique<Place[]>(kPlaces)),
      sites_(1) {}

void PythonSites::Begin(Watch watch) {
  watch_ = watch;
  packages_.OwnPath("/");
}

std::string PythonSites::TextOf(const PythonObject* text) const {
  PythonText read;
  if (text == nullptr || !objects_.Read(text, read)) return {};
  std::string buffer;
  return std::string(read.Utf8(buffer, kMostText));
}

PythonSites::Owner PythonSites::OwnerOf(std::string_view file, std::string& shown) {
  const std::string_view own = packages_.OwnPath(file);
  shown = own.empty() ? file : own;
  if (!own.empty()) return Owner::kUser;
  const bool cache = std::any_of(std::begin(kCaches), std::end(kCaches), [&](std::string_view name) {
    return name.front() == '/' ? file.ends_with(name) : file == name;
  });
  const bool standard = file.front() == '<' || (file.find("/python3") != std::string_view::npos &&
                                                file.find("-packages/") == std::string_view::npos);
  return cache && standard ? Owner::kCache : Owner::kOther;
}

PythonSites::Code* PythonSites::Know(const PythonObject* code) {
  const auto at = codes_.find(code);
  if (at != codes_.end()) return &at->second;
  if (codes_.size() >= kMost) return nullptr;
  Code known;
  const std::string file = TextOf(frames_.FileOf(code));
  if (!file.empty()) known.owner = OwnerOf(file, known.file);
  known.function = TextOf(frames_.NameOf(code));
  if (watch_ != nullptr) watch_(code);
  return &codes_.emplace(code, std::move(known)).first->second;
}

std::uint32_t PythonSites::SiteAt(Code& known, const PythonObject* code, std::uintptr_t at) {
  if (const auto found = known.sites.find(at); found != known.sites.end()) return found->second;
  std::uint32_t site = kNowhere;
  if (known_ < kMostKnown) {
    const int line = frames_.Line(lines_, code, at);
    const auto text = std::make_tuple(known.file, line, known.function);
    const auto found = by_text_.find(text);
    if (found != by_text_.end()) {
      site = found->second;
    } else if (sites_.size() < kMost) {
      site = static_cast<std::uint32_t>(sites_.size());
      sites_.push_back({known.file, line, known.function, known.owner == Owner::kUser});
      by_text_.emplace(text, site);
    }
    known.sites.emplace(at, site);
    ++known_;
  }
  return site;
}

// Runs in the host's thread, in the middle of whatever it does: what this calls is ours. Nothing is
// remembered of code that nobody will tell us the end of.
std::uint32_t PythonSites::Learn(const PythonObject* code, std::uintptr_t at, bool as_others) noexcept {
  const Guard guard;
  const ErrnoKeeper keeper;
  if (code == nullptr || code->type != api_.PyCode_Type) return as_others ? kNowhere : kOthers;
  try {
    Code* const known = Know(code);
    if (known == nullptr) return kNowhere;
    std::uint32_t site = kOthers;
    if (as_others || known->owner == Owner::kUser)
      site = SiteAt(*known, code, at);
    else if (known->owner == Owner::kCache)
      site = kNowhere;
    const std::uintptr_t key = as_others ? ~at : at;
    known->places.insert(PlaceOf(code, key));
    places_[PlaceOf(code, key)] = {code, key, site};
    return site;
  } catch (...) {
    return kNowhere;
  }
}

void PythonSites::Forget(const PythonObject* code) {
  const auto known = codes_.find(code);
  if (known == codes_.end()) return;
  const Guard guard;
  for (const std::size_t at : known->second.places)
    if (places_[at].code == code) places_[at] = {};
  known_ -= std::min(known_, known->second.sites.size());
  codes_.erase(known);
}

}  // namespace cleanslate

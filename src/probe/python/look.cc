#include "probe/python/look.h"

#include <algorithm>
#include <utility>

namespace cleanslate {

PythonLook::PythonLook(const PythonApi& api, std::string task_root)
    : api_(api),
      objects_(api_),
      types_(api_, objects_),
      modules_(api_, objects_, task_root),
      sources_(std::move(task_root)),
      walk_(api_, objects_, types_, owners_, hash_),
      names_(api_, objects_, types_, owners_, modules_, sources_, hash_),
      registries_(api_, objects_, types_, modules_) {}

void PythonLook::Run(const EventValues* event, Clock::time_point deadline, std::string& why) {
  seen_.clear();
  gone_.clear();
  left_out_ = watched_ = 0;
  ++look_;
  interpreters_ = CountInterpreters();
  if (!std::exchange(checked_, true)) known_ = objects_.Check(why);
  if (!known_) return;

  owners_.Clear();
  modules_.List();
  LearnTypes();
  names_.List(event, deadline);
  registries_.AddTo(names_);
  walk_.Begin(deadline, apart_);
  watched_ = static_cast<std::int64_t>(names_.variables().size());
  MeasureAll(event);
  FindGone();
}

void PythonLook::LearnTypes() {
  types_.Begin();
  for (const PythonModule& module : modules_.own()) types_.OwnModule(module.name);
  types_.Deque(modules_.Find("_collections", "deque"));
  types_.LruCache(modules_.Find("_functools", "_lru_cache_wrapper"));
  types_.ThreadLocal(modules_.Find("_thread", "_local"));
  types_.Namespace(modules_.Find("types", "SimpleNamespace"));
}

std::int64_t PythonLook::CountInterpreters() const {
  std::int64_t others = -1;  // but for the main one
  for (PythonInterpreter* each = api_.PyInterpreterState_Head(); each != nullptr;
       each = api_.PyInterpreterState_Next(each))
    ++others;
  return std::max<std::int64_t>(others, 0);
}

void PythonLook::MeasureAll(const EventValues* event) {
  const std::vector<PythonVariable>& all = names_.variables();
  std::size_t first = 0;
  if (apart_ && !next_.empty()) {
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const PythonVariable& each) { return each.name == next_; });
    if (at != all.end()) first = static_cast<std::size_t>(at - all.begin());
  }
  std::size_t done = 0;
  // The first one is always looked at, so that looks get on under any deadline.
  for (; done < all.size(); ++done) {
    if (done > 0 && (walk_.steps() >= kMostSteps || (done % 64 == 0 && walk_.Spent()))) break;
    Measure(all[(first + done) % all.size()], event);
  }
  const bool cut = done < all.size() || !names_.complete();
  left_out_ += static_cast<std::int64_t>(all.size() - done);
  next_ = done < all.size() ? all[(first + done) % all.size()].name : std::string();
  cut_in_a_row_ = cut ? cut_in_a_row_ + 1 : 0;
  if (cut && (look_ == 1 || cut_in_a_row_ > 1)) apart_ = true;
}

void PythonLook::Measure(const PythonVariable& variable, const EventValues* event) {
  PythonContents contents;
  if (variable.root.value != nullptr) {
    contents = walk_.Measure(variable.root);
  } else {
    contents.size = contents.entries = variable.counted;
    contents.rest = variable.mark != 0 ? hash_.Of(variable.mark) : 0;
  }
  left_out_ += contents.left_out;

  Variable& now = seen_.emplace_back();
  now.name = variable.name;
  now.kind = variable.kind;
  now.role = variable.role;
  now.bound = variable.bound;
  now.size = contents.size;
  now.entries = contents.entries;
  now.texts = contents.texts;
  now.rest = contents.rest;
  now.object = contents.object;

  Remembered& before = remembered_[variable.name];
  const bool first = before.entries < 0;
  const bool changed = first || before.entries != now.entries || before.texts != now.texts ||
                       before.rest != now.rest || before.object != now.object;
  before.listed = look_;
  if (!changed) return;
  before.entries = now.entries;
  before.texts = now.texts;
  before.rest = now.rest;
  before.object = now.object;
  const PythonPlace& place = variable.place;
  places_[variable.name] = {place.kind, std::string(place.file), std::string(place.name),
                            std::string(place.scope), place.line};
  if (variable.root.value == nullptr || variable.root.registry) return;
  std::vector<std::uint64_t> marks;
  walk_.Search(variable.root, event, before.marks, now.holds, marks);
  marks_ -= before.marks.size();
  if (marks_ + marks.size() > kMostRemembered) marks.clear();
  marks.shrink_to_fit();
  marks_ += marks.size();
  before.marks = std::move(marks);
}

// Only where all names have been listed is what was not among them gone.
void PythonLook::FindGone() {
  if (!names_.complete()) return;
  for (const PythonVariable& variable : names_.variables()) {
    const auto known = remembered_.find(variable.name);
    if (known != remembered_.end()) known->second.listed = look_;
  }
  for (auto known = remembered_.begin(); known != remembered_.end();) {
    if (known->second.listed == look_) {
      ++known;
      continue;
    }
    marks_ -= known->second.marks.size();
    gone_.push_back(known->first);
    known = remembered_.erase(known);
  }
}

const PythonPlaced* PythonLook::PlaceOf(const std::string& name) {
  const auto found = places_.find(name);
  if (found == places_.end()) return nullptr;
  const Place& place = found->second;
  return &sources_.At({place.kind, place.file, place.name, place.scope, place.line});
}

}  // namespace cleanslate

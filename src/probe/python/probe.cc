#include "probe/python/probe.h"

#include <algorithm>
#include <utility>

#include "probe/python/api.h"
#include "probe/python/lines.h"
#include "probe/python/look.h"

namespace cleanslate {
namespace {

// What an error that is being raised would be is kept, and no collection of garbage runs meanwhile: that
// would run finalizers.
class Undisturbed {
 public:
  explicit Undisturbed(const PythonApi& api) : api_(api), collecting_(api.PyGC_Disable()) {
    api_.PyErr_Fetch(&error_[0], &error_[1], &error_[2]);
  }
  ~Undisturbed() {
    api_.PyErr_Restore(error_[0], error_[1], error_[2]);
    if (collecting_ != 0) api_.PyGC_Enable();
  }
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;

 private:
  const PythonApi& api_;
  int collecting_;
  PythonObject* error_[3] = {};
};

}  // namespace

struct PythonProbe::Interpreter : LockedWork {
  explicit Interpreter(std::string task_root) : root(std::move(task_root)), lines(root) {}

  // The thread that waits for the lock of an interpreter which is being ended never gets it, or is ended.
  int Lock() override { return api.PyGILState_Ensure(); }
  void Unlock(int token) override { api.PyGILState_Release(token); }
  void Run() override {
    looked = false;
    if (api.IsFinalizing() || api.Py_IsInitialized() == 0) return;
    PythonThread* const current = api.Current();
    if (current == nullptr || api.PyThreadState_GetInterpreter(current) != api.PyInterpreterState_Main())
      return;
    const Undisturbed undisturbed(api);
    look->Run(request.event, request.deadline, why);
    looked = why.empty();
    if (looked) told = lines.AtBoundary(api, request.window, request.lines);
  }

  PythonApi api;
  std::string root;
  std::unique_ptr<PythonLook> look;
  PythonLines lines;
  ProbeRequest request;
  LineSnapshot told;
  std::string why;
  bool looked = false;
};

PythonProbe::PythonProbe(PythonProbeOptions options)
    : options_(std::move(options)), interpreter_(std::make_shared<Interpreter>(options_.task_root)) {}

PythonProbe::~PythonProbe() = default;

bool PythonProbe::Ready() {
  Interpreter& interpreter = *interpreter_;
  if (!off_.empty()) return false;
  if (interpreter.look != nullptr) return true;
  if (interpreter.api.Find(off_) != PythonApi::Presence::kKnown) return false;
  interpreter.look = std::make_unique<PythonLook>(interpreter.api, interpreter.root);
  return true;
}

const std::string& PythonProbe::lines_off() const {
  return interpreter_->lines.off();
}

VariableSnapshot PythonProbe::Look(const ProbeRequest& request) {
  using Clock = std::chrono::steady_clock;
  lines_ = {};
  if (!Ready()) return {};
  const PythonApi& api = interpreter_->api;
  if (api.Py_IsInitialized() == 0 || api.IsFinalizing()) return {};
  const Clock::time_point deadline = std::min(request.deadline, Clock::now() + options_.patience);
  const bool holds_lock = api.HoldsLock();
  if (!holds_lock && call_.IsBusy()) return {};
  interpreter_->request = request;
  interpreter_->request.deadline = deadline;
  bool looked = true;
  if (holds_lock)
    interpreter_->Run();
  else
    looked = call_.Run(interpreter_, deadline);
  interpreter_->request.event = nullptr;
  if (!interpreter_->why.empty()) off_ = interpreter_->why;
  if (looked && interpreter_->looked) lines_ = std::move(interpreter_->told);
  return Told(request.window, looked && interpreter_->looked);
}

VariableSnapshot PythonProbe::Told(WindowNumber window, bool looked) {
  VariableSnapshot snapshot;
  if (!looked) return snapshot;
  PythonLook& look = *interpreter_->look;
  snapshot.watched = look.watched();
  snapshot.left_out = look.left_out();
  snapshot.interpreters = look.interpreters();
  memory_.Note(window, look.seen(), look.gone(), snapshot.changed);
  snapshot.left_out += memory_.left_out();
  // Sources are read for the first time here. Where that takes too long, the rest has no line this time.
  constexpr std::chrono::milliseconds kMostReading{10};
  const auto until =
      std::max(std::chrono::steady_clock::now() + kMostReading, interpreter_->request.deadline);
  for (VariableUpdate& update : snapshot.changed) {
    const bool in_time = std::chrono::steady_clock::now() < until;
    if (const PythonPlaced* const placed = in_time ? look.PlaceOf(update.now.name) : nullptr) {
      update.now.file = placed->file;
      update.now.line = placed->line;
      if (placed->evicts && update.now.bound != VariableBound::kFixed)
        update.now.bound = VariableBound::kEvicts;
    }
    if (update.change == VariableChange::kRemoved) look.Forget(update.now.name);
  }
  std::sort(snapshot.changed.begin(), snapshot.changed.end(),
            [](const VariableUpdate& a, const VariableUpdate& b) { return a.now.name < b.now.name; });
  return snapshot;
}

}  // namespace cleanslate

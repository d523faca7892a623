#include "probe/python/registries.h"

#include <algorithm>
#include <string>
#include <utility>

namespace cleanslate {
namespace {

constexpr struct {
  long number;
  std::string_view name;
} kSignals[] = {{1, "SIGHUP"},   {2, "SIGINT"},   {3, "SIGQUIT"},  {10, "SIGUSR1"}, {12, "SIGUSR2"},
                {13, "SIGPIPE"}, {14, "SIGALRM"}, {15, "SIGTERM"}, {17, "SIGCHLD"}, {28, "SIGWINCH"}};

}  // namespace

void PythonRegistries::AddTo(PythonNames& names) const {
  AddContainer("sys.path", modules_.Find("sys", "path"), names);
  AddContainer("warnings.filters", modules_.Find("warnings", "filters"), names);
  AddLogging(names);
  AddCount("atexit callbacks", "callbacks", Asked(modules_.Find("atexit", "_ncallbacks")), names);
  AddSignalHandlers(names);
  AddTasks(names);
#define PYTHON_SDK_STATE(module, path) AddSdkState(module, path, names);
#include "probe/python/sdk_state.inc"
#undef PYTHON_SDK_STATE
}

void PythonRegistries::AddCount(std::string_view name, std::string_view kind, std::int64_t count,
                                PythonNames& names) const {
  if (count < 0) return;
  PythonVariable variable;
  variable.name = name;
  variable.kind = kind;
  variable.role = VariableRole::kRegistry;
  variable.counted = count;
  names.Add(std::move(variable));
}

void PythonRegistries::AddContainer(std::string_view name, PythonObject* value, PythonNames& names) const {
  if (value == nullptr || types_.Of(value->type).kind == PythonKind::kNone) return;
  PythonVariable variable;
  variable.name = name;
  variable.kind = ShortName(value->type);
  variable.role = VariableRole::kRegistry;
  variable.root.value = value;
  variable.root.registry = true;
  names.Add(std::move(variable));
}

PythonObject* PythonRegistries::AttributeOf(PythonObject* object, std::string_view name) const {
  PythonObject* found = nullptr;
  const auto take = [&](PythonObject* key, PythonObject* value) {
    if (found == nullptr && objects_.Ascii(key) == name) found = value;
  };
  if (types_.Of(object->type).kind == PythonKind::kClass) {
    const auto* const type = reinterpret_cast<const PythonType*>(object);
    if ((type->flags & kPythonMadeByClass) != 0 && type->attributes != nullptr)
      objects_.ForEachItem(type->attributes, take);
  } else if (object->type->dict_offset > 0 || (object->type->flags & kPythonMadeByClass) != 0) {
    objects_.ForEachAttribute(object, types_.Of(object->type).slots, take);
  }
  return found;
}

void PythonRegistries::AddLogging(PythonNames& names) const {
  PythonObject* const root = modules_.Find("logging", "root");
  if (root == nullptr) return;
  for (const std::string_view list : {"handlers", "filters"})
    if (PythonObject* const registered = AttributeOf(root, list))
      names.AddForeign("logging.root." + std::string(list), registered, VariableRole::kRegistry);
  PythonObject* const manager = AttributeOf(root, "manager");
  PythonObject* const loggers = manager != nullptr ? AttributeOf(manager, "loggerDict") : nullptr;
  if (loggers == nullptr || loggers->type != api_.PyDict_Type) return;
  AddContainer("logging.root.manager.loggerDict", loggers, names);
  // Those that no variable names, taken together.
  std::int64_t handlers = 0;
  objects_.ForEachItem(loggers, [&](PythonObject*, PythonObject* logger) {
    if (types_.Of(logger->type).kind != PythonKind::kLogging) return;
    for (const std::string_view name : {"handlers", "filters"}) {
      PythonObject* const list = AttributeOf(logger, name);
      if (list != nullptr && list->type == api_.PyList_Type && !names.IsNamed(list))
        handlers += api_.PyList_Size(list);
    }
  });
  AddCount("logging handlers", "list", handlers, names);
}

std::int64_t PythonRegistries::Asked(PythonObject* function) const {
  if (function == nullptr || function->type != api_.PyCFunction_Type) return -1;
  const PythonHeld answer(api_, api_.PyObject_CallObject(function, nullptr));
  if (answer.get() == nullptr || answer.get()->type != api_.PyLong_Type) {
    api_.PyErr_Clear();
    return -1;
  }
  int overflow = 0;
  return api_.PyLong_AsLongLongAndOverflow(answer.get(), &overflow);
}

void PythonRegistries::AddSignalHandlers(PythonNames& names) const {
  PythonObject* const ask = modules_.Find("_signal", "getsignal");
  if (ask == nullptr || ask->type != api_.PyCFunction_Type) return;
  for (const auto& signal : kSignals) {
    const PythonHeld arguments(api_, api_.PyTuple_New(1));
    if (arguments.get() == nullptr) return api_.PyErr_Clear();
    api_.PyTuple_SetItem(arguments.get(), 0, api_.PyLong_FromLong(signal.number));
    // The interpreter keeps the handler, so that giving this reference back ends nothing.
    const PythonHeld handler(api_, api_.PyObject_CallObject(ask, arguments.get()));
    if (handler.get() == nullptr) {
      api_.PyErr_Clear();
      continue;
    }
    const PythonType* const type = handler.get()->type;
    if (type == api_.none->type || type == api_.PyLong_Type || type == api_.PyCFunction_Type) continue;
    PythonVariable variable;
    variable.name = "signal.getsignal(" + std::string(signal.name) + ")";
    variable.kind = ShortName(type);
    variable.role = VariableRole::kRegistry;
    variable.counted = 0;
    variable.mark = reinterpret_cast<std::uintptr_t>(handler.get());
    names.Add(std::move(variable));
  }
}

// Tasks stand in sets of weak references; whether one is done is asked of C's own class.
void PythonRegistries::AddTasks(PythonNames& names) const {
  PythonObject* const task_type = modules_.Find("_asyncio", "Task");
  if (task_type == nullptr || !PythonObjects::Is(task_type, kPythonIsType)) return;
  auto* const type = reinterpret_cast<PythonType*>(task_type);
  PythonObject* ask = nullptr;
  for (PythonType* base = type; base != nullptr && ask == nullptr && base->attributes != nullptr;
       base = base->derived_from)
    ask = objects_.Find(base->attributes, "done");
  if (ask == nullptr || ask->type != api_.PyMethodDescr_Type) return;

  std::int64_t pending = 0;
  int overflow = 0;
  bool known = false;
  for (const std::string_view set : {"_all_tasks", "_scheduled_tasks"}) {
    PythonObject* const weak_set = modules_.Find("asyncio.tasks", set);
    PythonObject* const data = weak_set != nullptr ? AttributeOf(weak_set, "data") : nullptr;
    if (data == nullptr || data->type != api_.PySet_Type) continue;
    known = true;
    objects_.ForEachReferent(data, api_.PySet_Type, [&](PythonObject* reference) {
      // As weakref.WeakSet makes them: instances of the class itself.
      if (reference->type != api_._PyWeakref_RefType) return;
      PythonObject* const task = api_.PyWeakref_GetObject(reference);
      if (task == nullptr || task->type != type) return;
      const PythonHeld arguments(api_, api_.PyTuple_New(1));
      if (arguments.get() == nullptr) return api_.PyErr_Clear();
      api_.Py_IncRef(task);
      api_.PyTuple_SetItem(arguments.get(), 0, task);
      const PythonHeld done(api_, api_.PyObject_CallObject(ask, arguments.get()));
      if (done.get() == nullptr)
        api_.PyErr_Clear();
      else if (done.get()->type == api_.PyBool_Type)
        pending += api_.PyLong_AsLongLongAndOverflow(done.get(), &overflow) == 0 ? 1 : 0;
    });
  }
  if (known) AddCount("asyncio tasks", "pending tasks", pending, names);
}

void PythonRegistries::AddSdkState(std::string_view module, std::string_view path, PythonNames& names) const {
  const std::string name = std::string(module) + "." + std::string(path);
  PythonObject* const dict = modules_.DictOf(module);
  std::string_view rest = path;
  PythonObject* found = nullptr;
  while (!rest.empty() && dict != nullptr) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    found = found == nullptr ? objects_.Find(dict, part) : AttributeOf(found, part);
    if (found == nullptr) return;
  }
  if (found != nullptr) names.AddForeign(name, found);
}

}  // namespace cleanslate

#pragma once

// The parts of a report as JSON, for the line and for the command's own output.
//
// An entry's `where` is written empty here: which frames go in is decided by the one who has the room for
// them.

#include <string>

#include "nlohmann/json.hpp"
#include "report/report.h"

namespace cleanslate {

using Json = nlohmann::ordered_json;

Json ToJson(const Frame& frame);
Json ToJson(const Trend& trend);
Json ToJson(const FunctionFacts& function);
Json ToJson(const Live& live);
Json ToJson(const Finding& finding);
Json ToJson(const SurvivingSite& site);
Json ToJson(const SurvivingDescriptor& descriptor);
Json ToJson(const SurvivingFile& file);
Json ToJson(const SurvivingThread& thread);
Json ToJson(const SurvivingProcess& process);
Json ToJson(const ChangedEnvironment& variable);
Json ToJson(const ChangedAttribute& attribute);
Json ToJson(const ChangedVariable& variable);

// 1.0 is written as 1; what JSON can't say (not a number, infinity) as 0.
Json NumberJson(double value);

// Of a text of JSON: DEL, the controls of U+0080 to U+009F and the line separators, which JSON may hold as
// they are, but which a terminal or a reader of lines takes for commands.
std::string EscapeControls(std::string json);

// As text, invalid UTF-8 replaced.
std::string Dump(const Json& json);

}  // namespace cleanslate

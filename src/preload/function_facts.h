#pragma once

// What a report says about where it comes from: the function, as Lambda's reserved variables describe it, and
// the runtime. COLD; read once, when watching begins.

#include <string>

#include "report/report.h"

namespace cleanslate {

FunctionFacts ReadFunctionFacts();

// "python3.11", "nodejs20.x": from AWS_EXECUTION_ENV, else the name of the running program.
std::string ReadRuntimeName();

// A name for this execution environment that no other one bears: random, 32 hexadecimal digits.
std::string NewEnvironmentId();

}  // namespace cleanslate

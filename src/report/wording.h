#pragma once

// The words that a report's message and the command's text share.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/finding.h"
#include "report/report.h"

namespace cleanslate {

// "910 bytes", "4.1 KB", "1.5 MB": units of 1,024, one decimal.
std::string HumanBytes(std::int64_t bytes);

// Counted(1, "file") is "1 file", Counted(2, "file") "2 files"; `plural` where adding an s is wrong.
std::string Counted(std::int64_t count, std::string_view singular, std::string_view plural = {});

// "invocation 5", "invocations 5-8", "init", ...
std::string SpanOf(const Report& report);

// What survived, by kind: "heap 4.1 KB in 12 blocks, 1 descriptor, 1 file"; empty when nothing did.
std::string SurvivedSentence(const Report& report);

// The line's `message`.
std::string MessageOf(const Report& report);

Severity WorstOf(const std::vector<Finding>& findings);

// "INFO", "WARN" or "ERROR", so that a function's log-level filter applies.
std::string_view LevelOf(const Report& report);

}  // namespace cleanslate

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/suspect.h"
#include "report/render.h"
#include "report/safe_text.h"
#include "report/set_aside_text.h"
#include "report/wording.h"

namespace cleanslate {
namespace {

constexpr std::size_t kMostFrames = 3;  // of a finding
constexpr std::int64_t kMostIntended = 5;
constexpr std::size_t kMostEnvironments = 5;  // by name
constexpr std::size_t kMostSurvivors = 5;     // of each kind
constexpr std::size_t kNarrowest = 40;

bool IsNamed(const Frame& frame) {
  return !frame.function.empty() || !frame.file.empty();
}

std::string PlaceOf(const Frame& frame) {
  std::string place = Name(frame.file);
  if (frame.line > 0) place += ":" + std::to_string(frame.line);
  if (place.empty() && frame.function.empty() && frame.offset != 0) {
    char offset[32];
    std::snprintf(offset, sizeof offset, "+0x%llx", static_cast<unsigned long long>(frame.offset));
    return Name(frame.module) + offset;
  }
  if (!frame.module.empty() && frame.module != frame.file)
    place += (place.empty() ? "in " : ", ") + Name(frame.module);
  if (frame.function.empty()) return place;
  if (place.empty()) return Name(frame.function);
  return Name(frame.function) + " (" + place + ")";
}

// The lists that a line may have left entries out of, as they are told to people.
const char* SpacedName(std::string_view key) {
  static constexpr std::pair<std::string_view, const char*> kNames[] = {
      {"findings", "findings"},
      {"heap.sites", "heap sites"},
      {"mappings", "mapping sites"},
      {"descriptors", "descriptors"},
      {"files", "files"},
      {"threads", "threads"},
      {"processes", "processes"},
      {"environment", "environment variables"},
      {"process", "process attributes"},
      {"variables", "variables"},
      {"entries", "entries"}};
  for (const auto& [name, spaced] : kNames) {
    if (name == key) return spaced;
  }
  return nullptr;
}

// "+1 entry", "+4.1 KB", "+0.5 files".
std::string Growth(double per_window, const std::string& unit) {
  if (unit == "bytes")
    return "+" + HumanBytes(static_cast<std::int64_t>(std::clamp(per_window, -9e18, 9e18)));
  char amount[32];
  std::snprintf(amount, sizeof amount, "+%.3g", per_window);
  std::string one = Name(unit);
  if (per_window == 1 && one.ends_with("ies")) {
    one.replace(one.size() - 3, 3, "y");
  } else if (per_window == 1 && one.ends_with("s")) {
    one.pop_back();
  }
  return std::string(amount) + (one.empty() ? "" : " " + one);
}

std::string TrendSentence(const Trend& trend) {
  const std::string windows = std::to_string(trend.grew) + " of " + Counted(trend.windows, "window");
  std::string text;
  switch (trend.pattern) {
    case Pattern::kNew:
      text = "new";
      break;
    case Pattern::kWarming:
      text = "still filling up: grew in " + windows;
      break;
    case Pattern::kStable:
      text = "stable over " + Counted(trend.windows, "window");
      break;
    case Pattern::kGrowing:
      text = "grew in " + windows + ", " + Growth(trend.per_window, trend.unit) + " each";
      break;
    case Pattern::kReplaced:
      text = "renewed: the old one goes when the new one comes";
      break;
  }
  if (trend.exhausts_in.has_value()) {
    text += "; at this pace ";
    if (trend.limit.has_value()) {
      text +=
          "the limit of " + (trend.unit == "bytes" ? HumanBytes(*trend.limit)
                                                   : std::to_string(*trend.limit) + " " + Name(trend.unit));
    } else {
      text += "its limit";
    }
    text += " is reached in " + Counted(*trend.exhausts_in, "window");
  }
  return text;
}

class TextRenderer {
 public:
  TextRenderer(const Summary& summary, const TextStyle& style)
      : summary_(summary),
        color_(style.color),
        width_(std::max<std::size_t>(kNarrowest, style.width > 0 ? style.width : 0)) {}

  std::string Render() && {
    Environments();
    if (summary_.totals.reports > 0) {
      Findings(Severity::kCritical);
      Findings(Severity::kWarning);
      Verdict();
      Intended();
    }
    Footer();
    return std::move(text_);
  }

 private:
  std::string Painted(std::string_view text, std::string_view code) const {
    if (!color_) return std::string(text);
    return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
  }

  void Line(std::string_view line) { text_.append(line) += '\n'; }
  void Paragraph(std::string_view text, std::string_view indent) { text_ += Folded(text, indent, width_); }

  void Environments() {
    const auto& environments = summary_.environments;
    for (std::size_t i = 0; i < std::min(environments.size(), kMostEnvironments); ++i)
      Environment(environments[i]);
    if (environments.size() > kMostEnvironments) {
      Line("and " +
           Counted(static_cast<std::int64_t>(environments.size() - kMostEnvironments), "more environment"));
    }
    if (!environments.empty()) Line("");
  }

  void Environment(const EnvironmentSummary& environment) {
    std::string title =
        environment.function.name.empty() ? "unnamed function" : Name(environment.function.name);
    title = Painted(title, "1");
    if (!environment.runtime.empty()) title += " (" + Name(environment.runtime) + ")";
    title += ": " + Counted(environment.windows, "window");
    if (environment.windows > 0) {
      title += environment.first_window == environment.last_window
                   ? ", invocation " + std::to_string(environment.first_window)
                   : ", invocations " + std::to_string(environment.first_window) + "-" +
                         std::to_string(environment.last_window);
    }
    if (!environment.id.empty()) title += ", environment " + Cut(Visible(environment.id), 40);
    Line(title);
    if (!environment.quiet_reason.empty()) {
      Paragraph(Painted("watching stopped: ", "33") + Visible(environment.quiet_reason), "  ");
    }
  }

  void Findings(Severity severity) {
    for (const FindingSummary& finding : summary_.findings) {
      if (finding.severity == severity) Finding(finding);
    }
  }

  void Finding(const FindingSummary& summary) {
    const std::string_view color = summary.severity == Severity::kCritical ? "31;1" : "33;1";
    const cleanslate::Finding& finding = summary.latest;
    const std::string severity(NameOf(summary.severity));
    Line(Painted(severity, color) + " " + Painted(Name(finding.rule), "1") +
         (finding.subject.empty() ? "" : ": " + Name(finding.subject)));
    Paragraph(Visible(finding.message), "  ");
    Where(finding.where, "    at ", kMostFrames);
    Paragraph(TrendSentence(finding.trend), "  ");
    std::string seen = "seen in " + Counted(summary.windows, "window");
    if (summary.environments > 1) seen += " of " + Counted(summary.environments, "environment");
    if (!summary.first_request_id.empty()) {
      seen += summary.first_request_id == summary.last_request_id
                  ? ", request " + Name(summary.first_request_id)
                  : ", first in request " + Name(summary.first_request_id) + ", last in " +
                        Name(summary.last_request_id);
    }
    Paragraph(seen, "  ");
    Line("");
  }

  // What is only told for information gets a line each: it must not drown what drifts.
  void Intended() {
    const std::int64_t count = summary_.CountOf(Severity::kInfo);
    if (count == 0) return;
    Line("survived, and looks intended:");
    std::int64_t shown = 0;
    for (const FindingSummary& finding : summary_.findings) {
      if (finding.severity != Severity::kInfo || shown == kMostIntended) continue;
      ++shown;
      Paragraph(Name(finding.latest.rule) + ": " + Visible(finding.latest.message), "  ");
    }
    if (count > shown) Line("  and " + std::to_string(count - shown) + " more, which --format json lists");
    Line("");
  }

  // Frames that have no name say something only where none has, or where one is the user's own. That one is
  // shown in any case: what is inside of it, of the standard library, may take all the room.
  void Where(const Frames& frames, std::string_view indent, std::size_t most) {
    const Suspect suspect = FindSuspect(frames);
    const bool any_named = std::any_of(frames.begin(), frames.end(), IsNamed);
    std::vector<std::string> places;
    std::size_t first = 0;
    for (const Frame& frame : frames) {
      const bool users = suspect.users && &frame == suspect.frame;
      std::string place = PlaceOf(frame);
      if (place.empty() || (any_named && !IsNamed(frame) && !users)) continue;
      if (users && places.size() >= most) first = places.size();
      places.push_back(std::move(place));
    }
    for (std::size_t i = first; i < std::min(places.size(), first + most); ++i)
      Line(std::string(indent) + places[i]);
  }

  void Verdict() {
    const std::int64_t drifting =
        summary_.CountOf(Severity::kWarning) + summary_.CountOf(Severity::kCritical);
    if (drifting > 0) return;
    if (summary_.totals.windows == 0) {
      Line("no window was reported: the function was not invoked, or its reports are switched off");
      return;
    }
    Line(Painted("clean", "32;1") + ": nothing that drifts");
    const EnvironmentSummary* latest = nullptr;
    for (const EnvironmentSummary& environment : summary_.environments) {
      if (environment.windows > 0) latest = &environment;
    }
    if (latest != nullptr && latest->latest.type == ReportType::kWindow) Survivors(latest->latest);
    if (!summary_.findings.empty()) Line("");
  }

  void Survivors(const Report& report) {
    const std::string sentence = SurvivedSentence(report);
    if (sentence.empty()) {
      Line("  the last window left nothing behind");
      return;
    }
    Paragraph("the last window left " + sentence, "  ");
    const Survived& survived = report.survived;
    List(survived.heap.sites, [](const SurvivingSite& site) {
      return "heap " + HumanBytes(site.bytes) + " in " + Counted(site.blocks, "block");
    });
    List(survived.mappings, [](const SurvivingSite& site) {
      return "mapping of " + HumanBytes(site.bytes) + " in " + Counted(site.blocks, "piece");
    });
    List(survived.descriptors, [](const SurvivingDescriptor& descriptor) {
      return "descriptor " + std::to_string(descriptor.fd) + ": " + Name(descriptor.kind) + " " +
             Name(descriptor.peer.empty() ? descriptor.target : descriptor.peer);
    });
    List(survived.files, [](const SurvivingFile& file) {
      return "file " + Name(file.path) + ": " + Name(file.change) + ", " + HumanBytes(file.bytes);
    });
    List(survived.threads, [](const SurvivingThread& thread) { return "thread " + Name(thread.name); });
    List(survived.processes,
         [](const SurvivingProcess& process) { return "process " + Name(process.command); });
    List(survived.environment, [](const ChangedEnvironment& variable) {
      return "environment variable " + Name(variable.name) + ": " + Name(variable.change);
    });
    List(survived.process, [](const ChangedAttribute& attribute) {
      return Name(attribute.name) + ": " + Name(attribute.before) + " -> " + Name(attribute.after);
    });
    List(survived.variables, [](const ChangedVariable& variable) {
      const std::string name = Name(variable.kind) + " " + Name(variable.name) + ": ";
      if (!variable.change.empty() && variable.before == variable.after) return name + Name(variable.change);
      return name + std::to_string(variable.before) + " -> " + std::to_string(variable.after);
    });
  }

  template <typename Entry, typename Describe>
  void List(const std::vector<Entry>& entries, Describe describe) {
    for (std::size_t i = 0; i < std::min(entries.size(), kMostSurvivors); ++i) {
      Line("    " + describe(entries[i]));
      Where(entries[i].where, "      at ", 1);
    }
    if (entries.size() > kMostSurvivors) {
      Line("    and " + std::to_string(entries.size() - kMostSurvivors) + " more");
    }
  }

  void Footer() {
    const Totals& totals = summary_.totals;
    if (totals.reports == 0) {
      Line("no reports were found");
    } else if (!summary_.findings.empty()) {
      std::string counts;
      for (const Severity severity : {Severity::kCritical, Severity::kWarning, Severity::kInfo}) {
        const std::int64_t count = summary_.CountOf(severity);
        if (count == 0) continue;
        const std::string plural =
            severity == Severity::kWarning ? "warnings" : std::string(NameOf(severity));
        counts += (counts.empty() ? "" : ", ") + Counted(count, NameOf(severity), plural);
      }
      Line(Painted(counts, "1") + " in " + Counted(totals.windows, "window") + " of " +
           Counted(static_cast<std::int64_t>(summary_.environments.size()), "environment"));
      Line("`cleanslate explain " + Name(summary_.findings[0].latest.rule) +
           "` says what it means and how to fix it");
    }
    if (const std::string set_aside = SetAsideSentence(totals); !set_aside.empty()) Paragraph(set_aside, "");
    for (const std::string& line : UnusedSuppressionLines(summary_)) Paragraph(line, "");
    Note(totals.duplicates, "report", "met more than once and counted once");
    Note(summary_.log.torn, "report", "torn or damaged, and skipped");
    LeftOut();
  }

  void Note(std::int64_t count, std::string_view what, std::string_view fate) {
    if (count == 0) return;
    Line(Counted(count, what) + (count == 1 ? " was " : " were ") + std::string(fate));
  }

  // Frames and the parts of a short line that went first are not worth a word here.
  void LeftOut() {
    std::string list;
    for (const auto& [what, count] : summary_.totals.left_out) {
      const char* name = SpacedName(what);
      if (count == 0 || name == nullptr) continue;
      list += (list.empty() ? "" : ", ") + std::to_string(count) + " " + name;
    }
    if (!list.empty()) Paragraph("left out of the reports: " + list + "; CLEANSLATE_MAX_LINE makes room", "");
  }

  const Summary& summary_;
  const bool color_;
  const std::size_t width_;
  std::string text_;
};

}  // namespace

std::string RenderText(const Summary& summary, const TextStyle& style) {
  return TextRenderer(summary, style).Render();
}

}  // namespace cleanslate

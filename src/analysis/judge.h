#pragma once

// The judgement of one process over its whole life: each boundary's survivors go in, findings come out.
//
//   Judge judge(std::move(suppressions));
//   judge.Observe(Diff(empty, first), first, namer);       // window 0, the baseline: never a finding
//   findings = judge.Observe(Diff(before, now), now, namer);  // each window after it, in order
//
// What is called growth, and why, is written in history.h; each rule's own words are in rules.h. Findings
// come in a fixed order: severity, then bytes, then count, then fingerprint. Equal histories give equal
// findings.
//
// COLD; one thread. Memory is bounded: `max_origins` histories of about 600 bytes and the levels of
// `max_levels` stacks at the baseline. Names are asked for only for what is about to be reported; a namer may
// be asked for one stack again in a later window.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analysis/data_name.h"
#include "analysis/finding.h"
#include "analysis/frame.h"
#include "analysis/suppressions.h"
#include "analysis/survivors.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

struct JudgeOptions {
  Severity least = Severity::kInfo;     // findings below it are neither named nor returned
  std::size_t max_findings = 32;        // of one rule in one window, the largest; the rest is counted
  std::size_t max_origins = 4096;       // a kind of state
  std::size_t max_levels = 65536;       // stacks whose level at the baseline is remembered
  std::int64_t memory_limit_bytes = 0;  // of the environment; 0: unknown, heap findings have no `limit`
};

using SetAside = std::map<std::string, std::int64_t>;

class Judge {
 public:
  explicit Judge(Suppressions suppressions, JudgeOptions options = {});
  Judge(Judge&&) noexcept;
  Judge& operator=(Judge&&) noexcept;
  ~Judge();

  // `now.window` must rise from call to call.
  // `data` names static variables; without it they are not judged.
  std::vector<Finding> Observe(const Survivors& survivors, const Snapshot& now, const StackNamer& name,
                               const DataNamer& data = {});

  // After the last Observe: whether the probe shall begin to watch lines at the next boundary.
  bool WantsLines() const;

  const Suppressions& UsedSuppressions() const;
  // What the last Observe has set aside: findings, by the text of the suppressions' line or by the name in
  // the catalogue of known survivors. A line of the user's counts before the catalogue: whoever has written
  // one wants to see that it works, and not that it never matched.
  const SetAside& Suppressed() const;
  const SetAside& Known() const;
  std::int64_t LeftOut() const;    // findings beyond `max_findings` in the last Observe
  std::int64_t Forgotten() const;  // histories given up for want of room since the beginning

 private:
  class Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace cleanslate

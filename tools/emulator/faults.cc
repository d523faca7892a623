#include "emulator/faults.h"
#include "emulator/text.h"

namespace cleanslate {

absl::StatusOr<Faults> ParseFaults(std::string_view text) {
  Faults faults;
  for (std::string_view word : SplitSkippingEmpty(text, ',')) {
    word = StripBlanks(word);
    if (word == "dribble") {
      faults.dribble = true;
    } else if (word == "lower-case") {
      faults.lower_case = true;
    } else if (word == "close") {
      faults.close = true;
    } else if (word == "chunked") {
      faults.chunked = true;
    } else if (word == "freeze") {
      faults.freeze = true;
    } else {
      return absl::InvalidArgumentError(Concat("unknown word '", word, "' (", kFaultNames, ")"));
    }
  }
  return faults;
}

}  // namespace cleanslate

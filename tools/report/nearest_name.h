#pragma once

// What somebody may have meant who has written a name that there is not.

#include <span>
#include <string_view>

namespace cleanslate {

// The one of `names` that `name` is most like, or empty when it is like none. A part of a name counts as one
// that was not finished: `heap`, `growth`.
std::string_view NearestName(std::string_view name, std::span<const std::string_view> names);

}  // namespace cleanslate

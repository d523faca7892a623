#include "base/own_code.h"

namespace cleanslate {

constinit CodeRange allocator_code;

}  // namespace cleanslate

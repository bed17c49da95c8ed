#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

#include "core/base/assert.h"

namespace {

// The fuzzer keeps the input of a program that aborts; one that exits would only be counted.
void report(std::string_view text, const std::source_location& where) {
  std::fprintf(stderr, "%s:%u: does not hold: %.*s\n", where.file_name(), where.line(),
               static_cast<int>(text.size()), text.data());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  arbees::set_assertion_reporter(&report);
  return 0;
}

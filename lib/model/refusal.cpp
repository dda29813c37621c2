// SPDX-License-Identifier: BSL-1.0
/// Why a task cannot be carried into another process, in words.

#include <coir/model/refusal.hpp>

#include "base/type_name.hpp"

namespace coir::detail {
namespace {

char const* words_for(obstacle why) noexcept {
  switch (why) {
    case obstacle::holds_state:
      return " holds state; use a function or a lambda that captures nothing, and pass what it "
             "needs as arguments";
    case obstacle::refers:
    case obstacle::reference: return " refers to memory of this process; pass the value itself";
    case obstacle::not_made:
      return " has a serialize() and cannot be made from nothing; write save(archive, value) and "
             "load(archive, type) beside it";
    case obstacle::derived:
      return " may be of a derived type, which nobody sees over there; make it final, or pass the "
             "value itself";
    case obstacle::not_serialised:
      return " cannot be serialised; write serialize(archive, value) beside it, or pass something "
             "else";
    default: return " can be carried";
  }
}

}  // namespace

std::string to_string(refusal const& reason) {
  std::string const cannot = "coir: this task cannot run in another process: ";
  auto const [why, type] = reason.found;
  if (why == obstacle::shares_memory)
    return cannot + "what began it shares memory with it; use coir::spawn(function, arguments…)";
  if (reason.place == refusal::of_function)
    return cannot + "its function, " + type_name(*type) + "," + words_for(why);
  std::string const what = reason.place == refusal::of_result
                               ? "its result"
                               : "argument " + std::to_string(reason.place);
  bool const whole = *reason.type == *type;
  if (why == obstacle::reference && reason.place == refusal::of_result && *reason.type == *type)
    return cannot + what + " is a reference to " + type_name(*type) +
           ", which lies in the memory of one process; return the value itself";
  return cannot + what + " is of type " + type_name(*reason.type) +
         (whole ? ", which" : ", in which " + type_name(*type)) + words_for(why);
}

}  // namespace coir::detail

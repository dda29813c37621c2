// SPDX-License-Identifier: BSL-1.0
/// Ctrl-C and SIGTERM as something that can be polled, so that no child is left behind.
#pragma once

#include "owned_fd.hpp"

namespace demos::compare {

/// Thrown when the user wants the comparison to end.
struct interrupted {
  int signal;
};

/// Holds SIGINT and SIGTERM back while it lives and tells when one has come. A signal that was
/// ignored when the program began (as in a shell's background) stays ignored.
class interrupts {
 public:
  interrupts();
  interrupts(interrupts const&) = delete;
  interrupts& operator=(interrupts const&) = delete;

  /// A descriptor that is readable once a signal has come.
  int fd() const { return signals_.get(); }

  /// Throws `interrupted` if a signal has come.
  void check();

 private:
  owned_fd signals_;
};

}  // namespace demos::compare

// SPDX-License-Identifier: BSL-1.0
/// This program once more, as a child process that cannot outlive its owner.
#pragma once

#include <csignal>
#include <string>

#include "owned_fd.hpp"

namespace demos::compare {

/// A child process with files in memory as its standard streams, so that no pipe can fill up.
///
/// Its destructor kills and reaps it if that has not happened yet.
class child {
 public:
  /// Starts /proc/self/exe with one argument and `input` to read.
  ///   Throws: std::system_error.
  child(char const* command, std::string const& input);
  child(child const&) = delete;
  child& operator=(child const&) = delete;
  ~child();

  int id() const { return id_; }
  /// A descriptor that is readable once the child has ended.
  int fd() const { return process_.get(); }

  void kill();
  /// Waits for its end and reaps it; the result is waitid's.
  siginfo_t reap();

  std::string output() const;  // what it wrote to standard output so far
  std::string errors() const;  // what it wrote to standard error so far

 private:
  owned_fd input_, output_, errors_;
  owned_fd process_;  // a pidfd, to be polled
  int id_ = -1;
  bool reaped_ = false;
};

}  // namespace demos::compare

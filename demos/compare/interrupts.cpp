// SPDX-License-Identifier: BSL-1.0
/// Ctrl-C through a signalfd.
#include "interrupts.hpp"

#include <sys/signalfd.h>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace demos::compare {

interrupts::interrupts() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int const signal : {SIGINT, SIGTERM}) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (now.sa_handler != SIG_IGN) sigaddset(&wanted, signal);
  }
  ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
  signals_ = owned_fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals_.get() < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

void interrupts::check() {
  signalfd_siginfo signal{};
  if (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    throw interrupted{static_cast<int>(signal.ssi_signo)};
  }
}

}  // namespace demos::compare

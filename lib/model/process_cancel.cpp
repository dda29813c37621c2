// SPDX-License-Identifier: BSL-1.0
/// From a word to SIGKILL.

#include "model/process_cancel.hpp"

#include <csignal>
#include <cstring>
#include <string>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <coir/time/deadline.hpp>

#include "model/fork_server.hpp"

namespace coir::detail {
namespace {

/// After SIGTERM, before SIGKILL: for handlers that put things in order.
constexpr std::chrono::seconds patience_after_sigterm{1};

constexpr std::chrono::seconds patience_for_an_answer{1};

constexpr std::size_t longest_text = 1000;

/// Whether the peer has yet to take out what was sent there.
bool is_unread(int socket) noexcept {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

}  // namespace

process_cancel::process_cancel(process_hub& hub, int socket, std::uint64_t process,
                               std::chrono::nanoseconds grace)
    : timer([](timer& self) noexcept { static_cast<process_cancel&>(self).press_on(); }),
      hub_(hub),
      socket_(socket),
      process_(process),
      grace_(grace) {}

void process_cancel::request(std::uint64_t task, cancel_reason const& reason) noexcept {
  cancel_order told;
  told.cause = reason.cause();
  told.task = task_ = task;
  std::string const text = reason.text().substr(0, longest_text);
  send_message(socket_, {bytes_of(told), std::as_bytes(std::span(text))}, {}, false);
  if (pressed_ == pressure::none) press(pressure::cancelled, grace_);
}

void process_cancel::press(pressure how, std::chrono::nanoseconds patience) noexcept {
  pressed_ = how;
  hub_.timers.cancel(*this);
  hub_.timers.set(*this, deadline_after(std::chrono::steady_clock::now(), patience));
}

/// The time it was given is over. A process that has not even taken the cancel out of its socket never looked
/// for one, and nothing in it can have taken it back. One that does not answer is hung.
void process_cancel::press_on() noexcept {
  if (pressed_ == pressure::cancelled && !is_unread(socket_)) {
    press(pressure::asked, patience_for_an_answer);
    still_notice question;
    question.task = task_;
    send_message(socket_, {bytes_of(question)}, {}, false);
  } else if (pressed_ == pressure::cancelled || pressed_ == pressure::asked) {
    press(pressure::terminated, patience_after_sigterm);
    request_kill(process_, SIGTERM);
  } else {
    pressed_ = pressure::killed;
    request_kill(process_, SIGKILL);
  }
}

void process_cancel::hear(byte_view notice) noexcept {
  still_notice answer;
  std::memcpy(&answer, notice.data(), sizeof answer);
  if (pressed_ != pressure::asked || answer.task != task_) return;
  if (answer.cancelled != 0) return press_on();
  lift();
}

void process_cancel::lift() noexcept {
  pressed_ = pressure::none;
  hub_.timers.cancel(*this);
}

int process_cancel::signal_sent() const noexcept {
  if (pressed_ < pressure::terminated) return 0;
  return pressed_ == pressure::killed ? SIGKILL : SIGTERM;
}

bool process_cancel::explains(end_notice const& end) const noexcept {
  if (signal_sent() == 0) return false;
  bool const by_signal = end.code == CLD_KILLED || end.code == CLD_DUMPED;
  return !by_signal || end.status == SIGTERM || end.status == SIGKILL;
}

}  // namespace coir::detail

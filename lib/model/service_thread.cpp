// SPDX-License-Identifier: BSL-1.0
/// pthread_create, with signals blocked.

#include "model/service_thread.hpp"

#include <csignal>
#include <system_error>

#include <pthread.h>

namespace coir::detail {

pthread_t begin_service_thread(void* (*work)(void* what), void* what) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int const error = ::pthread_create(&thread, nullptr, work, what);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0)
    throw std::system_error(error, std::generic_category(),
                            "coir: no thread to hear from other processes; raise `ulimit -u`, "
                            "kernel.threads-max or the cgroup's pids.max");
  return thread;
}

}  // namespace coir::detail

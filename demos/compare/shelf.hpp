// SPDX-License-Identifier: BSL-1.0
/// Text files to count: those given, or the largest that the machine has; and a plain count.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "interrupts.hpp"
#include "owned_fd.hpp"
#include "workload.hpp"

namespace demos::compare {

/// Why a file cannot be counted; what() is for people and does not name the file.
struct unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
  static unreadable because(int error_number);
};

/// Opens a regular file for reading.
///   Throws: unreadable, also for a folder, a pipe, a device.
owned_fd open_book(std::string const& path);

/// The 24 largest plain-text files of at most 8 MiB below /usr, always the same ones on the same
/// machine; fewer where there are not so many.
std::vector<std::string> find_books(interrupts& stop);

/// Counts every file's words one by one, straightforwardly, as the measure for all models.
/// Files that cannot be read are left out and noted in `troubles`.
std::vector<book> count_books(std::vector<std::string> const& paths, interrupts& stop,
                              std::vector<trouble>& troubles);

std::uint64_t total_words(std::span<book const> shelf);
std::uint64_t total_bytes(std::span<book const> shelf);

}  // namespace demos::compare

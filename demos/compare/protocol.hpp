// SPDX-License-Identifier: BSL-1.0
/// What `coir compare` and the process of one cell tell each other.
#pragma once

#include <cstdint>
#include <string>

#include "figures.hpp"
#include "workload.hpp"

namespace demos::compare {

/// What to run; goes to the cell's standard input.
struct request {
  std::string workload;
  std::string model;
  job work;
  int parent = 0;  // the process that asks; without it the cell has no reason to live
};

/// What came of it; comes from the cell's standard output.
struct answer {
  repetition result;
  std::int64_t page_tables_after = 0;
};

std::string to_bytes(request const& question);
std::string to_bytes(answer const& reply);

/// Throws: std::exception if the bytes are no such thing.
request parse_request(std::string const& bytes);
answer parse_answer(std::string const& bytes);

}  // namespace demos::compare

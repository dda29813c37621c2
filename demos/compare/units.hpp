// SPDX-License-Identifier: BSL-1.0
/// Numbers for people: 10,000; 24.1 ms; 3.2 MiB; 240x.
#pragma once

#include <cstdint>
#include <string>

namespace demos::compare {

/// 10000 as "10,000".
std::string with_commas(std::int64_t number);
std::string with_commas(std::uint64_t number);

/// A number above 0 with about three digits that count: 0.93, 1.20, 24.0, 240, 2,410.
std::string three_digits(double number);

/// Seconds as "24.1 ms", "2.03 s", "180 ns".
std::string as_time(double seconds);

/// Seconds as a person would say a round number: "5 s", "0.25 s".
std::string as_limit(double seconds);

/// Bytes as "640 KiB" or "3.2 MiB".
std::string as_memory(std::int64_t bytes);

/// A ratio as "1.96x" or "240x".
std::string as_ratio(double ratio);

/// 1 "task", 2 "tasks".
std::string counted(std::uint64_t number, std::string const& what);

}  // namespace demos::compare

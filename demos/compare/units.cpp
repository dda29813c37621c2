// SPDX-License-Identifier: BSL-1.0
/// Numbers for people.
#include "units.hpp"

#include <fmt/format.h>

#include <cmath>

namespace demos::compare {

std::string with_commas(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto place = digits.size(); place > 3;) digits.insert(place -= 3, 1, ',');
  return digits;
}

std::string with_commas(std::int64_t number) {
  if (number >= 0) return with_commas(static_cast<std::uint64_t>(number));
  return "-" + with_commas(std::uint64_t{0} - static_cast<std::uint64_t>(number));
}

std::string three_digits(double number) {
  if (number >= 999.5) return with_commas(static_cast<std::int64_t>(std::llround(number)));
  if (number >= 99.95) return fmt::format("{:.0f}", number);
  if (number >= 9.995) return fmt::format("{:.1f}", number);
  if (number >= 0.0995) return fmt::format("{:.2f}", number);
  return fmt::format("{:.2g}", number);
}

std::string as_time(double seconds) {
  if (seconds >= 0.9995) return three_digits(seconds) + " s";
  if (seconds >= 0.9995e-3) return three_digits(seconds * 1e3) + " ms";
  if (seconds >= 0.9995e-6) return three_digits(seconds * 1e6) + " µs";
  return fmt::format("{:.0f} ns", seconds * 1e9);
}

std::string as_limit(double seconds) { return fmt::format("{:g} s", seconds); }

std::string as_memory(std::int64_t bytes) {
  auto const kib = static_cast<double>(bytes) / 1024;
  if (kib < 1000) return fmt::format("{:.0f} KiB", kib);
  if (kib < 1000 * 1024) return three_digits(kib / 1024) + " MiB";
  return three_digits(kib / 1024 / 1024) + " GiB";
}

std::string as_ratio(double ratio) { return three_digits(ratio) + "x"; }

std::string counted(std::uint64_t number, std::string const& what) {
  return fmt::format("{} {}{}", with_commas(number), what, number == 1 ? "" : "s");
}

}  // namespace demos::compare

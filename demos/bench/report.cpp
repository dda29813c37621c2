// SPDX-License-Identifier: BSL-1.0
/// Columns.
#include "report.hpp"

#include <fmt/format.h>

namespace demos::bench {
namespace {

double median(std::vector<double> const& values) { return spread_of(values).median; }

std::string in_floors(sample const& some) {
  auto const s = some.floors();
  return fmt::format("{:.2f} ({:.2f}-{:.2f})", s.median, s.least, s.most);
}

std::string in_its_unit(sample const& some, unit of) {
  auto const s = spread_of(some.figure);
  if (of == unit::bytes) return fmt::format("{:.0f} B", s.median);
  if (of == unit::microseconds)
    return fmt::format("{:.2f} us ({:.2f}-{:.2f})", s.median / 1e3, s.least / 1e3, s.most / 1e3);
  std::string text = fmt::format("{:.1f} ms", s.median);
  if (!some.cpu_ms.empty()) text += fmt::format(", {:.0f} CPU", median(some.cpu_ms));
  return text;
}

std::string figure(sample const& some, unit of) {
  if (!some.error.empty()) return some.error;
  if (some.figure.empty()) return "-";
  return of == unit::floors ? in_floors(some) : in_its_unit(some, of);
}

std::string beside(result const& of, std::size_t peer) {
  sample const& other = of.peers[peer];
  double const theirs = median(other.figure), ours = median(of.coir.figure);
  std::string const ratio = theirs > 0 && ours > 0 ? fmt::format("{:.2f} x", ours / theirs) : "-";
  return fmt::format("{:>9} {}: {}", ratio, of.what.peers[peer].name, figure(other, of.what.unit));
}

constexpr char const* columns = "{:<32}{:>9} {:>22} {:>22}{}\n";

}  // namespace

std::string heading(double floor) {
  return fmt::format(
             "One floor is one raw switch between two contexts: {:.2f} ns here.\n"
             "Median (least-most), in floors where no unit is named.\n\n",
             floor) +
         fmt::format(fmt::runtime(columns), "", "coir, ns", "coir", "once a thread lived",
                     "  beside");
}

std::string line(result const& of) {
  std::string const ns =
      of.what.unit == unit::floors ? fmt::format("{:.1f}", median(of.coir.figure)) : "";
  std::string text =
      fmt::format(fmt::runtime(columns), of.what.what, ns, figure(of.coir, of.what.unit),
                  of.what.once ? "" : figure(of.coir_shared, of.what.unit),
                  of.peers.empty() ? "" : beside(of, 0));
  for (std::size_t i = 1; i < of.peers.size(); ++i)
    text += fmt::format(fmt::runtime(columns), "", "", "", "", beside(of, i));
  return text;
}

}  // namespace demos::bench

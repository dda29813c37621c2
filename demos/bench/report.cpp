// SPDX-License-Identifier: BSL-1.0
/// Columns and JSON.
#include "report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/version.hpp>

namespace demos::bench {
namespace {

constexpr int name_width = 32;

double median(std::vector<double> const& values) { return spread_of(values).median; }

std::string in_floors(sample const& some) {
  if (!some.error.empty()) return some.error;
  if (some.figure.empty()) return "-";
  auto const s = some.floors();
  return fmt::format("{:.2f} ({:.2f}-{:.2f})", s.median, s.least, s.most);
}

std::string times_faster(result const& of) {
  double const boost = median(of.boost.figure), coir = median(of.coir.figure);
  return boost > 0 && coir > 0 ? fmt::format("{:.1f} x", boost / coir) : "-";
}

std::string operation_line(result const& of) {
  return fmt::format("{:<{}}{:>9.1f} {:>20} {:>20} {:>20} {:>7}\n", of.what.what, name_width,
                     median(of.coir.figure), in_floors(of.coir), in_floors(of.coir_shared),
                     in_floors(of.boost), times_faster(of));
}

std::string whole_line(result const& of) {
  auto const figure = [&](sample const& some) {
    if (!some.error.empty()) return some.error;
    if (some.figure.empty()) return std::string("-");
    auto const s = spread_of(some.figure);
    std::string const unit = of.what.unit == unit::bytes ? "B" : "ms";
    std::string text = of.what.unit == unit::bytes ? fmt::format("{:.0f} {}", s.median, unit)
                                                   : fmt::format("{:.1f} {}", s.median, unit);
    if (!some.cpu_ms.empty()) text += fmt::format(", {:.0f} CPU", median(some.cpu_ms));
    return text;
  };
  return fmt::format("{:<{}}{:>9} {:>20} {:>20} {:>20} {:>7}\n", of.what.what, name_width, "",
                     figure(of.coir), figure(of.coir_shared), figure(of.boost), times_faster(of));
}

nlohmann::json side(sample const& some) {
  if (!some.error.empty()) return {{"error", some.error}};
  return {{"figure", some.figure}, {"floor_ns", some.floor}, {"cpu_ms", some.cpu_ms}};
}

char const* name_of(unit of) {
  switch (of) {
    case unit::floors: return "ns";
    case unit::milliseconds: return "ms";
    case unit::bytes: return "bytes";
  }
  return "";
}

}  // namespace

std::string table(std::vector<result> const& results) {
  std::vector<double> floors;
  for (result const& each : results)
    floors.insert(floors.end(), each.coir.floor.begin(), each.coir.floor.end());
  std::string text = fmt::format(
      "One floor is one raw switch between two contexts: {:.2f} ns here. Median (least-most).\n\n",
      median(floors));
  text += fmt::format("{:<{}}{:>9} {:>20} {:>20} {:>20} {:>7}\n", "", name_width, "coir, ns",
                      "in floors", "once a thread lived", "Boost.Fiber", "coir is");
  for (result const& each : results)
    text += each.what.unit == unit::floors ? operation_line(each) : whole_line(each);
  return text;
}

nlohmann::json as_json(compare::machine_facts const& machine, plan const& how,
                       std::vector<result> const& results) {
  nlohmann::json rows = nlohmann::json::array();
  for (result const& each : results) {
    rows.push_back({{"name", each.what.name},
                    {"what", each.what.what},
                    {"unit", name_of(each.what.unit)},
                    {"coir", side(each.coir)},
                    {"coir_once_a_thread_lived", side(each.coir_shared)},
                    {"boost_fiber", side(each.boost)}});
  }
  return {{"date", fmt::format("{:%Y-%m-%d}", std::chrono::system_clock::now())},
          {"repetitions", how.repetitions},
          {"machine",
           {{"cores", machine.cores},
            {"cpu", machine.cpu},
            {"kernel", machine.kernel},
            {"compiler", machine.compiler},
            {"coir", machine.coir},
            {"boost", BOOST_LIB_VERSION},
            {"build", machine.build}}},
          {"rows", rows}};
}

}  // namespace demos::bench

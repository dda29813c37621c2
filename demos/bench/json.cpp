// SPDX-License-Identifier: BSL-1.0
/// Results as JSON, and back: a row is measured in a process of its own, which tells its figures so.
#include <fmt/chrono.h>

#include <boost/version.hpp>

#include "report.hpp"

namespace demos::bench {
namespace {

nlohmann::json of_side(sample const& some) {
  if (!some.error.empty()) return {{"error", some.error}};
  return {{"figure", some.figure}, {"floor_ns", some.floor}, {"cpu_ms", some.cpu_ms}};
}

sample side_from(nlohmann::json const& text) {
  sample some;
  if (text.contains("error")) {
    some.error = text.at("error");
    return some;
  }
  text.at("figure").get_to(some.figure);
  text.at("floor_ns").get_to(some.floor);
  text.at("cpu_ms").get_to(some.cpu_ms);
  return some;
}

char const* name_of(unit of) {
  switch (of) {
    case unit::floors: return "ns";
    case unit::microseconds: return "ns of the system";
    case unit::milliseconds: return "ms";
    case unit::bytes: return "bytes";
  }
  return "";
}

}  // namespace

nlohmann::json sides_as_json(result const& of) {
  nlohmann::json peers = nlohmann::json::array();
  for (std::size_t i = 0; i < of.peers.size(); ++i) {
    peers.push_back(of_side(of.peers[i]));
    peers.back()["name"] = of.what.peers[i].name;
  }
  return {{"coir", of_side(of.coir)},
          {"coir_once_a_thread_lived", of_side(of.coir_shared)},
          {"peers", peers}};
}

void read_sides(nlohmann::json const& text, result& into) {
  into.coir = side_from(text.at("coir"));
  into.coir_shared = side_from(text.at("coir_once_a_thread_lived"));
  into.peers.clear();
  for (auto const& each : text.at("peers")) into.peers.push_back(side_from(each));
}

nlohmann::json as_json(compare::machine_facts const& machine, plan const& how,
                       std::vector<result> const& results) {
  nlohmann::json rows = nlohmann::json::array();
  for (result const& each : results) {
    rows.push_back(sides_as_json(each));
    rows.back().update(nlohmann::json{
        {"name", each.what.name}, {"what", each.what.what}, {"unit", name_of(each.what.unit)}});
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

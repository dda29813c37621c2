// SPDX-License-Identifier: BSL-1.0
/// Requests and answers to and from CBOR.
#include "protocol.hpp"

#include <nlohmann/json.hpp>

namespace demos::compare {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(book, path, bytes, words)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(job, tasks, books)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(request, workload, model, work, parent)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(trouble, path, why)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(outcome, value, troubles)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(figures, wall, cpu, memory, voluntary, involuntary)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(repetition, how, why, measured, brought)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(answer, result, page_tables_after)

namespace {

// Paths and messages may hold bytes that are no UTF-8; both ends run on one machine, so a path
// must survive unchanged. CBOR carries any bytes.
template <class T>
std::string pack(T const& value) {
  auto const bytes = nlohmann::json::to_cbor(nlohmann::json(value));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string to_bytes(request const& question) { return pack(question); }
std::string to_bytes(answer const& reply) { return pack(reply); }

request parse_request(std::string const& bytes) {
  return nlohmann::json::from_cbor(bytes).get<request>();
}

answer parse_answer(std::string const& bytes) {
  return nlohmann::json::from_cbor(bytes).get<answer>();
}

}  // namespace demos::compare

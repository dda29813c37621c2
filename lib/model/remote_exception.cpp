// SPDX-License-Identifier: BSL-1.0
/// Exceptions as bytes.

#include "model/remote_exception.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

#include <coir/base/error.hpp>

namespace coir::detail {
namespace {

enum class sort : std::uint8_t { cancelled, other };

void pack(sort which, std::uint8_t detail, std::string_view text, std::vector<std::byte>& out) {
  out.push_back(static_cast<std::byte>(which));
  out.push_back(static_cast<std::byte>(detail));
  auto const bytes = std::as_bytes(std::span(text));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

void pack_exception(std::exception_ptr const& error, std::vector<std::byte>& out) {
  try {
    std::rethrow_exception(error);
  } catch (cancelled const& e) {
    pack(sort::cancelled, static_cast<std::uint8_t>(e.reason().cause()), e.reason().text(), out);
  } catch (std::exception const& e) {
    pack(sort::other, 0, e.what(), out);
  } catch (...) {
    pack(sort::other, 0, "an exception that is no std::exception", out);
  }
}

std::exception_ptr unpack_exception(std::span<std::byte const> in) {
  auto const rest = in.subspan(2);
  std::string text(reinterpret_cast<char const*>(rest.data()), rest.size());
  if (static_cast<sort>(in[0]) == sort::cancelled)
    return std::make_exception_ptr(
        cancelled(cancel_reason(static_cast<cancel_cause>(in[1]), std::move(text))));
  return std::make_exception_ptr(std::runtime_error(text));
}

}  // namespace coir::detail

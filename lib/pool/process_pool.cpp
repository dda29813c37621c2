// SPDX-License-Identifier: BSL-1.0
/// The handle of a pool, and packing what goes to it.

#include <coir/pool/process_pool.hpp>

#include <stdexcept>
#include <utility>

#include <coir/base/check.hpp>

#include "model/packer.hpp"
#include "model/remote_exception.hpp"
#include "pool/pool_core.hpp"
#include "sys/memory_file.hpp"
#include "sys/throw_trace.hpp"

namespace coir {
namespace detail {

void require_portable(refusal const& refused) {
  if (refused.found.why != obstacle::none) throw std::invalid_argument(to_string(refused));
}

std::shared_ptr<packed_call const> pack_call(task_record& unbegun) {
  constexpr refusal shares_memory{{obstacle::shares_memory}};
  portable_task const* const type = unbegun.type().portable;
  require_portable(type == nullptr ? shares_memory : type->refused);
  auto call = std::make_shared<packed_call>(*type);
  type->carry(&unbegun, &call->packed, nullptr);
  call->packed.finish();
  unbegun.type().drop_work(unbegun);
  return call;
}

void submit_to(pool_core& pool, task_record& fresh, submit_options const& options) {
  pool.submit(fresh, pack_call(fresh), options);
}

std::string pack_current_exception() {
  packer packed;
  pack_exception(std::current_exception(), packed);
  packed.finish();
  mapped_file const mapped(packed.file(), packed.file() ? packed.size() : 0);
  byte_view const bytes = packed.file() ? byte_view(mapped.bytes()) : packed.memory();
  return std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size());
}

void call_item(void (*function)(void* argument), void* argument) {
  call_traced(function, argument);
}

void rethrow_packed(std::string const& packed) {
  input_archive in(std::as_bytes(std::span(packed)));
  std::rethrow_exception(unpack_exception(in));
}

}  // namespace detail

process_pool::process_pool(process_pool_options options)
    : core_(std::make_shared<detail::pool_core>(std::move(options))) {}

process_pool::~process_pool() {
  core_->cancel_all("its process_pool was destroyed");
  core_->close();
  core_->wait_for_end(/*shielded=*/true);
}

void process_pool::close() { core_->close(); }

void process_pool::join() {
  core_->close();
  core_->wait_for_end(/*shielded=*/false);
}

std::size_t process_pool::workers() const noexcept { return core_->most_workers(); }

map_options process_pool::filled_in(map_options options) const noexcept {
  if (options.chunk == 0) options.chunk = 1;
  if (options.ahead == 0) options.ahead = 2 * workers() * options.chunk;
  return options;
}

}  // namespace coir

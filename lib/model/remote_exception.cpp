// SPDX-License-Identifier: BSL-1.0
/// Exceptions as bytes, and the types that travel.

#include "model/remote_exception.hpp"

#include <any>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <typeinfo>
#include <variant>

#include <cxxabi.h>

#include <coir/base/error.hpp>
#include <coir/model/processes.hpp>
#include <coir/model/remote_error.hpp>

#include "base/type_name.hpp"
#include "sys/throw_trace.hpp"

namespace coir::detail {

// ---- parts ---------------------------------------------------------------------------------------

void pack_number(std::int64_t number, output_archive& out) { out.write(&number, sizeof number); }

void pack_text(std::string_view text, output_archive& out) {
  pack_number(static_cast<std::int64_t>(text.size()), out);
  out.write(text.data(), text.size());
}

std::int64_t unpack_number(input_archive& in) {
  std::int64_t number;
  in.read(&number, sizeof number);
  return number;
}

std::string unpack_text(input_archive& in) {
  auto const size = static_cast<std::size_t>(unpack_number(in));
  return std::string(reinterpret_cast<char const*>(in.take(size)), size);
}

// ---- kinds ---------------------------------------------------------------------------------------

namespace {

exception_kind const*& newest_kind() noexcept {
  static exception_kind const* newest = nullptr;
  return newest;
}

}  // namespace

exception_kind::exception_kind(std::type_info const& type_, packer pack_, unpacker unpack_) noexcept
    : type(type_), pack(pack_), unpack(unpack_), next_(newest_kind()) {
  newest_kind() = this;
}

exception_kind const* exception_kind::find(std::type_info const& type) noexcept {
  exception_kind const* at = newest_kind();
  while (at != nullptr && at->type != type) at = at->next_;
  return at;
}

namespace {

template <class E>
std::exception_ptr pointer_to(E error) {
  return std::make_exception_ptr(std::move(error));
}

/// One that is made from its text.
template <class E>
struct textual : exception_kind {
  textual() noexcept
      : exception_kind(
            typeid(E),
            [](void const* error, output_archive& out) {
              pack_text(static_cast<E const*>(error)->what(), out);
            },
            [](input_archive& in) { return pointer_to(E(unpack_text(in))); }) {}
};

/// One that is always the same.
template <class E>
struct plain : exception_kind {
  plain() noexcept
      : exception_kind(
            typeid(E), [](void const*, output_archive&) {},
            [](input_archive&) { return pointer_to(E()); }) {}
};

template <template <class> class Kind, class... E>
struct kinds : Kind<E>... {};

kinds<textual, std::logic_error, std::invalid_argument, std::domain_error, std::length_error,
      std::out_of_range, std::runtime_error, std::range_error, std::overflow_error,
      std::underflow_error, timeout_error, broken_lock, broken_promise, broken_barrier, broken_pool,
      deadlock> const with_text;
kinds<plain, std::exception, std::bad_alloc, std::bad_array_new_length, std::bad_cast,
      std::bad_typeid, std::bad_exception, std::bad_optional_access, std::bad_variant_access,
      std::bad_any_cast, std::bad_function_call, std::bad_weak_ptr, queue_shut_down> const
    without_text;

std::error_category const* category_named(std::string const& name) noexcept {
  for (auto const* each : {&std::generic_category(), &std::system_category(),
                           &std::iostream_category(), &std::future_category()})
    if (name == each->name()) return each;
  return nullptr;
}

/// `text` without `end`, if that is its end.
std::string without(std::string text, std::string_view end) {
  if (text.ends_with(end)) text.resize(text.size() - end.size());
  return text;
}

/// What it says is what it was made with, and then what its code says.
exception_kind const of_system_error(
    typeid(std::system_error),
    [](void const* error, output_archive& out) {
      auto const& known = *static_cast<std::system_error const*>(error);
      pack_number(known.code().value(), out);
      pack_text(known.code().category().name(), out);
      pack_text(without(without(known.what(), known.code().message()), ": "), out);
    },
    [](input_archive& in) {
      auto const value = static_cast<int>(unpack_number(in));
      std::string const category = unpack_text(in);
      std::string const text = unpack_text(in);
      std::error_category const* const known = category_named(category);
      if (known == nullptr)
        return pointer_to(remote_error("std::system_error",
                                       text + ": " + category + " " + std::to_string(value)));
      std::error_code const code(value, *known);
      return pointer_to(text.empty() ? std::system_error(code) : std::system_error(code, text));
    });

exception_kind const of_worker_died(
    typeid(worker_died),
    [](void const* error, output_archive& out) {
      auto const& known = *static_cast<worker_died const*>(error);
      pack_text(known.what(), out);
      pack_number(known.process(), out);
      pack_number(known.signal(), out);
      pack_number(known.exit_code(), out);
    },
    [](input_archive& in) {
      std::string const text = unpack_text(in);
      auto const process = static_cast<pid_t>(unpack_number(in));
      auto const signal = static_cast<int>(unpack_number(in));
      auto const exit_code = static_cast<int>(unpack_number(in));
      return pointer_to(worker_died(text, process, signal, exit_code));
    });

exception_kind const of_cancelled(
    typeid(cancelled),
    [](void const* error, output_archive& out) {
      cancel_reason const& reason = static_cast<cancelled const*>(error)->reason();
      pack_number(static_cast<int>(reason.cause()), out);
      pack_text(reason.text(), out);
    },
    [](input_archive& in) {
      auto const cause = static_cast<cancel_cause>(unpack_number(in));
      return pointer_to(cancelled(cancel_reason(cause, unpack_text(in))));
    });

exception_kind const of_remote_error(
    typeid(remote_error),
    [](void const* error, output_archive& out) {
      auto const& known = *static_cast<remote_error const*>(error);
      pack_text(known.type_name(), out);
      pack_text(known.message(), out);
      pack_text(known.backtrace(), out);
    },
    [](input_archive& in) {
      std::string type = unpack_text(in);
      std::string message = unpack_text(in);
      std::string backtrace = unpack_text(in);
      return pointer_to(remote_error(std::move(type), std::move(message), std::move(backtrace)));
    });

void pack_as(exception_kind const& kind, void const* error, output_archive& out) {
  pack_number(static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(&kind)), out);
  kind.pack(error, out);
}

void pack_foreign(std::type_info const* type, char const* message, std::string trace,
                  output_archive& out) {
  remote_error const stand_in(type != nullptr ? type_name(*type) : "a foreign exception", message,
                              std::move(trace));
  pack_as(of_remote_error, &stand_in, out);
}

}  // namespace

void pack_exception(std::exception_ptr const& error, output_archive& out) {
  std::string trace = take_throw_trace();
  try {
    std::rethrow_exception(error);
  } catch (cancelled const& e) {
    pack_as(of_cancelled, &e, out);
  } catch (std::exception const& e) {
    if (exception_kind const* const kind = exception_kind::find(typeid(e))) {
      pack_as(*kind, dynamic_cast<void const*>(&e), out);
    } else {
      pack_foreign(&typeid(e), e.what(), std::move(trace), out);
    }
  } catch (...) {
    pack_foreign(abi::__cxa_current_exception_type(), "", std::move(trace), out);
  }
}

std::exception_ptr unpack_exception(input_archive& in) {
  auto const* const kind =
      reinterpret_cast<exception_kind const*>(static_cast<std::intptr_t>(unpack_number(in)));
  return kind->unpack(in);
}

}  // namespace coir::detail

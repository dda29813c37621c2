// SPDX-License-Identifier: BSL-1.0
/// Exceptions as bytes, and the types that travel.

#include "model/remote_exception.hpp"

#include <any>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <memory>
#include <new>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>

#include <cxxabi.h>

#include <coir/base/error.hpp>
#include <coir/model/processes.hpp>
#include <coir/model/remote_error.hpp>

#include "base/exception_text.hpp"
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

exception_kind::exception_kind(std::type_info const& type_, packer pack_, unpacker unpack_,
                               nester nest_) noexcept
    : type(type_), pack(pack_), unpack(unpack_), nest(nest_), next_(newest_kind()) {
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
            [](input_archive& in) { return pointer_to(E(unpack_text(in))); }, &with_nested<E>) {}
};

/// One that is always the same.
template <class E>
struct plain : exception_kind {
  plain() noexcept
      : exception_kind(
            typeid(E), [](void const*, output_archive&) {},
            [](input_archive&) { return pointer_to(E()); }, &with_nested<E>) {}
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

// ---- those with a code -----------------------------------------------------------------------------

void pack_code(std::error_code code, output_archive& out) {
  pack_number(code.value(), out);
  pack_text(code.category().name(), out);
}

/// A code of which the category is known here; else no code, and what to call it.
std::pair<std::optional<std::error_code>, std::string> unpack_code(input_archive& in) {
  auto const value = static_cast<int>(unpack_number(in));
  std::string const category = unpack_text(in);
  std::error_category const* const known = category_named(category);
  if (known == nullptr) return {std::nullopt, category + " " + std::to_string(value)};
  return {std::error_code(value, *known), ""};
}

/// What it was made with: its words without those that its code adds.
std::string own_text(std::system_error const& error) {
  return without(without(error.std::system_error::what(), error.code().message()), ": ");
}

/// Of one whose category only its own program knows.
std::exception_ptr pointer_to_unknown(std::type_info const& type, std::string const& text,
                                      std::string const& code) {
  return pointer_to(remote_error(type_name(type), text + " (" + code + ")"));
}

template <class E>
struct coded : exception_kind {
  coded() noexcept
      : exception_kind(
            typeid(E),
            [](void const* error, output_archive& out) {
              auto const& known = *static_cast<E const*>(error);
              pack_code(known.code(), out);
              pack_text(own_text(known), out);
              pack_text(known.what(), out);
            },
            [](input_archive& in) {
              auto const [code, unknown] = unpack_code(in);
              std::string const text = unpack_text(in);
              std::string const all = unpack_text(in);
              if (!code) return pointer_to_unknown(typeid(E), all, unknown);
              return pointer_to(make(*code, text));
            },
            &with_nested<E>) {}

 private:
  static E make(std::error_code code, std::string const& text) {
    if constexpr (std::is_same_v<E, std::system_error>) {
      return text.empty() ? E(code) : E(code, text);
    } else {
      return E(text, code);
    }
  }
};
kinds<coded, std::system_error, std::ios_base::failure> const with_code;

exception_kind const of_filesystem_error(
    typeid(std::filesystem::filesystem_error),
    [](void const* error, output_archive& out) {
      auto const& known = *static_cast<std::filesystem::filesystem_error const*>(error);
      pack_code(known.code(), out);
      for (std::string const& text :
           {own_text(known), known.path1().native(), known.path2().native()})
        pack_text(text, out);
      pack_text(known.what(), out);
    },
    [](input_archive& in) {
      using std::filesystem::filesystem_error;
      auto const [code, unknown] = unpack_code(in);
      std::string const text = unpack_text(in);
      std::string const first = unpack_text(in);
      std::string const second = unpack_text(in);
      std::string const all = unpack_text(in);
      if (!code) return pointer_to_unknown(typeid(filesystem_error), all, unknown);
      if (!second.empty()) return pointer_to(filesystem_error(text, first, second, *code));
      if (!first.empty()) return pointer_to(filesystem_error(text, first, *code));
      return pointer_to(filesystem_error(text, *code));
    },
    &with_nested<std::filesystem::filesystem_error>);

exception_kind const of_future_error(
    typeid(std::future_error),
    [](void const* error, output_archive& out) {
      pack_number(static_cast<std::future_error const*>(error)->code().value(), out);
    },
    [](input_archive& in) {
      return pointer_to(
          std::future_error(static_cast<std::future_errc>(static_cast<int>(unpack_number(in)))));
    },
    &with_nested<std::future_error>);

exception_kind const of_regex_error(
    typeid(std::regex_error),
    [](void const* error, output_archive& out) {
      pack_number(static_cast<std::regex_error const*>(error)->code(), out);
    },
    [](input_archive& in) {
      return pointer_to(std::regex_error(
          static_cast<std::regex_constants::error_type>(static_cast<int>(unpack_number(in)))));
    },
    &with_nested<std::regex_error>);

// ---- our own with more than words -------------------------------------------------------------------

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
    },
    &with_nested<worker_died>);

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
    },
    nullptr);

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
    },
    &with_nested<remote_error>);

void pack_kind(exception_kind const& kind, output_archive& out) {
  pack_number(static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(&kind)), out);
}

exception_kind const& unpack_kind(input_archive& in) {
  return *reinterpret_cast<exception_kind const*>(static_cast<std::intptr_t>(unpack_number(in)));
}

void pack_as(exception_kind const& kind, void const* error, output_archive& out) {
  pack_kind(kind, out);
  kind.pack(error, out);
}

void pack_foreign(std::type_info const* type, std::string message, std::string trace,
                  output_archive& out) {
  remote_error const stand_in(type != nullptr ? type_name(*type) : "a foreign exception",
                              std::move(message), std::move(trace));
  pack_as(of_remote_error, &stand_in, out);
}

// ---- nested ones -----------------------------------------------------------------------------------

void pack_any(std::exception_ptr const& error, std::string trace, output_archive& out);

/// Stands in front of two: the one that was thrown, and the one that was being handled.
exception_kind const of_nested(
    typeid(std::nested_exception), nullptr,
    [](input_archive& in) {
      exception_kind const& kind = unpack_kind(in);
      std::exception_ptr const outer = kind.unpack(in);
      return kind.nest(outer, unpack_exception(in));
    },
    nullptr);

bool is_of_std(std::type_info const& type, std::string_view name = "") noexcept {
  return std::string_view(type.name()).starts_with("St" + std::string(name));
}

/// What std::throw_with_nested() was given, if it has made `type` of it and of a nested_exception; else null.
std::type_info const* nesting(std::type_info const& type) noexcept {
  auto const* const several = dynamic_cast<abi::__vmi_class_type_info const*>(&type);
  if (several == nullptr || !is_of_std(type, "17_Nested_exceptionI")) return nullptr;
  return several->__base_info[0].__base_type;
}

void pack_std(std::exception const& error, std::string trace, output_archive& out) {
  std::type_info const& type = typeid(error);
  std::type_info const* const nests = nesting(type);
  auto const* const inner =
      nests != nullptr ? dynamic_cast<std::nested_exception const*>(&error) : nullptr;
  bool const is_nested = inner != nullptr && inner->nested_ptr() != nullptr;
  if (is_nested) pack_kind(of_nested, out);
  std::type_info const& outer = is_nested ? *nests : type;
  if (exception_kind const* const kind = exception_kind::find(outer)) {
    // Where there are two bases, the one that was given comes first.
    pack_as(*kind, dynamic_cast<void const*>(&error), out);
  } else if (auto const* const failure = dynamic_cast<std::ios_base::failure const*>(&error);
             failure != nullptr && is_of_std(outer)) {
    pack_as(*exception_kind::find(typeid(std::ios_base::failure)), failure, out);
  } else {
    pack_foreign(&outer, text_of(error), std::move(trace), out);
  }
  if (is_nested) pack_any(inner->nested_ptr(), "", out);
}

void pack_any(std::exception_ptr const& error, std::string trace, output_archive& out) {
  try {
    std::rethrow_exception(error);
  } catch (cancelled const& e) {
    pack_as(of_cancelled, &e, out);
  } catch (std::exception const& e) {
    pack_std(e, std::move(trace), out);
  } catch (...) {
    pack_foreign(abi::__cxa_current_exception_type(), "", std::move(trace), out);
  }
}

}  // namespace

void pack_exception(std::exception_ptr const& error, output_archive& out) {
  pack_any(error, take_throw_trace(), out);
}

std::exception_ptr unpack_exception(input_archive& in) { return unpack_kind(in).unpack(in); }

}  // namespace coir::detail

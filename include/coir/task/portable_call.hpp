// SPDX-License-Identifier: BSL-1.0
/// Which calls can be made in another process, and how they get there (P1).

#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <coir/model/portable_task.hpp>
#include <coir/task/result.hpp>

namespace coir::detail {

template <class Call>
struct task_state;

using packed_bytes = std::vector<std::byte>;
using packed_view = std::span<std::byte const>;

// ---- values --------------------------------------------------------------------------------------

/// What looks like bytes that may be copied, and yet means something in one process only.
template <class T>
inline constexpr bool means_an_address = std::is_pointer_v<T> || std::is_member_pointer_v<T>;
template <class T>
inline constexpr bool means_an_address<std::reference_wrapper<T>> = true;
template <class T, std::size_t Extent>
inline constexpr bool means_an_address<std::span<T, Extent>> = true;
template <class C, class Traits>
inline constexpr bool means_an_address<std::basic_string_view<C, Traits>> = true;

/// Whether a value means the same in another process.
template <class T>
inline constexpr bool portable_value =
    std::is_object_v<T>&& std::is_trivially_copyable_v<T> && !means_an_address<T>;

template <class T>
void pack_value(T const& value, packed_bytes& out) {
  packed_view const bytes = std::as_bytes(std::span<T const, 1>(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Takes a value from the front of `in`.
template <class T>
T unpack_value(packed_view& in) {
  alignas(T) std::byte room[sizeof(T)];
  std::memcpy(room, in.data(), sizeof(T));
  in = in.subspan(sizeof(T));
  return *std::launder(reinterpret_cast<T*>(room));
}

// ---- functions and calls -------------------------------------------------------------------------

/// The parameters of a function that has one signature only.
template <class... P>
struct parameters {};
template <class R, class... P>
parameters<P...> parameters_of(R (*)(P...));
template <class R, class... P>
parameters<P...> parameters_of(R (*)(P...) noexcept);
template <class R, class F, class... P>
parameters<P...> parameters_of(R (F::*)(P...));
template <class R, class F, class... P>
parameters<P...> parameters_of(R (F::*)(P...) const);
template <class R, class F, class... P>
parameters<P...> parameters_of(R (F::*)(P...) noexcept);
template <class R, class F, class... P>
parameters<P...> parameters_of(R (F::*)(P...) const noexcept);

template <class F>
struct signature_of {
  using type = void;  // a template, or overloaded
};
template <class F>
requires std::is_function_v<std::remove_pointer_t<F>>
struct signature_of<F> {
  using type = decltype(parameters_of(std::declval<F>()));
};
template <class F>
requires requires { parameters_of(&F::operator()); }
struct signature_of<F> {
  using type = decltype(parameters_of(&F::operator()));
};

/// The call as it is made in the other process: its arguments are of the types of the parameters, so
/// that a literal becomes the string that it is taken as.
template <class F, class Signature, class... Args>
struct converted {
  using type = bound_call<F, Args...>;
};
template <class F, class... P, class... Args>
requires(sizeof...(P) == sizeof...(Args)) struct converted<F, parameters<P...>, Args...> {
  using type = bound_call<F, std::decay_t<P>...>;
};

/// A function: one that captures nothing is known by its type, or by its address.
template <class F>
struct portable_part {
  using remote = F;
  static constexpr bool ok =
      (std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>>) ||
      (std::is_empty_v<F> && std::is_trivially_copyable_v<F>);
  static std::string refusal() { return refuse_function(typeid(F)); }
  static void pack(F const& function, packed_bytes& out) { pack_value(function, out); }
  static F unpack(packed_view& in) { return unpack_value<F>(in); }
};

/// A call: its function, which may be a call itself, and its arguments.
template <class F, class... Args>
struct portable_part<bound_call<F, Args...>> {
  using function = portable_part<F>;
  using result = typename bound_call<F, Args...>::result;

  template <class Remote>
  struct as;
  template <class G, class... Values>
  struct as<bound_call<G, Values...>> {
    using type = bound_call<typename function::remote, Values...>;
    static constexpr bool ok = function::ok && (portable_value<Values> && ...) &&
                               (std::is_void_v<result> || portable_value<result>);

    static std::string refusal() {
      if (!function::ok) return function::refusal();
      std::string why;
      if constexpr (sizeof...(Values) != 0) {
        std::size_t place = 0;
        auto const look = [&]<class T>(std::type_identity<T>) {
          ++place;
          if (!portable_value<T> && why.empty())
            why = refuse_argument(place, typeid(T), means_an_address<T>);
        };
        (look(std::type_identity<Values>{}), ...);
      }
      return why.empty() ? refuse_result(typeid(result)) : why;
    }
    static void pack(bound_call<F, Args...> const& call, packed_bytes& out) {
      std::apply(
          [&](F const& f, Args const&... args) {
            function::pack(f, out);
            (pack_value<Values>(static_cast<Values const&>(args), out), ...);
          },
          call.parts());
    }
    static type unpack(packed_view& in) {
      // Braces: from left to right.
      return std::make_from_tuple<type>(
          std::tuple<std::in_place_t, typename function::remote, Values...>{
              std::in_place, function::unpack(in), unpack_value<Values>(in)...});
    }
  };

  using here = as<typename converted<F, typename signature_of<F>::type, Args...>::type>;
  using remote = typename here::type;
  static constexpr bool ok = here::ok;
  static std::string refusal() { return here::refusal(); }
  static void pack(bound_call<F, Args...> const& call, packed_bytes& out) { here::pack(call, out); }
  static remote unpack(packed_view& in) { return here::unpack(in); }
};

// ---- tasks ---------------------------------------------------------------------------------------

/// The task of a call, as it is carried.
template <class Call>
struct portable_type {
  using part = portable_part<Call>;
  using result = typename Call::result;

  static void pack(task_record& self, packed_bytes& out) {
    part::pack(*static_cast<task_state<Call>&>(self).work, out);
  }
  static task_record* unpack(packed_view in, unsigned exceptions_at_entry) {
    return new task_state<typename part::remote>(birth{task_kind::thread, exceptions_at_entry},
                                                 part::unpack(in));
  }
  static void pack_result(task_record& self, [[maybe_unused]] packed_bytes& out) {
    if constexpr (!std::is_void_v<result>)
      pack_value(static_cast<task_result<result>&>(self).peek(), out);
  }
  static void unpack_result(task_record& self, [[maybe_unused]] packed_view in) {
    static_cast<task_result<result>&>(self).keep([&]() -> result {
      if constexpr (!std::is_void_v<result>) return unpack_value<result>(in);
    });
  }
};

template <class Call>
inline constexpr bool is_bound_call = false;
template <class F, class... Args>
inline constexpr bool is_bound_call<bound_call<F, Args...>> = true;

/// How the task of a `Call` gets to another process, or why it does not.
template <class Call>
portable_task const* portable_table() noexcept {
  if constexpr (!is_bound_call<Call>) {
    return nullptr;  // it refers to who has begun it
  } else if constexpr (portable_part<Call>::ok) {
    using type = portable_type<Call>;
    static constexpr portable_task methods{nullptr, &type::pack, &type::unpack, &type::pack_result,
                                           &type::unpack_result};
    return &methods;
  } else {
    static constexpr portable_task none{&portable_part<Call>::refusal};
    return &none;
  }
}

}  // namespace coir::detail

// SPDX-License-Identifier: BSL-1.0
/// Which calls can be made in another process, and how they get there (P1).

#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <coir/model/packing.hpp>
#include <coir/model/portable.hpp>
#include <coir/model/portable_task.hpp>
#include <coir/task/bound_call.hpp>
#include <coir/task/task_state.hpp>

namespace coir::detail {

// ---- functions -----------------------------------------------------------------------------------

/// One that captures nothing is known by its type, any other by its address. A member function is called with
/// its object as the first argument.
template <class F>
inline constexpr bool stateless = std::is_empty_v<F>&& std::is_trivially_copyable_v<F>;
template <class F>
inline constexpr bool portable_function = stateless<F> || std::is_member_function_pointer_v<F> ||
                                          (std::is_pointer_v<F> &&
                                           std::is_function_v<std::remove_pointer_t<F>>);

struct empty_byte {};

template <class F>
void save_function(output_archive& out, F const& function) {
  if constexpr (!stateless<F>) out.write(&function, sizeof function);
}
template <class F>
F load_function(input_archive& in) {
  if constexpr (stateless<F>) {
    return std::bit_cast<F>(empty_byte());
  } else {
    return load_bytes<F>(in);
  }
}

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

/// Where a member function takes its object, which is what it is.
struct its_object {};
template <class... P>
parameters<its_object, P...> with_object(parameters<P...>);

template <class F>
struct signature_of {
  using type = void;  // a template, or overloaded
};
template <class F>
requires std::is_pointer_v<F>
struct signature_of<F> {
  using type = decltype(parameters_of(std::declval<F>()));
};
template <class F>
requires std::is_member_function_pointer_v<F> && requires(F f) { parameters_of(f); }
struct signature_of<F> {
  using type = decltype(with_object(parameters_of(std::declval<F>())));
};
template <class F>
requires requires { parameters_of(&F::operator()); }
struct signature_of<F> {
  using type = decltype(parameters_of(&F::operator()));
};

/// Whether a parameter is bound to the very argument, and not to what that is converted to.
template <class Parameter, class Given>
inline constexpr bool binds =
    std::is_same_v<Parameter, its_object> ||
    (std::is_lvalue_reference_v<Parameter> &&
     !std::is_const_v<std::remove_reference_t<Parameter>>) ||
    (std::is_reference_v<Parameter> &&
     std::is_convertible_v<Given*, std::remove_reference_t<Parameter> const*>);
template <class Parameter, class T>  // who says std::ref means the very object
inline constexpr bool binds<Parameter, std::reference_wrapper<T>> = true;

/// What an argument is carried as: what the parameter takes it as, so that a literal becomes the string
/// that it is meant to be. A string for a string_view is carried as it is.
template <class Parameter, class Given>
struct carried_argument {
  using type = std::decay_t<Parameter>;
};
template <class Parameter, class Given>
requires binds<Parameter, Given> ||(!portable<std::decay_t<Parameter>> &&
                                    portable<Given>)struct carried_argument<Parameter, Given> {
  using type = Given;
};

/// The call as it is made in the other process.
template <class F, class Signature, class... Args>
struct conversion {
  using type = bound_call<F, Args...>;
};
template <class F, class... P, class... Args>
requires(sizeof...(P) == sizeof...(Args)) struct conversion<F, parameters<P...>, Args...> {
  using type = bound_call<F, typename carried_argument<P, Args>::type...>;
};
template <class F, class... Args>
struct converted : conversion<F, typename signature_of<F>::type, Args...> {};
template <class F>
struct converted<F> {
  using type = bound_call<F>;
};

/// Packs an argument as the `Value` that it is taken as.
template <class Value, class Given>
void save_as(output_archive& out, Given& given) {
  if constexpr (std::is_same_v<Value, Given>) {
    save<Value>(out, given);
  } else {
    Value const value = static_cast<Value>(std::move(given));
    save<Value>(out, value);
  }
}

// ---- calls ---------------------------------------------------------------------------------------

/// The first of the arguments that cannot be carried, or else the result.
template <class Result, class... Values>
constexpr refusal refusal_of_call() {
  refusal first;
  std::uint8_t place = 0;
  auto const look = [&](hindrance found, std::type_info const& type) {
    ++place;
    if (first.found.why == obstacle::none && found.why != obstacle::none)
      first = {found, place, &type};
  };
  (look(hindrance_of<Values>(), typeid(Values)), ...);
  place = refusal::of_result - 1;
  look(hindrance_of<Result>(), typeid(Result));
  return first;
}

template <class R>
void carry_result(task_record& self, output_archive* out, input_archive* in) {
  auto& holder = static_cast<task_result<R>&>(self);
  if constexpr (!std::is_void_v<R>) {
    if (out != nullptr) {
      save<R>(*out, holder.peek());
    } else {
      holder.keep([in]() -> R { return load<R>(*in); });
    }
  }
}

template <class Call, class Remote>
struct carried_call;

/// A call, and the same as it is made in the other process: with arguments of these types.
template <class F, class... Args, class... Values>
struct carried_call<bound_call<F, Args...>, bound_call<F, Values...>> {
  using here = bound_call<F, Args...>;
  using there = bound_call<F, Values...>;
  using result = typename here::result;
  static constexpr refusal refused = refusal_of_call<result, Values...>();

  static task_record* carry(task_record* self, output_archive* out, input_archive* in) {
    if (out != nullptr) {
      pack(static_cast<task_state<here>*>(self)->work, *out, std::index_sequence_for<Args...>());
      return nullptr;
    }
    return new task_state<there>(type_of_resident<there>, birth_from_afar(), *in);
  }

 private:
  template <std::size_t... Places>
  static void pack(here& call, output_archive& out, std::index_sequence<Places...>) {
    ((out.argument = Places + 1, save_as<Values>(out, call.kept_argument<Places, Args>::value)),
     ...);
    save_function(out, call.function);
  }
};

// ---- tasks ---------------------------------------------------------------------------------------

/// How the task of a call gets to another process, or why it does not. Of what is no call of spawn()'s:
/// null, for it refers to who has begun it.
template <class Call>
inline constexpr portable_task const* portable_of = nullptr;

template <class F, class... Args>
struct portable_table {
  static constexpr portable_task make() {
    if constexpr (!portable_function<F>) {
      return {{{obstacle::holds_state, &typeid(F)}}};
    } else {
      using carried = carried_call<bound_call<F, Args...>, typename converted<F, Args...>::type>;
      if constexpr (carried::refused.found.why != obstacle::none) {
        return {carried::refused};
      } else {
        return {{}, &carried::carry, &carry_result<typename carried::result>};
      }
    }
  }
  static constexpr portable_task table = make();
};
template <class F, class... Args>
inline constexpr portable_task const* portable_of<bound_call<F, Args...>> =
    &portable_table<F, Args...>::table;

/// Of a task that spawn() makes.
template <class Call>
inline constexpr task_type type_of_spawned = task_state<Call>::type_for(portable_of<Call>);

}  // namespace coir::detail

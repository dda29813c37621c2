// SPDX-License-Identifier: BSL-1.0
/// Packing values into archives, and unpacking them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include <coir/model/portable.hpp>

namespace coir::detail {

/// Includes <coir/model/cereal.hpp> who uses it.
template <class T>
struct cereal_way;

/// Values that lie next to each other are packed at once, where their alignment allows to use them.
template <class T>
concept contiguous = packing_of<typename T::value_type>()
== packing::bytes&& requires(T& values, typename T::value_type const* at) {
  values.assign(at, at);
  values.resize(std::size_t{1});
  requires std::is_same_v<decltype(values.data()), typename T::value_type*>;
};

template <class T>
void save(output_archive& out, T const& value);
template <class T>
T load(input_archive& in);
template <class T>
void load_into(input_archive& in, T& value);

[[noreturn]] COIR_EXPORT COIR_COLD void refuse_valueless();
[[noreturn]] COIR_EXPORT COIR_COLD void no_such_alternative(std::size_t index, std::size_t count);

inline void save_count(output_archive& out, std::size_t count) {
  auto const number = static_cast<std::uint64_t>(count);
  out.write(&number, sizeof number);
}
inline std::size_t load_count(input_archive& in) {
  std::uint64_t number;
  in.read(&number, sizeof number);
  return static_cast<std::size_t>(number);
}

// ---- out -----------------------------------------------------------------------------------------

template <class T>
void save_list(output_archive& out, T const& values) {
  using value_type = typename T::value_type;
  save_count(out, values.size());
  if constexpr (contiguous<T>) {
    out.align(alignof(value_type));
    out.write(values.data(), values.size() * sizeof(value_type));
  } else {
    for (auto const& each : values) save<value_type>(out, each);
  }
}

template <class T, std::size_t... Places>
void save_tuple(output_archive& out, T const& values, std::index_sequence<Places...>) {
  using std::get;
  (save<std::remove_cv_t<std::tuple_element_t<Places, T>>>(out, get<Places>(values)), ...);
}

/// What can be packed is.
template <class T>
void save(output_archive& out, T const& value) {
  constexpr packing how = how_packed<T>;
  static_assert(
      packable<T>,
      "coir: a value of this type cannot be carried into another process: it is a pointer, "
      "a reference or a view, or holds one, or nobody has said how it is serialised; write "
      "serialize(archive, value) beside its type");
  if constexpr (how == packing::bytes) {
    out.write(&value, sizeof value);
  } else if constexpr (how == packing::serialize) {
    own::call_serialize(out, const_cast<T&>(value));
  } else if constexpr (how == packing::save) {
    own::call_save(out, value);
  } else if constexpr (how == packing::cereal) {
    cereal_way<T>::save(out, value);
  } else if constexpr (how == packing::text) {
    save(out, value.native());
  } else if constexpr (how == packing::array) {
    for (auto const& each : value) save(out, each);
  } else if constexpr (how == packing::tuple) {
    save_tuple(out, value, std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (how == packing::map) {
    save_count(out, value.size());
    for (auto const& [key, mapped] : value) {
      save<typename T::key_type>(out, key);
      save<typename T::mapped_type>(out, mapped);
    }
  } else if constexpr (how == packing::set || how == packing::list) {
    save_list(out, value);
  } else if constexpr (how == packing::optional) {
    save(out, value.has_value());
    if (value.has_value()) save<typename T::value_type>(out, *value);
  } else if constexpr (how == packing::variant) {
    if (value.valueless_by_exception()) refuse_valueless();
    save_count(out, value.index());
    visit([&out](auto const& held) { save(out, held); }, value);
  } else if constexpr (how == packing::unique) {
    save(out, value != nullptr);
    if (value != nullptr) save<typename T::element_type>(out, *value);
  }
}

// ---- in ------------------------------------------------------------------------------------------

/// Straight into its place where it can be made from nothing: no temporary of a big one.
template <class T>
T load_bytes(input_archive& in) {
  if constexpr (std::is_trivially_default_constructible_v<T>) {
    T value;
    in.read(&value, sizeof value);
    return value;
  } else {
    alignas(T) std::byte room[sizeof(T)];
    in.read(room, sizeof room);
    return std::move(*std::launder(reinterpret_cast<T*>(room)));
  }
}

template <class T>
T load_list(input_archive& in) {
  using value_type = typename T::value_type;
  std::size_t count = load_count(in);
  T values;
  if constexpr (contiguous<T>) {
    in.align(alignof(value_type));
    std::byte const* const from = in.take_many(count, sizeof(value_type));
    if (reinterpret_cast<std::uintptr_t>(from) % alignof(value_type) == 0) {
      auto const* const first = reinterpret_cast<value_type const*>(from);
      values.assign(first, first + count);
    } else if (count != 0) {
      values.resize(count);
      std::memcpy(static_cast<void*>(values.data()), from, count * sizeof(value_type));
    }
  } else if constexpr (how_packed<T> == packing::list) {
    for (; count > 0; --count) values.push_back(load<value_type>(in));
  } else {
    for (; count > 0; --count) values.insert(load<value_type>(in));
  }
  return values;
}

template <class T>
T load_map(input_archive& in) {
  T values;
  for (std::size_t count = load_count(in); count > 0; --count) {
    auto key = load<typename T::key_type>(in);
    values.emplace(std::move(key), load<typename T::mapped_type>(in));
  }
  return values;
}

template <class T, std::size_t... Places>
T load_array(input_archive& in, std::index_sequence<Places...>) {
  return T{((void)Places, load<typename T::value_type>(in))...};  // from left to right
}

template <class T, std::size_t... Places>
T load_tuple(input_archive& in, std::index_sequence<Places...>) {
  return T{load<std::remove_cv_t<std::tuple_element_t<Places, T>>>(in)...};  // from left to right
}

template <class Variant, std::size_t Index, class T, class... More>
Variant load_alternative(input_archive& in, std::size_t index) {
  if (index == Index) return Variant(std::in_place_index<Index>, load<T>(in));
  if constexpr (sizeof...(More) != 0) {
    return load_alternative<Variant, Index + 1, More...>(in, index);
  } else {
    no_such_alternative(index, Index + 1);
  }
}
template <template <class...> class Variant, class... T>
Variant<T...> load_variant(input_archive& in, std::type_identity<Variant<T...>>) {
  return load_alternative<Variant<T...>, 0, T...>(in, load_count(in));
}

template <class T>
T load(input_archive& in) {
  constexpr packing how = how_packed<T>;
  static_assert(portable<T>, "coir: a value of this type cannot come from another process");
  if constexpr (how == packing::bytes) {
    return load_bytes<T>(in);
  } else if constexpr (how == packing::array && !made_from_nothing<T>) {
    return load_array<T>(in, std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (how == packing::serialize || how == packing::cereal ||
                       how == packing::array) {
    T value{};
    load_into(in, value);
    return value;
  } else if constexpr (how == packing::text) {
    return T(load<typename T::string_type>(in));
  } else if constexpr (how == packing::save) {
    return own::call_load<T>(in);
  } else if constexpr (how == packing::tuple) {
    return load_tuple<T>(in, std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (how == packing::map) {
    return load_map<T>(in);
  } else if constexpr (how == packing::set || how == packing::list) {
    return load_list<T>(in);
  } else if constexpr (how == packing::optional) {
    return load<bool>(in) ? T(std::in_place, load<typename T::value_type>(in)) : T();
  } else if constexpr (how == packing::variant) {
    return load_variant(in, std::type_identity<T>());
  } else if constexpr (how == packing::unique) {
    using value_type = typename T::element_type;
    return load<bool>(in) ? T(new value_type(load<value_type>(in))) : T();
  }
}

template <class T>
void load_into(input_archive& in, T& value) {
  constexpr packing how = how_packed<T>;
  static_assert(packable<T>, "coir: a value of this type cannot come from another process");
  if constexpr (how == packing::bytes) {
    in.read(&value, sizeof value);
  } else if constexpr (how == packing::serialize) {
    own::call_serialize(in, value);
  } else if constexpr (how == packing::cereal) {
    cereal_way<T>::load(in, value);
  } else if constexpr (how == packing::array) {
    for (auto& each : value) load_into(in, each);
  } else {
    value = load<T>(in);
  }
}

}  // namespace coir::detail

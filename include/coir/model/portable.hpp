// SPDX-License-Identifier: BSL-1.0
/// Which values can be carried into another process, and why others cannot (P1).

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <coir/model/archive.hpp>
#include <coir/model/refusal.hpp>

namespace coir {

/// Say `template <> inline constexpr bool coir::uses_cereal<my::type> = true;` beside a type that has
/// cereal's functions and none of ours, and include <coir/model/cereal.hpp> where it is carried.
template <class T>
inline constexpr bool uses_cereal = false;

namespace detail {

// ---- the user's own ------------------------------------------------------------------------------

namespace own {

void serialize() = delete;  // only what is found beside the type
void save() = delete;
void load() = delete;

template <class T>
concept serialized = requires(output_archive& out, input_archive& in, T& value) {
  serialize(out, value);
  serialize(in, value);
};
template <class T>
concept saved = requires(output_archive& out, input_archive& in, T const& value) {
  save(out, value);
  { load(in, std::type_identity<T>()) } -> std::same_as<T>;
};

template <class Archive, class T>
void call_serialize(Archive& archive, T& value) {
  serialize(archive, value);
}
template <class T>
void call_save(output_archive& out, T const& value) {
  save(out, value);
}
template <class T>
T call_load(input_archive& in) {
  return load(in, std::type_identity<T>());
}

}  // namespace own

// ---- what it looks like --------------------------------------------------------------------------

/// What may look like bytes that can be copied, and yet means something in one process only.
template <class T>
inline constexpr bool refers =
    std::is_reference_v<T> || std::is_pointer_v<T> || std::is_member_pointer_v<T>;
template <class T>
inline constexpr bool refers<std::reference_wrapper<T>> = true;
template <class T>
inline constexpr bool refers<std::initializer_list<T>> = true;
template <class T, std::size_t Extent>
inline constexpr bool refers<std::span<T, Extent>> = true;
template <class C, class Traits>
inline constexpr bool refers<std::basic_string_view<C, Traits>> = true;

// Templates of std are known by what they can do and not by their names, so that nobody need include
// them here. Those of others that can do the same are carried too.
template <class T>
concept arraylike = requires {
  typename T::value_type;
  std::tuple_size<T>::value;
};
template <class T>
concept tuplelike = !arraylike<T> && requires {
  std::tuple_size<T>::value;
};
template <class T>
concept maplike = requires(T& values) {
  typename T::mapped_type;
  typename T::key_type;
  values.begin()->second;
  values.size();
};
template <class T>
concept setlike = !maplike<T> && requires(T & values, typename T::value_type&& value) {
  typename T::key_type;
  values.insert(std::move(value));
  values.size();
};
template <class T>
concept listlike = !requires {
  typename T::key_type;
}
&&requires(T& values, typename T::value_type&& value) {
  values.push_back(std::move(value));
  values.begin() != values.end();
  values.size();
};
template <class T>
concept optionallike = !requires {
  typename T::error_type;
}
&&requires(T& value) {
  typename T::value_type;
  value.has_value();
  value.reset();
  *value;
};

template <class T>
struct alternatives : std::false_type {};
template <template <class...> class Variant, class... T>
requires requires(Variant<T...>& value) {
  value.index();
  value.valueless_by_exception();
}
struct alternatives<Variant<T...>> : std::true_type {};

template <class T>
inline constexpr bool is_unique_pointer = false;
template <class T>
inline constexpr bool is_unique_pointer<std::unique_ptr<T>> = !std::is_array_v<T>;

/// A lambda that captures can be copied, and neither assigned nor made from nothing. What it captures
/// cannot be seen.
template <class T>
concept plain_bytes = std::is_trivially_copyable_v<T> &&
    (std::is_copy_assignable_v<T> || std::is_move_assignable_v<T> ||
     std::is_default_constructible_v<T>)&&std::is_move_constructible_v<T>;

/// How a value is packed.
enum class packing : unsigned char {
  impossible,
  reference,  // it means nothing elsewhere
  nothing,    // void
  serialize,  // by the user's serialize()
  save,       // by the user's save() and load()
  cereal,     // by cereal
  array,      // value by value; their number is known
  tuple,      // likewise, of several types
  map,        // their number, and key by key
  set,        // value by value
  list,       // likewise
  optional,   // whether there is one
  variant,    // which one it is
  unique,     // as an optional one
  bytes,      // as it lies in memory
};

template <class T>
constexpr packing packing_of() noexcept {
  if constexpr (std::is_void_v<T>) {
    return packing::nothing;
  } else if constexpr (refers<T>) {
    return packing::reference;
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return packing::bytes;
  } else if constexpr (std::is_array_v<T>) {
    return packing_of<std::remove_extent_t<T>>() == packing::bytes ? packing::bytes
                                                                   : packing::array;
  } else if constexpr (!std::is_class_v<T> && !std::is_union_v<T>) {
    return plain_bytes<T> ? packing::bytes : packing::impossible;
  } else if constexpr (own::serialized<T>) {
    return packing::serialize;
  } else if constexpr (own::saved<T>) {
    return packing::save;
  } else if constexpr (uses_cereal<T>) {
    return packing::cereal;
  } else if constexpr (arraylike<T>) {
    return std::is_trivially_copyable_v<T> && packing_of<typename T::value_type>() == packing::bytes
               ? packing::bytes
               : packing::array;
  } else if constexpr (tuplelike<T>) {
    return packing::tuple;
  } else if constexpr (maplike<T>) {
    return packing::map;
  } else if constexpr (setlike<T>) {
    return packing::set;
  } else if constexpr (listlike<T>) {
    return packing::list;
  } else if constexpr (optionallike<T>) {
    return packing::optional;
  } else if constexpr (alternatives<T>::value) {
    return packing::variant;
  } else if constexpr (is_unique_pointer<T>) {
    return packing::unique;
  } else {
    return plain_bytes<T> ? packing::bytes : packing::impossible;
  }
}

template <class T>
inline constexpr packing how_packed = packing_of<T>();

// ---- what hinders it -----------------------------------------------------------------------------

template <class T>
constexpr hindrance hindrance_of();

/// The first hindrance of several types.
template <class... T>
constexpr hindrance first_hindrance() {
  hindrance found;
  ((found.why == obstacle::none ? void(found = hindrance_of<T>()) : void()), ...);
  return found;
}

template <class T>
struct part_hindrance {};
template <template <class...> class Of, class... T>
struct part_hindrance<Of<T...>> {
  static constexpr hindrance find() { return first_hindrance<T...>(); }
};

/// Why a T cannot be carried, and what in it.
template <class T>
constexpr hindrance hindrance_of() {
  constexpr packing how = how_packed<T>;
  if constexpr (how == packing::impossible) {
    return {obstacle::not_serialised, &typeid(T)};
  } else if constexpr (how == packing::reference) {
    return {obstacle::refers, &typeid(T)};
  } else if constexpr (how == packing::bytes) {
    return {};
  } else if constexpr (std::is_array_v<T>) {
    return hindrance_of<std::remove_extent_t<T>>();
  } else if constexpr (how == packing::map) {
    return first_hindrance<typename T::key_type, typename T::mapped_type>();
  } else if constexpr (how == packing::array || how == packing::set || how == packing::list ||
                       how == packing::optional) {
    return hindrance_of<typename T::value_type>();
  } else if constexpr (how == packing::tuple || how == packing::variant) {
    return part_hindrance<T>::find();
  } else if constexpr (how == packing::unique) {
    using value = typename T::element_type;
    if constexpr (std::is_polymorphic_v<value> && !std::is_final_v<value>) {
      return {obstacle::derived, &typeid(value)};
    } else {
      return hindrance_of<value>();
    }
  } else {
    return {};
  }
}

}  // namespace detail

/// Whether values of type T can be carried into another process: numbers, enums, strings, std's
/// containers, tuples, optionals, variants and unique_ptrs of such, durations and times; structs that
/// are trivially copyable, which must not hold pointers; and whatever has a function of its own:
///
///     template <class Archive>
///     void serialize(Archive& archive, my::type& value) {   // beside the type; packs and unpacks
///       archive(value.name, value.number);
///     }
///
/// or, for what cannot be made from nothing,
///
///     void save(coir::output_archive& archive, my::type const& value);
///     my::type load(coir::input_archive& archive, std::type_identity<my::type>);
template <class T>
concept portable = detail::hindrance_of<T>()
.why == detail::obstacle::none;

}  // namespace coir

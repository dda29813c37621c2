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
namespace own {

using std::get;  // or what is found beside the type
template <class T, std::size_t... Places>
constexpr bool made_of_elements(std::index_sequence<Places...>) {
  return requires(T const& value) {
    (get<Places>(value), ...);
    T{std::declval<std::remove_cv_t<std::tuple_element_t<Places, T>>>()...};
  };
}

}  // namespace own

template <class T>
concept tuplelike = !arraylike<T> && requires {
  requires own::made_of_elements<T>(std::make_index_sequence<std::tuple_size<T>::value>());
};
template <class T>
concept maplike = std::default_initializable<T> && requires(T& values) {
  typename T::mapped_type;
  typename T::key_type;
  values.begin()->second;
  values.size();
};
template <class T>
concept setlike = !maplike<T> && std::default_initializable<T> &&
                  requires(T & values, typename T::value_type&& value) {
  typename T::key_type;
  values.insert(std::move(value));
  values.size();
};
template <class T>
concept listlike = !requires {
  typename T::key_type;
}
&&std::default_initializable<T>&& requires(T& values, typename T::value_type&& value) {
  values.push_back(std::move(value));
  values.begin() != values.end();
  values.size();
};
/// As std::filesystem::path: a text with a type of its own.
template <class T>
concept pathlike = requires(T const& value) {
  { value.native() } -> std::same_as<typename T::string_type const&>;
  T(value.native());
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
  requires std::is_constructible_v<T, std::in_place_t, typename T::value_type>;
};

template <class T>
struct alternatives : std::false_type {};
template <template <class...> class Variant, class First, class... More>
requires requires(Variant<First, More...>& value) {
  value.index();
  value.valueless_by_exception();
  requires std::is_constructible_v<Variant<First, More...>, std::in_place_index_t<0>, First>;
}
struct alternatives<Variant<First, More...>> : std::true_type {};

template <class T>
inline constexpr bool is_unique_pointer = false;
template <class T>
inline constexpr bool is_unique_pointer<std::unique_ptr<T>> = !std::is_array_v<T>;

/// Whether it is made of a template as those of std are.
template <class T>
inline constexpr bool is_template = false;
template <template <class...> class Of, class... T>
inline constexpr bool is_template<Of<T...>> = true;
template <template <class, std::size_t, class...> class Of, class T, std::size_t Size,
          class... More>
inline constexpr bool is_template<Of<T, Size, More...>> = true;

template <template <class...> class Of, class... T>
Of<T...> const& template_below(Of<T...> const*);

/// A class that is derived from one of those, and has fields of its own, of which nobody here knows.
template <class T>
concept holds_more = !is_template<T> && requires(T const* value) {
  requires sizeof(template_below(value)) != sizeof(T);
};
/// A list of lists like itself may be more than a list, as JSON is.
template <class T>
concept holds_its_like = requires {
  requires std::is_same_v<typename T::value_type, T>;
}
|| requires { requires std::is_same_v<typename T::mapped_type, T>; };

/// A lambda that captures can be copied, and neither assigned nor made from nothing. What it captures
/// cannot be seen.
template <class T>
concept plain_bytes = std::is_trivially_copyable_v<T> &&
    (std::is_copy_assignable_v<T> || std::is_move_assignable_v<T> ||
     std::is_default_constructible_v<T>)&&std::is_move_constructible_v<T>;

/// What has a serialize() of its own is unpacked into a value that is there already.
template <class T>
concept made_from_nothing = requires {
  T{};
};

/// How a value is packed.
enum class packing : unsigned char {
  impossible,
  reference,  // it means nothing elsewhere
  nothing,    // void
  serialize,  // by the user's serialize()
  save,       // by the user's save() and load()
  cereal,     // by cereal
  text,       // as the string that it is made from
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
  } else if constexpr (own::serialized<T> && (made_from_nothing<T> || !own::saved<T>)) {
    return packing::serialize;
  } else if constexpr (own::saved<T>) {
    return packing::save;
  } else if constexpr (uses_cereal<T>) {
    return packing::cereal;
  } else if constexpr (holds_more<T> || holds_its_like<T>) {
    return plain_bytes<T> ? packing::bytes : packing::impossible;
  } else if constexpr (pathlike<T>) {
    return packing::text;
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

/// The classes in which a type is looked at: one that is in itself hinders nothing.
template <class... T>
struct classes {};
template <class T, class Above>
inline constexpr bool is_among = false;
template <class T, class... Above>
inline constexpr bool is_among<T, classes<Above...>> = (std::is_same_v<T, Above> || ...);

// Only a class with a name can be in itself.
template <class T, class Above>
struct and_this {
  using type = Above;
};
template <class T, class... Above>
requires(std::is_class_v<T> && !is_template<T>) struct and_this<T, classes<Above...>> {
  using type = classes<T, Above...>;
};

template <class T, class Above = classes<>>
constexpr hindrance hindrance_of();

/// The first hindrance of several types.
template <class Above, class... T>
constexpr hindrance first_hindrance() {
  hindrance found;
  ((found.why == obstacle::none ? void(found = hindrance_of<T, Above>()) : void()), ...);
  return found;
}

/// The elements of a tuple.
template <class T, class Above>
struct part_hindrance {
  static constexpr hindrance find() {
    return find(std::make_index_sequence<std::tuple_size_v<T>>());
  }
  template <std::size_t... Places>
  static constexpr hindrance find(std::index_sequence<Places...>) {
    return first_hindrance<Above, std::remove_cv_t<std::tuple_element_t<Places, T>>...>();
  }
};
/// What a template is given; of std's pairs, tuples and variants that is the same.
template <template <class...> class Of, class... T, class Above>
struct part_hindrance<Of<T...>, Above> {
  static constexpr hindrance find() { return first_hindrance<Above, T...>(); }
};

/// Why a T cannot be carried, and what in it.
template <class T, class Above>
constexpr hindrance hindrance_of() {
  constexpr packing how = how_packed<T>;
  using here = typename and_this<T, Above>::type;
  if constexpr (is_among<T, Above>) {
    return {};
  } else if constexpr (how == packing::impossible) {
    return {obstacle::not_serialised, &typeid(T)};
  } else if constexpr (how == packing::reference) {
    return {std::is_reference_v<T> ? obstacle::reference : obstacle::refers, &typeid(T)};
  } else if constexpr (how == packing::bytes) {
    return {};
  } else if constexpr (how == packing::serialize || how == packing::cereal) {
    return made_from_nothing<T> ? hindrance() : hindrance{obstacle::not_made, &typeid(T)};
  } else if constexpr (std::is_array_v<T>) {
    return hindrance_of<std::remove_extent_t<T>, here>();
  } else if constexpr (how == packing::map) {
    return first_hindrance<here, typename T::key_type, typename T::mapped_type>();
  } else if constexpr (how == packing::array || how == packing::set || how == packing::list ||
                       how == packing::optional) {
    return hindrance_of<typename T::value_type, here>();
  } else if constexpr (how == packing::tuple || how == packing::variant) {
    return part_hindrance<T, here>::find();
  } else if constexpr (how == packing::unique) {
    using value = typename T::element_type;
    if constexpr (std::is_polymorphic_v<value> && !std::is_final_v<value>) {
      return {obstacle::derived, &typeid(value)};
    } else {
      return hindrance_of<value, here>();
    }
  } else {
    return {};
  }
}

/// Whether it can be packed where it is, and unpacked into one that is there.
template <class T>
concept packable = hindrance_of<T>()
.why == obstacle::none || hindrance_of<T>().why == obstacle::not_made;

template <class T>
constexpr bool bytes_suffice();
template <class T>
inline constexpr bool bytes_of_parts_suffice = false;
template <template <class...> class Of, class... T>
inline constexpr bool bytes_of_parts_suffice<Of<T...>> = (bytes_suffice<T>() && ...);

/// Whether the bytes of a T, which is trivially copyable, are all that is to be packed of it: not if it, or
/// a part of it, has a function of its own for that, or refers to something.
template <class T>
constexpr bool bytes_suffice() {
  constexpr packing how = how_packed<T>;
  if constexpr (how == packing::bytes || how == packing::impossible) {
    return true;
  } else if constexpr (how == packing::tuple || how == packing::variant) {
    return bytes_of_parts_suffice<T>;
  } else if constexpr (how == packing::array || how == packing::list || how == packing::optional) {
    return bytes_suffice<typename T::value_type>();
  } else {
    return false;
  }
}

}  // namespace detail

/// Whether values of type T can be carried into another process: numbers, enums, strings, std's
/// containers, tuples, optionals, variants and unique_ptrs of such, paths, durations and times; structs that
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

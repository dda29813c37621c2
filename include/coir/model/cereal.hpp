// SPDX-License-Identifier: BSL-1.0
/// Optional: carries values that cereal knows how to serialise. Not part of <coir/coir.hpp>.
///
/// Say of each type that is passed to a task, or returned: `template <> inline constexpr bool
/// coir::uses_cereal<my::type> = true;`. Of what lies in it cereal takes care. It is said by type, and not
/// found out, so that a program whose files do not all include this means the same in each.

#pragma once

#include <cstddef>
#include <type_traits>

#include <cereal/cereal.hpp>

#include <coir/model/packing.hpp>

namespace coir::detail {

/// An archive of cereal's that packs into ours.
class cereal_writer : public cereal::OutputArchive<cereal_writer, cereal::AllowEmptyClassElision> {
 public:
  explicit cereal_writer(output_archive& to) : OutputArchive(this), to_(to) {}
  void write(void const* from, std::size_t size) { to_.write(from, size); }

 private:
  output_archive& to_;
};

/// One that unpacks from ours.
class cereal_reader : public cereal::InputArchive<cereal_reader, cereal::AllowEmptyClassElision> {
 public:
  explicit cereal_reader(input_archive& from) : InputArchive(this), from_(from) {}
  void read(void* to, std::size_t size) { from_.read(to, size); }

 private:
  input_archive& from_;
};

// What each archive of cereal's has to know: numbers, blocks of bytes, sizes, and named values.

template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_SAVE_FUNCTION_NAME(cereal_writer& to, T const& number) {
  to.write(&number, sizeof number);
}
template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(cereal_reader& from, T& number) {
  from.read(&number, sizeof number);
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(cereal_writer& to, cereal::BinaryData<T> const& block) {
  to.write(block.data, static_cast<std::size_t>(block.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(cereal_reader& from, cereal::BinaryData<T>& block) {
  from.read(block.data, static_cast<std::size_t>(block.size));
}

template <class Archive, class T>
requires std::is_same_v<Archive, cereal_writer> || std::is_same_v<Archive, cereal_reader>
void CEREAL_SERIALIZE_FUNCTION_NAME(Archive& archive, cereal::SizeTag<T>& size) {
  archive(size.size);
}
template <class Archive, class T>
requires std::is_same_v<Archive, cereal_writer> || std::is_same_v<Archive, cereal_reader>
void CEREAL_SERIALIZE_FUNCTION_NAME(Archive& archive, cereal::NameValuePair<T>& named) {
  archive(named.value);
}

template <class T>
struct cereal_way {
  static void save(output_archive& to, T const& value) {
    cereal_writer archive(to);
    archive(value);
  }
  static void load(input_archive& from, T& value) {
    cereal_reader archive(from);
    archive(value);
  }
};

}  // namespace coir::detail

CEREAL_REGISTER_ARCHIVE(coir::detail::cereal_writer)
CEREAL_REGISTER_ARCHIVE(coir::detail::cereal_reader)
CEREAL_SETUP_ARCHIVE_TRAITS(coir::detail::cereal_reader, coir::detail::cereal_writer)

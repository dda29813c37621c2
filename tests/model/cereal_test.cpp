// SPDX-License-Identifier: BSL-1.0
/// Values that cereal serialises, as arguments and results of tasks in other processes.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/polymorphic.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <gtest/gtest.h>

#include <coir/coir.hpp>
#include <coir/model/cereal.hpp>

#include "contract/processes.hpp"

namespace my {

/// Has a member function of cereal's, with names and a shared pointer.
struct record {
  std::string name;
  std::map<std::string, std::vector<double>> series;
  std::shared_ptr<int> shared;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(name), CEREAL_NVP(series), CEREAL_NVP(shared));
  }
};

struct animal {
  virtual ~animal() = default;
  [[nodiscard]] virtual std::string noise() const = 0;
};
struct dog final : animal {
  int volume = 0;
  [[nodiscard]] std::string noise() const override {
    return "woof" + std::string(static_cast<std::size_t>(volume), '!');
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(volume);
  }
};

}  // namespace my

template <>
inline constexpr bool coir::uses_cereal<my::record> = true;
template <>
inline constexpr bool coir::uses_cereal<std::shared_ptr<my::animal>> = true;

CEREAL_REGISTER_TYPE(my::dog)
CEREAL_REGISTER_POLYMORPHIC_RELATION(my::animal, my::dog)

namespace {

class Cereal : public contract::on_processes {};

TEST_F(Cereal, ItsTypesAreCarried) {
  in_run([] {
    auto task = coir::spawn(
        [](my::record r) {
          r.name += "!";
          r.series["b"] = {2.5};
          ++*r.shared;
          return r;
        },
        my::record{"Ada", {{"a", {1, 2}}}, std::make_shared<int>(6)});
    my::record const& back = task.get();
    EXPECT_EQ(back.name, "Ada!");
    EXPECT_EQ(back.series.at("a").size(), 2u);
    EXPECT_EQ(back.series.at("b").front(), 2.5);
    EXPECT_EQ(*back.shared, 7);
  });
}

TEST_F(Cereal, TypesBehindAPointerAreCarried) {
  in_run([] {
    auto const loud = std::make_shared<my::dog>();
    loud->volume = 2;
    EXPECT_EQ(coir::spawn([](std::shared_ptr<my::animal> a) { return a->noise(); },
                          std::shared_ptr<my::animal>(loud))
                  .get(),
              "woof!!");
  });
}

}  // namespace

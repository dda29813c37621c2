// SPDX-License-Identifier: BSL-1.0
/// The models that can be compared, and std's own threads beside them.
#pragma once

#include <array>
#include <coir/coir.hpp>
#include <optional>
#include <string_view>

namespace demos::compare {

/// A name for the command line, and what it stands for; nothing for `std`, which needs no coir.
struct model_entry {
  std::string_view name;
  std::optional<coir::model> model;
};

inline constexpr std::array<model_entry, 6> models = {{
    {"serial", coir::model::serial},
    {"fibers", coir::model::fibers},
    {"boost_fibers", coir::model::boost_fibers},
    {"threads", coir::model::threads},
    {"std", std::nullopt},
    {"processes", coir::model::processes},
}};

}  // namespace demos::compare

// SPDX-License-Identifier: BSL-1.0
/// How what is shared gets into another process: as a descriptor of its memory.

#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <coir/model/archive.hpp>

#include "shared/segment.hpp"

namespace coir::detail {

/// The memory goes along.
///   Throws: std::logic_error if this process has no descriptor of it; std::system_error.
void pack(output_archive& out, std::shared_ptr<segment> const& what);

/// What stands for the memory in `file` in this process, for all who have got it and all who have packed
/// it: they are one participant. If there is nothing yet, it is made.
std::shared_ptr<segment> stand_for(descriptor file,
                                   std::function<std::shared_ptr<segment>(descriptor)> const& make);

/// The next that came along. It is a `Body`, as it was when it was packed: who is packed and who is unpacked
/// is a shared<X> of one type.
template <class Body, class... Args>
std::shared_ptr<Body> unpack(input_archive& in, Args const&... args) {
  return std::static_pointer_cast<Body>(stand_for(in.take_attached(), [&](descriptor file) {
    return std::make_shared<Body>(std::move(file), args...);
  }));
}

}  // namespace coir::detail

// SPDX-License-Identifier: BSL-1.0
/// What nearly every test includes, parsed once for all of a room.

#include "contract/models.hpp"

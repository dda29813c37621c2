// SPDX-License-Identifier: BSL-1.0
/// What nearly every contract test includes, parsed once for all of them.

#pragma once

#include "contract/models.hpp"

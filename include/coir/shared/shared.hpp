// SPDX-License-Identifier: BSL-1.0
/// shared<X>: an X that processes share.

#pragma once

#include <type_traits>

namespace coir {

class input_archive;
class output_archive;

/// A handle of an X in memory that processes share: shared<queue<T>>, shared<mutex>. Copies share one X;
/// like a pointer, a const handle is enough to use it.
///
/// What it does is what an X does, in each process that has the handle, for tasks of any model. A
/// process may die at any moment: what it had in hand goes back, and nobody else waits for it in vain.
/// It gets there with a fork(), as an argument of a task on the model `processes`, or as its result.
/// The memory is freed with the last process that has it, and no name of it is left anywhere.
/// Takes the place of: multiprocessing.Queue, multiprocessing.Lock and their kin.
template <class X>
class shared;

}  // namespace coir

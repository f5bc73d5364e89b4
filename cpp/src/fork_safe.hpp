#pragma once

#include <mutex>

namespace facespectra {

/// What a fork waits for, so that its child finds every lock free and what they guard in one piece: the thread that
/// held a lock does not live on in the child. One lock each for all objects, as locks that come and go would need a
/// list, and the list a lock. Nobody may hold both but a fork, which takes them in this order.
struct ForkSafeLocks {
    std::mutex caches;   ///< of plans, folds and idle workspaces
    std::mutex planner;  ///< FFTW's is global to a library, and both precisions may live in one
};

/// Never destroyed: a plan may be released after the static objects of this library are.
ForkSafeLocks& fork_safe_locks();

}  // namespace facespectra

#include "fork_safe.hpp"

#include <pthread.h>

#include <system_error>

namespace facespectra {

ForkSafeLocks& fork_safe_locks() {
    static ForkSafeLocks& locks = []() -> ForkSafeLocks& {
        const auto free = [] {
            fork_safe_locks().planner.unlock();
            fork_safe_locks().caches.unlock();
        };
        const int error = pthread_atfork(
            [] {
                fork_safe_locks().caches.lock();
                fork_safe_locks().planner.lock();
            },
            free, free);
        if (error != 0) throw std::system_error(error, std::generic_category(), "cannot watch for forks");
        return *new ForkSafeLocks;
    }();
    return locks;
}

}  // namespace facespectra

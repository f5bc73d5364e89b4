#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "fork_safe.hpp"

namespace facespectra {

/// Keeps the values that were used last, up to a total cost. Values are immutable and shared: one that is in use
/// outlives its eviction.
template <typename Key, typename Value>
class LruCache {
public:
    explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

    /// The value for the key, made by `make(key)` if it is not there; `cost(value)` counts against the capacity.
    /// Two threads that miss at the same time may both make it; the first one stored stays.
    template <typename Make, typename Cost>
    std::shared_ptr<const Value> get(const Key& key, Make make, Cost cost) {
        {
            const std::lock_guard lock(fork_safe_locks().caches);
            if (auto found = find(key)) return found;
        }
        std::shared_ptr<const Value> made = make(key);
        // Destroyed when the lock is free again: what destroying a value takes may be a lock, and time.
        std::list<Entry> evicted;
        const std::lock_guard lock(fork_safe_locks().caches);
        if (auto found = find(key)) return found;
        const std::size_t made_cost = cost(*made);
        entries_.push_front({key, made, made_cost});
        index_[key] = entries_.begin();
        used_ += made_cost;
        while (used_ > capacity_ && entries_.size() > 1) {
            used_ -= entries_.back().cost;
            index_.erase(entries_.back().key);
            evicted.splice(evicted.end(), entries_, std::prev(entries_.end()));
        }
        return made;
    }

private:
    struct Entry {
        Key key;
        std::shared_ptr<const Value> value;
        std::size_t cost;
    };

    std::shared_ptr<const Value> find(const Key& key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->value;
    }

    const std::size_t capacity_;
    std::size_t used_ = 0;
    std::list<Entry> entries_;
    std::map<Key, typename std::list<Entry>::iterator> index_;
};

}  // namespace facespectra

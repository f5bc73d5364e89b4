#pragma once

#include <cstddef>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace facespectra {

/// One cache line, one AVX-512 register.
constexpr std::size_t alignment = 64;

/// What large memory is aligned to, so that the system can lay it out in pages of that size: a strip of columns is
/// written to a page of 4 KiB for each row otherwise, and the processor keeps the places of some thousand pages only.
constexpr std::size_t huge_page = std::size_t{2} << 20U;

inline std::size_t alignment_for(std::size_t bytes) { return bytes >= 2 * huge_page ? huge_page : alignment; }

inline void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    // A wish: where it is refused, small pages do.
    if (bytes >= 2 * huge_page) static_cast<void>(madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE));
#endif
}

/// Memory for numbers that need no initialising, aligned for every instruction set and FFT library.
template <typename T>
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::size_t size) { reserve(size); }

    /// Makes room for `size` elements; what was there is lost if it has to grow.
    void reserve(std::size_t size) {
        if (size <= size_) return;
        data_ = nullptr;
        size_ = 0;
        const std::size_t bytes = size * sizeof(T);
        const std::align_val_t aligned{alignment_for(bytes)};
        data_ = {static_cast<T*>(::operator new(bytes, aligned)), Free{aligned}};
        size_ = size;
        prefer_huge_pages(data_.get(), bytes);
    }

    T* data() const { return data_.get(); }
    std::size_t bytes() const { return size_ * sizeof(T); }

private:
    struct Free {
        std::align_val_t aligned{alignment};
        void operator()(T* data) const { ::operator delete(data, aligned); }
    };
    std::unique_ptr<T, Free> data_;
    std::size_t size_ = 0;
};

}  // namespace facespectra

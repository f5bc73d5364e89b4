#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace facespectra {

/// One cache line, one AVX-512 register.
constexpr std::size_t alignment = 64;

/// Memory for numbers that need no initialising, aligned for every instruction set and FFT library.
template <typename T>
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::size_t size) { reserve(size); }

    /// Makes room for `size` elements; what was there is lost if it has to grow.
    void reserve(std::size_t size) {
        if (size <= size_) return;
        data_.reset();
        size_ = 0;
        data_.reset(static_cast<T*>(::operator new(size * sizeof(T), std::align_val_t{alignment})));
        size_ = size;
    }

    T* data() const { return data_.get(); }
    std::size_t bytes() const { return size_ * sizeof(T); }

private:
    struct Free {
        void operator()(T* data) const { ::operator delete(data, std::align_val_t{alignment}); }
    };
    std::unique_ptr<T, Free> data_;
    std::size_t size_ = 0;
};

}  // namespace facespectra

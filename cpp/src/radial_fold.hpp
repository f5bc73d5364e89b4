#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "aligned_buffer.hpp"
#include "facespectra/extractor.hpp"
#include "kernels.hpp"

namespace facespectra {

/// How the frequencies of one side of an image fold onto cells of equal distance from the centre.
///
/// Where the centre is the zero frequency, k and -k share a cell. On an even side the published centre lies half
/// a sample below it, at -1/2, and it is k and -k-1 that share one.
struct SideFold {
    SideFold(std::size_t side_length, Convention convention);

    std::size_t length;
    bool half_sample;
    std::size_t cells;

    /// The two frequencies of a cell, as DFT indices.
    std::size_t first(std::size_t cell) const { return cell; }
    std::size_t second(std::size_t cell) const { return negative(half_sample ? cell + 1 : cell); }
    std::size_t negative(std::size_t index) const { return index == 0 ? 0 : length - index; }

    /// 1/2 where both frequencies are one and the same, else 1.
    double weight(std::size_t cell) const {
        return !half_sample && (cell == 0 || 2 * cell == length) ? 0.5 : 1.0;
    }
};

struct Shape {
    std::size_t height;
    std::size_t width;
    Convention convention;
    std::size_t n_bins;
    auto operator<=>(const Shape&) const = default;
};

/// The bins of a quarter plane of cells.
///
/// With the symmetry of a real image's spectrum and the folds of both sides, four amplitudes of the half plane fall
/// on each cell (i, j), and their logarithms can be taken as one, of their product. A line of cells is all those of
/// one vertical frequency i.
class RadialFold {
public:
    RadialFold(const Shape& shape, const ShapeKernels& kernels);

    std::size_t lines() const { return y_.cells; }
    std::size_t cells() const { return x_.cells; }
    std::size_t n_bins() const { return n_bins_; }
    std::size_t bytes() const { return bins_.bytes() + counts_.size() * sizeof(double); }

    /// Rows of the half plane that a line needs beyond its own: on a half-sample fold the next one.
    std::size_t row_shift() const { return y_.half_sample ? 1 : 0; }

    /// The logarithms of the products on line i, with their weights. `row` and `next` are the powers of row i and of
    /// row i + row_shift().
    template <typename Real>
    void logs(std::size_t i, const Real* row, const Real* next, const Kernels<Real>& kernels, Real* out) const;

    /// Adds the logarithms of `n` <= max_lines lines, `stride` apart, to the sums of their bins. `sums` holds
    /// max_lines sets of n_bins + 2 sums: bin 0 and the last are those that count for nothing.
    static constexpr std::size_t max_lines = 4;
    template <typename Real>
    void add(std::size_t first_line, std::size_t n, const Real* logs, std::size_t stride, double* sums) const;

    /// Divides the sums by the numbers of amplitudes and fills empty bins from their neighbours.
    void average(const double* sums, double* profile) const;

private:
    const std::uint32_t* bins(std::size_t i) const { return bins_.data() + i * stride_; }

    SideFold y_;
    SideFold x_;
    std::size_t n_bins_;
    std::size_t stride_;
    AlignedBuffer<std::uint32_t> bins_;
    std::vector<double> counts_;
};

}  // namespace facespectra

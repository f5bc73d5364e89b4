#include "radial_fold.hpp"

#include <algorithm>

namespace facespectra {

SideFold::SideFold(std::size_t side_length, Convention convention)
    : length(side_length),
      half_sample(convention == Convention::durall && side_length % 2 == 0),
      cells(half_sample ? side_length / 2 : side_length / 2 + 1) {}

RadialFold::RadialFold(const Shape& shape, const ShapeKernels& kernels)
    : y_(shape.height, shape.convention),
      x_(shape.width, shape.convention),
      n_bins_(shape.n_bins),
      stride_((x_.cells + 15) / 16 * 16),
      bins_(stride_ * y_.cells),
      counts_(n_bins_ + 2) {
    for (std::size_t i = 0; i < y_.cells; ++i) {
        std::uint32_t* line = bins_.data() + i * stride_;
        if (shape.convention == Convention::durall) {
            kernels.durall_bins(x_.cells, x_.half_sample ? 1 : 0, 2 * i + (y_.half_sample ? 1 : 0), line);
        } else {
            kernels.isotropic_bins(x_.cells, i, shape.height, shape.width, n_bins_, line);
        }
        const double four = 4 * y_.weight(i);
        for (std::size_t j = 0; j < x_.cells; ++j) counts_[line[j]] += four;
        counts_[line[0]] += four * (x_.weight(0) - 1);
        if (x_.cells > 1) counts_[line[x_.cells - 1]] += four * (x_.weight(x_.cells - 1) - 1);
    }
}

template <typename Real>
void RadialFold::logs(std::size_t i, const Real* row, const Real* next, const Kernels<Real>& kernels,
                      Real* out) const {
    // Frequencies p = j and q = -j, or -j-1 on a half-sample fold, of row i; and their mirrors -p and -q, one row
    // further on a half-sample fold, which is where a row above the half plane is read.
    const std::size_t half = x_.half_sample ? 1 : 0;
    kernels.log_products(row, row + (x_.length - half), next + x_.length, next + half, x_.cells, out);
    out[0] *= static_cast<Real>(x_.weight(0));
    if (x_.cells > 1) out[x_.cells - 1] *= static_cast<Real>(x_.weight(x_.cells - 1));
    if (y_.weight(i) != 1.0) {
        for (std::size_t j = 0; j < x_.cells; ++j) out[j] *= static_cast<Real>(y_.weight(i));
    }
}

template <typename Real>
void RadialFold::add(std::size_t first_line, std::size_t n, const Real* logs, std::size_t stride,
                     double* sums) const {
    const std::size_t set = n_bins_ + 2;
    if (n == max_lines) {
        // Neighbours on a line often share a bin, and an addition must wait for the one before it. Four lines
        // with sums of their own leave the processor something to do meanwhile.
        const std::uint32_t* b0 = bins(first_line);
        const std::uint32_t* b1 = b0 + stride_;
        const std::uint32_t* b2 = b1 + stride_;
        const std::uint32_t* b3 = b2 + stride_;
        for (std::size_t i = 0; i < x_.cells; ++i) {
            sums[b0[i]] += static_cast<double>(logs[i]);
            sums[set + b1[i]] += static_cast<double>(logs[stride + i]);
            sums[2 * set + b2[i]] += static_cast<double>(logs[2 * stride + i]);
            sums[3 * set + b3[i]] += static_cast<double>(logs[3 * stride + i]);
        }
        return;
    }
    for (std::size_t l = 0; l < n; ++l) {
        const std::uint32_t* b = bins(first_line + l);
        for (std::size_t i = 0; i < x_.cells; ++i) sums[b[i]] += static_cast<double>(logs[l * stride + i]);
    }
}

void RadialFold::average(const double* sums, double* profile) const {
    const std::size_t set = n_bins_ + 2;
    const double* counts = counts_.data() + 1;
    std::size_t next = 0;  // first bin that is not filled yet
    for (std::size_t b = 0; b < n_bins_; ++b) {
        if (counts[b] == 0) continue;
        double sum = 0;
        for (std::size_t l = 0; l < max_lines; ++l) sum += sums[l * set + b + 1];
        profile[b] = sum / counts[b];
        if (next == 0) {
            std::fill(profile, profile + b, profile[b]);
        } else {
            const double step = (profile[b] - profile[next - 1]) / static_cast<double>(b + 1 - next);
            for (std::size_t gap = next; gap < b; ++gap) {
                profile[gap] = profile[next - 1] + step * static_cast<double>(gap + 1 - next);
            }
        }
        next = b + 1;
    }
    std::fill(profile + next, profile + n_bins_, next > 0 ? profile[next - 1] : 0.0);
}

template void RadialFold::logs(std::size_t, const float*, const float*, const Kernels<float>&, float*) const;
template void RadialFold::logs(std::size_t, const double*, const double*, const Kernels<double>&, double*) const;
template void RadialFold::add(std::size_t, std::size_t, const float*, std::size_t, double*) const;
template void RadialFold::add(std::size_t, std::size_t, const double*, std::size_t, double*) const;

}  // namespace facespectra

// Part of kernels_impl.hpp, whose rules hold here, too.

namespace facespectra::FACESPECTRA_LEVEL {

namespace {

using EightDoubles __attribute__((vector_size(64), aligned(8), may_alias)) = double;

/// Superdiagonal of the spline's matrix after elimination; it settles at 2 - sqrt(3).
struct SplinePivots {
    static constexpr std::size_t settled = 24;
    double above[settled] = {2.0};
    constexpr SplinePivots() {
        for (std::size_t k = 1; k < settled; ++k) above[k] = 1.0 / (4.0 - above[k - 1]);
    }
    constexpr double operator[](std::size_t k) const { return above[k < settled ? k : settled - 1]; }
};
constexpr SplinePivots pivots;
static_assert(pivots[SplinePivots::settled] == pivots[SplinePivots::settled - 2]);

/// Slopes of the spline at its knots, in units of the knots' distance.
///
/// Continuity of the second derivative gives s[k-1] + 4 s[k] + s[k+1] = 3 (y[k+1] - y[k-1]); that the third one
/// is continuous at the second and the last but one knot gives the first and the last row below. The matrix is
/// tridiagonal and is eliminated from top to bottom without pivoting, which is stable: its pivots stay above 1.
inline void spline_slopes(const double* y, std::size_t n, double* slopes) {
    if (n == 2) {
        slopes[0] = slopes[1] = y[1] - y[0];
        return;
    }
    if (n == 3) {
        slopes[0] = 2.0 * (y[1] - y[0]) - 0.5 * (y[2] - y[0]);
        slopes[1] = 0.5 * (y[2] - y[0]);
        slopes[2] = 2.0 * (y[2] - y[1]) - 0.5 * (y[2] - y[0]);
        return;
    }
    slopes[0] = 2.0 * (y[1] - y[0]) + 0.5 * (y[2] - y[0]);
    // What does not wait for the row above comes first: the chain is one product and one sum a row.
    for (std::size_t k = 1; k + 1 < n; ++k) slopes[k] = 3.0 * (y[k + 1] - y[k - 1]) * pivots[k];
    for (std::size_t k = 1; k + 1 < n; ++k) slopes[k] -= pivots[k] * slopes[k - 1];
    const double last = 2.0 * (y[n - 1] - y[n - 2]) + 0.5 * (y[n - 1] - y[n - 3]);
    slopes[n - 1] = (last - 2.0 * slopes[n - 2]) / (1.0 - 2.0 * pivots[n - 2]);
    for (std::size_t k = n - 1; k-- > 0;) slopes[k] -= pivots[k] * slopes[k + 1];
}

void resample(const double* values, std::size_t n, double* slopes, std::size_t n_out, double* out) {
    if (n_out == 1) {
        out[0] = values[0];
        return;
    }
    spline_slopes(values, n, slopes);
    const double step = static_cast<double>(n - 1) / static_cast<double>(n_out - 1);
    const double steps = static_cast<double>(n_out - 1) / static_cast<double>(n - 1);
    const EightDoubles lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    static_assert(sizeof(lanes) / sizeof(double) == spline_excess + 1);
    const auto all = static_cast<std::ptrdiff_t>(n_out);
    std::ptrdiff_t q = 0;
    for (std::size_t k = 0; k + 1 < n; ++k) {
        // The places between two knots: eight at a time, as the next knots' overwrite what is too much.
        std::ptrdiff_t end = all;
        if (k + 2 < n) {
            const auto next = static_cast<double>(k + 1);
            end = static_cast<std::ptrdiff_t>(next * steps);
            while (end > q && static_cast<double>(end - 1) * step >= next) --end;
            while (static_cast<double>(end) * step < next) ++end;
        }
        const double rise = values[k + 1] - values[k];
        const double bend = slopes[k] + slopes[k + 1] - 2.0 * rise;
        const double curve = rise - slopes[k] - bend;
        for (; q < end; q += 8) {
            const EightDoubles t = (static_cast<double>(q) + lanes) * step - static_cast<double>(k);
            *reinterpret_cast<EightDoubles*>(out + q) = values[k] + t * (slopes[k] + t * (curve + t * bend));
        }
        q = end;
    }
}

}  // namespace

}  // namespace facespectra::FACESPECTRA_LEVEL

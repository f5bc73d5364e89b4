#include "not_a_knot.hpp"

namespace facespectra {
namespace {

/// Slopes of the spline at its knots, in units of the knots' distance.
///
/// Continuity of the second derivative gives s[k-1] + 4 s[k] + s[k+1] = 3 (y[k+1] - y[k-1]); that the third one
/// is continuous at the second and the last but one knot gives the first and the last row below. The matrix is
/// tridiagonal and is eliminated from top to bottom without pivoting, which is stable: its pivots stay above 1.
void spline_slopes(std::span<const double> y, std::vector<double>& slopes, std::vector<double>& pivots) {
    const std::size_t n = y.size();
    slopes.resize(n);
    pivots.resize(n);
    if (n == 2) {
        slopes[0] = slopes[1] = y[1] - y[0];
        return;
    }
    if (n == 3) {
        slopes[0] = -1.5 * y[0] + 2.0 * y[1] - 0.5 * y[2];
        slopes[1] = 0.5 * (y[2] - y[0]);
        slopes[2] = 0.5 * y[0] - 2.0 * y[1] + 1.5 * y[2];
        return;
    }
    // pivots[k] holds the superdiagonal of row k after division by its pivot.
    pivots[0] = 2.0;
    slopes[0] = -2.5 * y[0] + 2.0 * y[1] + 0.5 * y[2];
    double inverse = 0;
    for (std::size_t k = 1; k + 1 < n; ++k) {
        // It settles, at 2 - sqrt(3), after some twenty rows: no need to go on dividing.
        if (k < 3 || pivots[k - 1] != pivots[k - 2]) inverse = 1.0 / (4.0 - pivots[k - 1]);
        pivots[k] = inverse;
        slopes[k] = (3.0 * (y[k + 1] - y[k - 1]) - slopes[k - 1]) * inverse;
    }
    const double last = 2.5 * y[n - 1] - 2.0 * y[n - 2] - 0.5 * y[n - 3];
    slopes[n - 1] = (last - 2.0 * slopes[n - 2]) / (1.0 - 2.0 * pivots[n - 2]);
    for (std::size_t k = n - 1; k-- > 0;) slopes[k] -= pivots[k] * slopes[k + 1];
}

}  // namespace

void resample_not_a_knot(std::span<const double> values, std::span<double> out, std::vector<double>& slopes,
                         std::vector<double>& pivots) {
    spline_slopes(values, slopes, pivots);
    const std::size_t last_interval = values.size() - 2;
    const double intervals = static_cast<double>(values.size() - 1);
    const double step = out.size() > 1 ? intervals / static_cast<double>(out.size() - 1) : 0.0;
    for (std::size_t q = 0; q < out.size(); ++q) {
        const double place = static_cast<double>(q) * step;
        std::size_t k = static_cast<std::size_t>(place);
        if (k > last_interval) k = last_interval;
        const double t = place - static_cast<double>(k);
        const double rise = values[k + 1] - values[k];
        const double bend = slopes[k] + slopes[k + 1] - 2.0 * rise;
        out[q] = values[k] + t * (slopes[k] + t * (rise - slopes[k] - bend + t * bend));
    }
}

}  // namespace facespectra

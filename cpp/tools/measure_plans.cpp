// Writes the file of saved plans (src/saved_plans.hpp) for one build of FFTW:
//
//     measure_plans /path/to/libfftw3f.so.3 >python/facespectra/spectrum/fftw_plans.txt
//
// Takes half an hour on an idle machine. Plans are patient ones for lengths up to 1024 and measured ones above; where they
// gain less than 3 % on an estimated plan, they are left out.

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "fft_plans.hpp"

namespace {

using namespace facespectra;

constexpr std::size_t shortest = 8;
constexpr std::size_t longest_patient = 1024;
constexpr std::size_t longest = 16384;
constexpr int tries = 3;
constexpr double worth_it = 0.97;
constexpr unsigned measured = 0;
constexpr unsigned patient = 1U << 5;

struct Fftw {
    FftFunctions<float> functions;
    char* (*export_wisdom)() = nullptr;
    void (*forget_wisdom)() = nullptr;
};

template <typename Function>
bool resolve(void* handle, const char* name, Function& function) {
    void* symbol = dlsym(handle, name);
    std::memcpy(&function, &symbol, sizeof(symbol));
    return symbol != nullptr;
}

bool only_primes_up_to(std::size_t largest, std::size_t n) {
    for (std::size_t p = 2; p <= largest; ++p) {
        while (n % p == 0) n /= p;
    }
    return n == 1;
}

/// All short lengths that are not convolved, and the lengths of many photographs and of convolutions.
bool wanted(std::size_t n) {
    if (n <= longest_patient) return convolution_length(n) == 0;
    if (n <= longest / 4) return only_primes_up_to(7, n);
    if (n <= longest / 2 && n % batch == 0) return only_primes_up_to(5, n);
    while (n % 2 == 0) n /= 2;
    return n == 1 || n == 3 || n == 5 || n == 25;
}

struct Plan {
    double seconds = std::numeric_limits<double>::max();
    std::string wisdom;
};

/// Seconds of the fastest of many runs, which other work on the machine delays least.
double fastest(const Fftw& fftw, FftPlan* plan, float (*in)[2], float (*out)[2]) {
    using Clock = std::chrono::steady_clock;
    double best = std::numeric_limits<double>::max();
    const auto end = Clock::now() + std::chrono::milliseconds(100);
    for (Clock::time_point start = Clock::now(); start < end; start = Clock::now()) {
        constexpr int runs = 20;
        for (int i = 0; i < runs; ++i) fftw.functions.execute_dft(plan, in, out);
        best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count() / runs);
    }
    return best;
}

/// The plan for the very problem that BatchDft has.
Plan make(const Fftw& fftw, std::size_t length, unsigned effort) {
    const std::size_t size = sequence_stride(length) * batch * 2;
    const AlignedBuffer<float> in(size), out(size);
    const int n = static_cast<int>(length);
    const int apart = static_cast<int>(sequence_stride(length));
    auto* const from = reinterpret_cast<float(*)[2]>(in.data());
    auto* const to = reinterpret_cast<float(*)[2]>(out.data());
    fftw.forget_wisdom();
    FftPlan* plan = fftw.functions.plan_many_dft(1, &n, static_cast<int>(batch), from, nullptr, 1, apart, to, nullptr, 1,
                                                 apart, fft_forward, effort);
    std::fill(in.data(), in.data() + size, 1.0F);
    Plan made{fastest(fftw, plan, from, to), {}};
    char* text = fftw.export_wisdom();
    made.wisdom = text;
    std::free(text);
    fftw.functions.destroy_plan(plan);
    return made;
}

/// What stands between the first line and the last, in one line.
std::string entries(const std::string& wisdom) {
    std::string line;
    for (std::size_t at = wisdom.find('\n'), end = 0; at != std::string::npos; at = end) {
        at = wisdom.find_first_not_of(" \n", at);
        if (at == std::string::npos || wisdom[at] != '(') break;
        end = wisdom.find('\n', at);
        if (!line.empty()) line.push_back(' ');
        line.append(wisdom, at, end - at);
    }
    return line;
}

}  // namespace

int main(int count, char** arguments) {
    void* handle = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
    Fftw fftw;
    if (handle == nullptr || !resolve(handle, "fftwf_plan_many_dft", fftw.functions.plan_many_dft) ||
        !resolve(handle, "fftwf_execute_dft", fftw.functions.execute_dft) ||
        !resolve(handle, "fftwf_destroy_plan", fftw.functions.destroy_plan) ||
        !resolve(handle, "fftwf_export_wisdom_to_string", fftw.export_wisdom) ||
        !resolve(handle, "fftwf_forget_wisdom", fftw.forget_wisdom)) {
        std::fprintf(stderr, "usage: measure_plans /path/to/libfftw3f.so.3\n");
        return 2;
    }
    bool first = true;
    for (std::size_t length = shortest; length <= longest; ++length) {
        if (!wanted(length)) continue;
        const Plan estimated = make(fftw, length, fft_estimate);
        Plan best;
        for (int i = 0; i < tries; ++i) {
            const Plan made = make(fftw, length, length <= longest_patient ? patient : measured);
            if (made.seconds < best.seconds) best = made;
        }
        std::fprintf(stderr, "%zu: estimated %.3f us, saved %.3f us\n", length, estimated.seconds * 1e6, best.seconds * 1e6);
        if (first) std::printf("%s", best.wisdom.substr(0, best.wisdom.find('\n') + 1).c_str());
        first = false;
        if (best.seconds < worth_it * estimated.seconds) std::printf("%zu %s\n", length, entries(best.wisdom).c_str());
        std::fflush(stdout);
    }
    return 0;
}

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>

#include "fft_plans.hpp"
#include "support.hpp"

using namespace facespectra;
using namespace facespectra::testing;

namespace {

/// A text of plans for sequences of length 128, measured by the library under test, as measure_plans writes it.
std::string measured_plans() {
    void* handle = dlopen(single_file().c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(handle != nullptr);
    FftFunctions<float> functions;
    char* (*export_wisdom)() = nullptr;
    const auto resolve = [&](const char* name, auto& function) {
        void* symbol = dlsym(handle, name);
        REQUIRE(symbol != nullptr);
        std::memcpy(&function, &symbol, sizeof(symbol));
    };
    resolve("fftwf_plan_many_dft", functions.plan_many_dft);
    resolve("fftwf_destroy_plan", functions.destroy_plan);
    resolve("fftwf_export_wisdom_to_string", export_wisdom);
    constexpr int length = 128;
    const int apart = static_cast<int>(sequence_stride(length));
    const AlignedBuffer<float> in(sequence_stride(length) * batch * 2), out(sequence_stride(length) * batch * 2);
    functions.destroy_plan(functions.plan_many_dft(1, &length, static_cast<int>(batch),
                                                   reinterpret_cast<float(*)[2]>(in.data()), nullptr, 1, apart,
                                                   reinterpret_cast<float(*)[2]>(out.data()), nullptr, 1, apart,
                                                   fft_forward, 0));
    char* const text = export_wisdom();
    std::string wisdom = text;
    std::free(text);
    const std::size_t first_line = wisdom.find('\n');
    std::string entries = wisdom.substr(first_line + 1, wisdom.rfind(')') - first_line - 1);
    for (char& c : entries) c = c == '\n' ? ' ' : c;
    return wisdom.substr(0, first_line) + "\n128 " + entries + "\n";
}

/// Whether the library's planner remembers a measured plan for sequences of length 128.
bool remembers(const LoadedFftLibrary& fft) {
    constexpr unsigned measured_and_remembered = 1U << 21U;  // FFTW_WISDOM_ONLY, with FFTW_MEASURE, which is 0
    constexpr int length = 128;
    const int apart = static_cast<int>(sequence_stride(length));
    const AlignedBuffer<float> in(sequence_stride(length) * batch * 2), out(sequence_stride(length) * batch * 2);
    const FftFunctions<float>& functions = fft.functions<float>();
    FftPlan* const plan = functions.plan_many_dft(1, &length, static_cast<int>(batch),
                                                  reinterpret_cast<float(*)[2]>(in.data()), nullptr, 1, apart,
                                                  reinterpret_cast<float(*)[2]>(out.data()), nullptr, 1, apart,
                                                  fft_forward, measured_and_remembered);
    if (plan != nullptr) functions.destroy_plan(plan);
    return plan != nullptr;
}

std::shared_ptr<const LoadedFftLibrary> with_plans(const std::string& plans) {
    return std::dynamic_pointer_cast<const LoadedFftLibrary>(
        FftLibrary::open(single_file(), double_file(), FftLibrary::Instance::separate, plans));
}

std::vector<float> spectrum_by(const std::shared_ptr<const FftLibrary>& fft, std::size_t height, std::size_t width) {
    const auto pixels = noise(height * width, 3);
    const ImageView image = view(pixels, height, width);
    std::vector<float> spectrum(30);
    Extractor<float>(fft).extract({&image, 1}, {Convention::durall, 30, 1e-8, true}, 1, spectrum.data(), 30);
    return spectrum;
}

}  // namespace

TEST_CASE("the plan of a length is that of no other length") {
    const SavedPlans plans("(head\n28 (a) (b)\n128 (c)\n1281 (d)");
    CHECK(plans.for_length(28) == "(head\n(a) (b)\n)\n");
    CHECK(plans.for_length(128) == "(head\n(c)\n)\n");
    CHECK(plans.for_length(1281) == "(head\n(d)\n)\n");
    for (const std::size_t absent : {8UL, 2UL, 12UL, 281UL}) CHECK(plans.for_length(absent).empty());
    CHECK(SavedPlans("").for_length(128).empty());
}

TEST_CASE("plans of the same build are taken, and give the same numbers whatever was planned before") {
    const std::string plans = measured_plans();
    const auto fft = with_plans(plans);
    CHECK(fft->has_saved_plans());
    const auto first = spectrum_by(fft, 128, 128);
    for (const std::size_t side : {64UL, 256UL, 96UL, 101UL}) spectrum_by(fft, side, side);
    CHECK(spectrum_by(fft, 128, 128) == first);
    const auto later = with_plans(plans);
    for (const std::size_t side : {101UL, 256UL, 64UL, 96UL}) spectrum_by(later, side, side);
    CHECK(spectrum_by(later, 128, 128) == first);
    const std::vector<float> estimated = spectrum_by(library(), 128, 128);
    CHECK(difference(first, {estimated.begin(), estimated.end()}) < 1e-6);
}

TEST_CASE("a length is planned with its own saved plan, and with no other length's") {
    const auto fft = with_plans(measured_plans());
    DftPlans<float> plans(fft, runnable_levels().back()->kernels<float>());
    CHECK_FALSE(remembers(*fft));
    plans.get(128);
    CHECK(remembers(*fft));
    plans.get(64);
    CHECK_FALSE(remembers(*fft));
}

TEST_CASE("plans of another build, and text that is none, are refused, and estimates do") {
    std::string other = measured_plans();
    other.replace(other.find("#x"), 10, "#x00000000");
    const auto expected = spectrum_by(library(), 128, 96);
    for (const std::string& plans : {other, std::string("(\n128 nonsense"), std::string("128"), std::string("\n\n128 )")}) {
        const auto fft = with_plans(plans);
        CHECK(spectrum_by(fft, 128, 96) == expected);
        CHECK_FALSE(fft->has_saved_plans());
    }
    CHECK_FALSE(library()->has_saved_plans());
}

TEST_CASE("an instance that others use keeps what its planner knows") {
    const auto shared = FftLibrary::open(single_file(), double_file(), FftLibrary::Instance::shared, measured_plans());
    CHECK_FALSE(shared->has_saved_plans());
    CHECK(spectrum_by(shared, 64, 64).size() == 30);
}

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "support.hpp"

using namespace facespectra;
using namespace facespectra::testing;

namespace {

std::string refusal(const std::string& single, const std::string& twice, FftLibrary::Instance instance) {
    try {
        FftLibrary::open(single, twice, instance);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a library says its version") { CHECK(library()->version().find("fftw") != std::string::npos); }

TEST_CASE("separate instances do not share a planner, and both work") {
    const auto again = FftLibrary::open(single_file(), double_file(), FftLibrary::Instance::separate);
    const auto shared = FftLibrary::open(single_file(), double_file(), FftLibrary::Instance::shared);
    const auto pixels = noise(20 * 24, 1);
    const ImageView image = view(pixels, 20, 24);
    std::vector<std::vector<double>> spectra;
    for (const auto& opened : {library(), std::shared_ptr<const FftLibrary>(again),
                               std::shared_ptr<const FftLibrary>(shared)}) {
        spectra.emplace_back(30);
        Extractor<double>(opened).extract({&image, 1}, {Convention::durall, 30, 1e-8, true}, 1, spectra.back().data(), 30);
    }
    CHECK(spectra[0] == spectra[1]);
    CHECK(spectra[0] == spectra[2]);
}

TEST_CASE("what is not such a library is refused in one line that names it") {
    const auto folder = std::filesystem::temp_directory_path();
    const std::string text = (folder / "facespectra-test-not-a-library.so").string();
    std::ofstream(text) << "not a library";
    for (const auto instance : {FftLibrary::Instance::separate, FftLibrary::Instance::shared}) {
        for (const std::string& file : {text, std::string("libfftw3f.so.3"), std::string("/nowhere/libfftw3f.so.3"),
                                        std::string("/"), std::string()}) {
            CAPTURE(file);
            const std::string reason = refusal(file, double_file(), instance);
            CHECK(reason.find("cannot load FFT library " + file) == 0);
            CHECK(reason.find('\n') == std::string::npos);
        }
        // The wrong precision: a library, but without the functions.
        CHECK(refusal(double_file(), double_file(), instance).find("it has no fftwf_plan_many_dft") !=
              std::string::npos);
    }
    std::remove(text.c_str());
}

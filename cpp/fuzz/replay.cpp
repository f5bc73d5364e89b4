// Runs the fuzz target without a fuzzer: on files, on the files in folders, and on random bytes.
//
// fuzz_replay [FILE|FOLDER]... [--random N] [--write FOLDER]
//
// The random inputs are the same in every run; --write keeps them as a corpus for the fuzzer to start from.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

Bytes read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        std::fprintf(stderr, "cannot read %s\n", file.c_str());
        std::exit(2);
    }
    Bytes bytes;
    std::transform(std::istreambuf_iterator<char>(stream), {}, std::back_inserter(bytes),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return bytes;
}

/// Every type, shapes from one pixel to a line of 1200, and pixels from flat to noise.
Bytes random_input(std::mt19937& generator) {
    const auto below = [&generator](std::uint32_t n) { return static_cast<std::uint32_t>(generator() % n); };
    Bytes bytes(12 + below(3) * below(200));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(below(256));
    const std::uint32_t side = below(4) == 0 ? 8 : 200;
    for (const std::size_t at : {1U, 3U}) {
        if (below(5) == 0) continue;
        bytes[at] = static_cast<std::uint8_t>(below(side));
        bytes[at + 1] = 0;
    }
    // Floats whose bits are random are NaN now and then, and hardly ever alike: mostly, make them tame.
    if (below(3) != 0) {
        for (std::size_t i = 12; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(bytes[i] & 0x3fU);
    }
    return bytes;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t done = 0;
    const auto run = [&done](const Bytes& bytes) {
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        ++done;
    };
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    std::size_t n_random = 0;
    fs::path to;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--random" && i + 1 < arguments.size()) {
            n_random = std::stoul(arguments[++i]);
        } else if (arguments[i] == "--write" && i + 1 < arguments.size()) {
            to = arguments[++i];
            fs::create_directories(to);
        } else if (fs::is_directory(arguments[i])) {
            for (const auto& entry : fs::directory_iterator(arguments[i])) run(read(entry.path()));
        } else {
            run(read(arguments[i]));
        }
    }
    std::mt19937 generator(1);
    for (std::size_t i = 0; i < n_random; ++i) {
        const Bytes bytes = random_input(generator);
        if (!to.empty()) {
            std::ofstream stream(to / ("random-" + std::to_string(i)), std::ios::binary);
            for (const std::uint8_t byte : bytes) stream.put(static_cast<char>(byte));
        }
        run(bytes);
    }
    std::printf("%zu inputs, no promise broken\n", done);
    return 0;
}

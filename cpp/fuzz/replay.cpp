// Runs a fuzz target without a fuzzer: on files, on the files in folders, and on random bytes.
//
// replay_extract [FILE|FOLDER]... [--random N] [--write FOLDER]
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

#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using facespectra::fuzz::Bytes;

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
        const Bytes bytes = facespectra::fuzz::random_input(generator);
        if (!to.empty()) {
            std::ofstream stream(to / ("random-" + std::to_string(i)), std::ios::binary);
            for (const std::uint8_t byte : bytes) stream.put(static_cast<char>(byte));
        }
        run(bytes);
    }
    std::printf("%zu inputs, all invariants hold\n", done);
    return 0;
}

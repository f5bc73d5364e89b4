#include "facespectra/fft_library.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "fft_functions.hpp"
#include "fork_safe.hpp"

// GCC says it with macros, clang with features.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FACESPECTRA_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FACESPECTRA_SANITIZED
#endif

namespace facespectra {
namespace {

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int get() const { return descriptor_; }
    bool valid() const { return descriptor_ >= 0; }
    void keep_open() { descriptor_ = -1; }

private:
    int descriptor_;
};

[[noreturn]] void fail(const std::string& file, const std::string& reason) {
    throw std::runtime_error("cannot load FFT library " + file + ": " + reason);
}

bool write_all(int descriptor, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t written = write(descriptor, data, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        data += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

bool copy_file(int from, int to) {
    std::vector<char> buffer(1U << 20U);
    for (;;) {
        const ssize_t got = read(from, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) return true;
        if (!write_all(to, buffer.data(), static_cast<std::size_t>(got))) return false;
    }
}

void* open_file(const std::string& path) {
    int mode = RTLD_NOW | RTLD_LOCAL;
#if defined(RTLD_DEEPBIND) && !defined(FACESPECTRA_SANITIZED)
    // Were an FFTW loaded with RTLD_GLOBAL, the copy's own calls would otherwise end up in that one.
    mode |= RTLD_DEEPBIND;
#endif
    return dlopen(path.c_str(), mode);
}

/// Loads a copy of the file: the dynamic linker tells libraries apart by device and inode, so that a copy gets
/// data of its own. In memory where the system has that, else in a temporary file that is unlinked at once.
void* open_separately(const std::string& path) {
    const File original(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!original.valid()) fail(path, std::strerror(errno));
#if defined(__linux__)
    File memory(memfd_create("facespectra-fft", MFD_CLOEXEC));
    if (memory.valid() && copy_file(original.get(), memory.get())) {
        if (void* handle = open_file("/proc/self/fd/" + std::to_string(memory.get()))) {
            // The linker knows a library by its path too: were the number free again, the next file to get it
            // would be taken for this library.
            memory.keep_open();
            return handle;
        }
    }
    if (lseek(original.get(), 0, SEEK_SET) != 0) fail(path, std::strerror(errno));
#endif
    const char* folder = std::getenv("TMPDIR");
    std::string name = std::string(folder != nullptr && *folder == '/' ? folder : "/tmp") + "/facespectra-fft-XXXXXX";
    const File temporary(mkstemp(name.data()));
    if (!temporary.valid()) fail(path, "no place for a private copy, set TMPDIR");
    void* handle = copy_file(original.get(), temporary.get()) ? open_file(name) : nullptr;
    const char* reason = handle == nullptr ? dlerror() : nullptr;
    unlink(name.c_str());
    if (handle == nullptr) fail(path, reason != nullptr ? reason : "copying it failed");
    return handle;
}

void* open_library(const std::string& path, FftLibrary::Instance instance) {
    // Never by bare name: the linker would search LD_LIBRARY_PATH, and some systems the working directory.
    if (path.empty() || path.front() != '/') fail(path, "not an absolute path");
    if (instance == FftLibrary::Instance::separate) return open_separately(path);
    void* handle = open_file(path);
    if (handle == nullptr) {
        const char* reason = dlerror();
        fail(path, reason != nullptr ? reason : "unknown error");
    }
    return handle;
}

template <typename Function>
void resolve(void* handle, const std::string& path, const char* name, Function& function) {
    void* symbol = dlsym(handle, name);
    if (symbol == nullptr) fail(path, std::string("it has no ") + name);
    static_assert(sizeof(symbol) == sizeof(function));
    std::memcpy(&function, &symbol, sizeof(symbol));
}

/// Never closed: plans, thread-local data and exit handlers of the library may outlive any owner of ours.
class DynamicFftLibrary final : public LoadedFftLibrary {
public:
    DynamicFftLibrary(const std::string& single_file, const std::string& double_file, Instance instance,
                      const std::string& plans)
        : LoadedFftLibrary(plans) {
        void* single = open_library(single_file, instance);
        void* twice = double_file == single_file ? single : open_library(double_file, instance);
        resolve(single, single_file, "fftwf_plan_many_dft", single_functions.plan_many_dft);
        resolve(single, single_file, "fftwf_execute_dft", single_functions.execute_dft);
        resolve(single, single_file, "fftwf_destroy_plan", single_functions.destroy_plan);
        resolve(twice, double_file, "fftw_plan_many_dft", double_functions.plan_many_dft);
        resolve(twice, double_file, "fftw_execute_dft", double_functions.execute_dft);
        resolve(twice, double_file, "fftw_destroy_plan", double_functions.destroy_plan);
        if (dlsym(single, "MKL_Set_Num_Threads_Local") != nullptr) {
            resolve(single, single_file, "MKL_Set_Num_Threads_Local", set_threads_of_caller);
            void (*get_version)(char*, int) = nullptr;
            resolve(single, single_file, "MKL_Get_Version_String", get_version);
            char text[256] = {};
            get_version(text, sizeof(text) - 1);
            version_ = text;
            version_.erase(version_.find_last_not_of(' ') + 1);
        } else if (const void* text = dlsym(single, "fftwf_version")) {
            version_ = static_cast<const char*>(text);
        } else {
            version_ = "unknown version";
        }
        if (instance == Instance::separate && dlsym(single, "fftwf_import_wisdom_from_string") != nullptr) {
            resolve(single, single_file, "fftwf_import_wisdom_from_string", import_wisdom);
            resolve(single, single_file, "fftwf_forget_wisdom", forget_wisdom);
        }
    }

    std::string version() const override { return version_; }

private:
    std::string version_;
};

}  // namespace

void LoadedFftLibrary::recall_plan(std::size_t length) const {
    if (forget_wisdom == nullptr) return;
    // A planner remembers: without this, a length's plan could depend on those that were planned before it.
    forget_wisdom();
    const std::string plan = saved_plans.for_length(length);
    if (!plan.empty() && import_wisdom(plan.c_str()) == 0) saved_plans.clear();
}

bool LoadedFftLibrary::has_saved_plans() const {
    constexpr std::size_t always_there = 128;
    const std::lock_guard lock(fork_safe_locks().planner);
    if (import_wisdom == nullptr || saved_plans.for_length(always_there).empty()) return false;
    recall_plan(always_there);
    return !saved_plans.empty();
}

std::shared_ptr<FftLibrary> FftLibrary::open(const std::string& single_file, const std::string& double_file,
                                             Instance instance, const std::string& plans) {
    return std::make_shared<DynamicFftLibrary>(single_file, double_file, instance, plans);
}

}  // namespace facespectra

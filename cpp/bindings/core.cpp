// The core as a Python module. Checks arrays, releases the GIL, calls, returns: no arithmetic here.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "facespectra/extractor.hpp"
#include "facespectra/face_finder.hpp"
#include "without_gil.hpp"

namespace py = pybind11;
namespace fs = facespectra;

namespace {

fs::PixelType pixel_type(const py::array& array) {
    if (py::isinstance<py::array_t<std::uint8_t>>(array)) return fs::PixelType::u8;
    if (py::isinstance<py::array_t<std::uint16_t>>(array)) return fs::PixelType::u16;
    if (py::isinstance<py::array_t<float>>(array)) return fs::PixelType::f32;
    if (py::isinstance<py::array_t<double>>(array)) return fs::PixelType::f64;
    throw py::type_error("images must be of dtype uint8, uint16, float32 or float64 in native byte order");
}

void require_aligned(const py::array& array) {
    if ((array.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) == 0) {
        throw py::value_error("images must be aligned to their dtype");
    }
}

/// The last two axes of the array as an image, `offset` bytes from its beginning.
fs::ImageView view(const py::array& array, fs::PixelType type, py::ssize_t offset) {
    const py::ssize_t axis = array.ndim() - 2;
    return {static_cast<const char*>(array.data()) + offset, type, static_cast<std::size_t>(array.shape(axis)),
            static_cast<std::size_t>(array.shape(axis + 1)), array.strides(axis), array.strides(axis + 1)};
}

/// Views of a (B, H, W) array or of a sequence of (H, W) arrays. `owners` keeps the arrays alive meanwhile.
std::vector<fs::ImageView> views(const py::object& images, std::vector<py::array>& owners) {
    std::vector<fs::ImageView> result;
    if (py::isinstance<py::array>(images)) {
        auto stack = py::reinterpret_borrow<py::array>(images);
        if (stack.ndim() != 3) throw py::value_error("an array of images must have three dimensions");
        require_aligned(stack);
        const fs::PixelType type = pixel_type(stack);
        result.reserve(static_cast<std::size_t>(stack.shape(0)));
        for (py::ssize_t i = 0; i < stack.shape(0); ++i) result.push_back(view(stack, type, i * stack.strides(0)));
        owners.push_back(std::move(stack));
        return result;
    }
    for (const py::handle item : images) {
        if (!py::isinstance<py::array>(item)) throw py::type_error("images must be NumPy arrays");
        auto image = py::reinterpret_borrow<py::array>(item);
        if (image.ndim() != 2) throw py::value_error("each image must have two dimensions");
        require_aligned(image);
        result.push_back(view(image, pixel_type(image), 0));
        owners.push_back(std::move(image));
    }
    return result;
}

fs::Convention convention_named(const std::string& name) {
    if (name == "durall") return fs::Convention::durall;
    if (name == "isotropic") return fs::Convention::isotropic;
    throw py::value_error("no such convention: " + name);
}

std::size_t row_length(const fs::ImageView& image, const fs::Settings& settings) {
    return settings.n_features != 0 ? settings.n_features
                                    : fs::profile_length(image.height, image.width, settings.convention);
}

template <typename Real>
void extract(const fs::Extractor<Real>& extractor, const py::object& images, const std::string& convention,
             std::size_t n_features, double epsilon, bool normalize, std::size_t threads,
             py::array_t<Real, py::array::c_style>& out) {
    std::vector<py::array> owners;
    const std::vector<fs::ImageView> image_views = views(images, owners);
    const fs::Settings settings{convention_named(convention), n_features, epsilon, normalize};
    if (out.ndim() != 2 || static_cast<std::size_t>(out.shape(0)) != image_views.size()) {
        throw py::value_error("out must have one row for each image");
    }
    const auto columns = static_cast<std::size_t>(out.shape(1));
    for (const fs::ImageView& image : image_views) {
        // An image that is too small writes nothing, and gets its own error from the extractor.
        const std::size_t length = row_length(image, settings);
        if (length != 0 && length != columns) throw py::value_error("out has rows of the wrong length");
    }
    if (threads == 0) throw py::value_error("threads must be at least 1");
    Real* to = out.mutable_data();
    fs::without_gil([&] { extractor.extract(image_views, settings, threads, to, columns); });
}

template <typename Real>
void bind_extractor(py::module_& module, const char* name) {
    py::class_<fs::Extractor<Real>>(module, name)
        .def(py::init<std::shared_ptr<const fs::FftLibrary>, const std::string&>(), py::arg("library"),
             py::arg("simd") = "")
        .def("extract", &extract<Real>, py::arg("images"), py::arg("convention"), py::arg("n_features"),
             py::arg("epsilon"), py::arg("normalize"), py::arg("threads"), py::arg("out").noconvert());
}

using Float32Array = py::array_t<float, py::array::c_style>;
using Rgb = py::array_t<std::uint8_t>;

fs::FaceFinder make_face_finder(const std::map<std::string, Float32Array>& parameters, const std::string& simd) {
    std::map<std::string, fs::Tensor> tensors;
    for (const auto& [name, array] : parameters) {
        tensors[name] = {{array.shape(), array.shape() + array.ndim()}, array.data()};
    }
    return fs::FaceFinder(tensors, simd);
}

/// One row for each face: box, score, landmarks, window.
py::array_t<float> find_faces(const fs::FaceFinder& finder, const Rgb& image, double smallest_face, double enough) {
    if (image.ndim() != 3 || image.shape(2) != 3 ||
        (image.size() != 0 && (image.strides(2) != 1 || image.strides(1) != 3))) {
        throw py::value_error("the image must have the shape (H, W, 3), with the pixels of a row side by side");
    }
    const fs::RgbView view{image.data(), image.strides(0), static_cast<std::size_t>(image.shape(0)),
                           static_cast<std::size_t>(image.shape(1))};
    std::vector<fs::DetectedFace> faces;
    fs::without_gil([&] { faces = finder.find(view, {smallest_face, enough}); });
    constexpr py::ssize_t columns = 16;
    py::array_t<float> rows({static_cast<py::ssize_t>(faces.size()), columns});
    float* to = rows.mutable_data();
    for (const fs::DetectedFace& face : faces) {
        to = std::copy(face.box.begin(), face.box.end(), to);
        *to++ = face.score;
        to = std::copy(face.landmarks.begin(), face.landmarks.end(), to);
        *to++ = face.window;
    }
    return rows;
}

std::string compiler() {
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

}  // namespace

// Everything that is shared has locks of its own, so that an interpreter without a GIL need not turn it on.
PYBIND11_MODULE(_core, module, py::mod_gil_not_used()) {
    py::register_exception_translator([](std::exception_ptr pending) {
        try {
            if (pending) std::rethrow_exception(pending);
        } catch (const fs::InvalidImage& error) {
            const py::object type = py::module_::import("facespectra.errors").attr("InvalidImageError");
            py::set_error(type, type(error.what(), error.index));
        }
    });
    py::class_<fs::FftLibrary, std::shared_ptr<fs::FftLibrary>>(module, "FftLibrary")
        .def_static(
            "open",
            [](const std::string& single_file, const std::string& double_file, bool separate, const std::string& plans) {
                using Instance = fs::FftLibrary::Instance;
                return fs::FftLibrary::open(single_file, double_file, separate ? Instance::separate : Instance::shared,
                                            plans);
            },
            py::arg("single_file"), py::arg("double_file"), py::arg("separate"), py::arg("plans") = "")
        .def_property_readonly("version", &fs::FftLibrary::version)
        .def_property_readonly("has_saved_plans", &fs::FftLibrary::has_saved_plans);
    bind_extractor<float>(module, "Extractor32");
    bind_extractor<double>(module, "Extractor64");
    py::class_<fs::FaceFinder>(module, "FaceFinder")
        .def(py::init(&make_face_finder), py::arg("parameters"), py::arg("simd") = "")
        .def("find", &find_faces, py::arg("image").noconvert(), py::kw_only(), py::arg("smallest_face") = 20,
             py::arg("enough") = 0);
    // os.environ takes half a microsecond for a name that is not there, which is one tenth of a small image.
    module.def("environment", [](const char* name) {
        const char* value = std::getenv(name);
        return py::reinterpret_steal<py::str>(PyUnicode_DecodeFSDefault(value != nullptr ? value : ""));
    });
    module.def("simd_levels", &fs::simd_levels);
    module.def("compiler", &compiler);
}

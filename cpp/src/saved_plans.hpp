#pragma once

#include <cstddef>
#include <string>

namespace facespectra {

/// Plans that FFTW measured once, by length, in the words in which it exports them ("wisdom").
///
/// Measuring where an image is to be transformed would take seconds, and find other plans, and so other last bits, in
/// each run. These were measured beforehand (cpp/tools/measure_plans.cpp); FFTW itself refuses those that another
/// build of it made.
class SavedPlans {
public:
    /// The first line is what such a text of FFTW's begins with; each further line is a length and its plan's parts.
    explicit SavedPlans(std::string text) : text_(std::move(text)) {}

    /// The plan for a length as FFTW reads it, "" if there is none.
    std::string for_length(std::size_t length) const;

    bool empty() const { return text_.empty(); }
    void clear() { text_.clear(); }

private:
    std::string text_;
};

}  // namespace facespectra

#include "saved_plans.hpp"

namespace facespectra {

std::string SavedPlans::for_length(std::size_t length) const {
    std::string label = "\n";
    label.append(std::to_string(length)).append(" ");
    const std::size_t found = text_.find(label);
    if (found == std::string::npos) return "";
    const std::size_t begin = found + label.size();
    const std::size_t end = text_.find('\n', begin);
    std::string plan = text_.substr(0, text_.find('\n'));
    plan.append("\n").append(text_, begin, end - begin).append("\n)\n");
    return plan;
}

}  // namespace facespectra

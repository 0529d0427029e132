// The known word a mistyped one was probably meant to be.
#pragma once

#include <string>
#include <vector>

namespace selfsight {

/// The candidate with the smallest edit distance, or empty when none is near enough to be a likely typo.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

/// " (did you mean 'x'?)", or empty when none is near.
std::string likelyMeant(const std::string& word, const std::vector<std::string>& candidates);

/// The same, or the list of all candidates when none is near.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace selfsight

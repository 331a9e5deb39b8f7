// "did you mean ...?": the nearest of the names that would have been right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eventarium::scenario {

/// Edits (insert, delete, replace, swap of neighbours) that turn one text into the other,
/// ignoring case. Texts longer than 64 characters are compared by their first 64.
int edit_distance(std::string_view a, std::string_view b);

/// The nearest candidate within about a third of its length, the first of equals; "" when none
/// is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// " (did you mean 'x'?)", or when nothing is near: " (known: a, b, c)" for up to 24 candidates,
/// else "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace eventarium::scenario

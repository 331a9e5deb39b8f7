// The scenarios in a folder: title, one-line promise, minutes, and what is wrong with those that
// don't load.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace eventarium::viz {

struct GalleryEntry {
  std::string path;
  std::string name;     // file name without .yaml
  std::string title;    // the name when the file says none
  std::string promise;  // one line
  int minutes = 0;
  Duration duration{};          // simulated time that it runs
  std::optional<double> speed;  // that it asks for, in simulated seconds per second
  scenario::Channel channel = scenario::Channel::kafka;
  std::vector<std::string> problems;  // "file:line:column: message"; empty: it can be played
};

/// All *.yaml and *.yml of the folder, sorted by name with `first` (a name) in front. Empty when
/// the folder can't be read.
std::vector<GalleryEntry> list_gallery(const std::string& folder,
                                       const std::string& first = "newsletter");

}  // namespace eventarium::viz

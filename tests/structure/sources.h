// The source files of the repository, as texts, for the tests that judge them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace eventarium::structure {

struct Source {
  std::string path;  // from the root of the checkout, e.g. "sim/base/ids.h"
  std::string text;
  std::vector<std::string> lines;

  std::string extension() const;  // ".h", ".cpp", ...
  std::string stem() const;       // "ids"
  std::string folder() const;     // "sim/base"
  bool in(const std::string& folder) const { return path.rfind(folder + "/", 0) == 0; }
  bool is_cpp() const;  // .h, .cpp or .inl
};

/// All files under the given folders of the checkout, sorted by path.
std::vector<Source> sources_in(const std::vector<std::string>& folders);

struct Include {
  std::string target;
  bool angled = false;
  int line = 0;
};
std::vector<Include> includes_of(const Source& source);

/// The text without comments and without what stands in quotes.
std::string code_only(const std::string& text);

}  // namespace eventarium::structure

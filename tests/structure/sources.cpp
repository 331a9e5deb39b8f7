#include "tests/structure/sources.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

namespace eventarium::structure {

std::string Source::extension() const { return std::filesystem::path(path).extension().string(); }
std::string Source::stem() const { return std::filesystem::path(path).stem().string(); }
std::string Source::folder() const { return std::filesystem::path(path).parent_path().string(); }

bool Source::is_cpp() const {
  const std::string end = extension();
  return end == ".h" || end == ".cpp" || end == ".inl";
}

std::vector<Source> sources_in(const std::vector<std::string>& folders) {
  const std::filesystem::path root = EVENTARIUM_SOURCE_DIR;
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      Source source;
      source.path = std::filesystem::relative(entry.path(), root).generic_string();
      std::ifstream stream(entry.path(), std::ios::binary);
      std::stringstream text;
      text << stream.rdbuf();
      source.text = text.str();
      std::istringstream lines(source.text);
      for (std::string line; std::getline(lines, line);) source.lines.push_back(line);
      sources.push_back(std::move(source));
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

std::vector<Include> includes_of(const Source& source) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*([<"])([^">]+)[">])re");
  std::vector<Include> includes;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(source.lines[i], match, pattern))
      includes.push_back({match[2], match[1] == "<", static_cast<int>(i) + 1});
  }
  return includes;
}

std::string code_only(const std::string& text) {
  std::string code;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) {
      while (i < text.size() && text[i] != '\n') ++i;
      code += '\n';
    } else if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i)
        if (text[i] == '\\') ++i;
      code += "\"\"";
    } else {
      code += text[i];
    }
  }
  return code;
}

}  // namespace eventarium::structure

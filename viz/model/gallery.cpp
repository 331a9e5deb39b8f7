// See gallery.h.
#include "viz/model/gallery.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <tuple>

#include "sim/scenario/loader.h"

namespace eventarium::viz {
namespace {

GalleryEntry load_entry(const std::filesystem::path& file) {
  GalleryEntry entry;
  entry.path = file.string();
  entry.name = file.stem().string();
  entry.title = entry.name;
  const scenario::LoadResult loaded = scenario::load_file(entry.path);
  for (const scenario::Problem& problem : loaded.problems)
    entry.problems.push_back(scenario::to_text(problem));
  if (!loaded.scenario) return entry;
  const scenario::Scenario& found = *loaded.scenario;
  if (!found.info.title.empty()) entry.title = found.info.title;
  entry.promise = found.info.promise;
  entry.minutes = found.info.minutes;
  entry.channel = found.channel;
  entry.duration = found.duration;
  entry.speed = found.view.speed;
  return entry;
}

}  // namespace

std::vector<GalleryEntry> list_gallery(const std::string& folder, const std::string& first) {
  std::vector<GalleryEntry> entries;
  std::error_code error;
  std::filesystem::directory_iterator files(folder, error);
  for (const std::filesystem::directory_iterator end; !error && files != end;
       files.increment(error)) {
    const std::filesystem::path extension = files->path().extension();
    std::error_code ignored;
    if ((extension == ".yaml" || extension == ".yml") && !files->is_directory(ignored))
      entries.push_back(load_entry(files->path()));
  }
  std::sort(entries.begin(), entries.end(), [&](const GalleryEntry& a, const GalleryEntry& b) {
    return std::tuple(a.name != first, a.name, a.path) <
           std::tuple(b.name != first, b.name, b.path);
  });
  return entries;
}

}  // namespace eventarium::viz

// Inter for words, JetBrains Mono for offsets and times: found by fontconfig, rasterised by
// FreeType at exactly the pixel size that is drawn, never stretched. Sizes are asked for while a
// frame is built; a size not rasterised yet is served by the nearest one and exists before the
// next frame.
#pragma once

#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

struct ImFont;

namespace eventarium::viz::ui {

enum class Face { regular, strong, bold, mono, mono_strong };
constexpr int face_count = 5;

class Fonts {
 public:
  Fonts();

  /// The face at `size_px`, rounded to whole pixels and kept within what is legible and fits.
  ImFont* get(Face face, float size_px);

  /// Rasterises what was asked for and is missing; the caller must upload the atlas anew when
  /// this returns true. Call between frames.
  bool rebuild_if_needed();

  /// True until every size that the last frame asked for is there.
  bool settled() const { return wanted_.empty(); }

  /// A sentence for each font that fontconfig does not have; empty when all is well.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  using Key = std::pair<Face, int>;
  struct Built {
    Key key;
    ImFont* font = nullptr;
  };
  ImFont* add(Key key);

  std::array<std::string, face_count> paths_;  // empty: ImGui's own font is the fallback
  std::vector<std::string> warnings_;
  std::vector<Built> built_;
  std::set<Key> wanted_;
  std::set<Key> used_;  // since the last rebuild; the others are dropped by the next one
};

/// The file of a font family at a fontconfig weight (80 regular, 180 semi-bold, 200 bold), or ""
/// when fontconfig would substitute another family.
std::string find_font_file(const std::string& family, int weight);

}  // namespace eventarium::viz::ui

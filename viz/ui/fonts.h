// Inter for words, JetBrains Mono for offsets and times: found by fontconfig, rasterised by
// FreeType at exactly the pixel size that is drawn, never stretched. Sizes are asked for while a
// frame is built; a size not rasterised yet is served by the nearest one and exists before the
// next frame.
#pragma once

#include <imgui.h>

#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace eventarium::viz::ui {

enum class Face { regular, strong, bold, mono, mono_strong };
constexpr int face_count = 5;

/// Small anti-aliased shapes that live in the same texture as the letters, so that thousands of
/// them are drawn as one batch of quads.
enum class Sprite { disc, square };
constexpr int sprite_count = 2;

struct SpriteUv {
  ImVec2 min, max;  // texture coordinates
};

class Fonts {
 public:
  Fonts();

  /// The face at `size_px`, rounded to whole pixels and kept within what is legible and fits. As in
  /// any text program the size is that of the em, not that of the line.
  ImFont* get(Face face, float size_px);

  /// Rasterises what was asked for and is missing; the caller must upload the atlas anew when
  /// this returns true. Call between frames.
  bool rebuild_if_needed();

  /// Where a sprite is in the font texture; valid until the next rebuild.
  SpriteUv sprite(Sprite which) const { return sprites_[static_cast<std::size_t>(which)]; }

  /// True when every size that the last frame asked for is there.
  bool settled() const { return wanted_.empty(); }

  /// The smallest size asked for since the last rebuild, in pixels; 0: none was.
  int smallest_px() const;

  /// A sentence for each font that fontconfig does not have; empty when all is well.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  using Key = std::pair<Face, int>;
  struct Built {
    Key key;
    ImFont* font = nullptr;
  };
  ImFont* add(Key key);
  void paint_sprites(const std::array<int, sprite_count>& slots);

  struct Source {
    std::string path;          // empty: ImGui's own font is the fallback
    float line_per_em = 1.2F;  // ImGui counts a font's size as ascent + descent
  };
  std::array<Source, face_count> sources_;
  std::vector<std::string> warnings_;
  std::vector<Built> built_;
  std::array<SpriteUv, sprite_count> sprites_{};
  std::set<Key> wanted_;
  std::set<Key> used_;  // since the last rebuild; the others are dropped by the next one
};

/// The file of a font family at a fontconfig weight (80 regular, 180 semi-bold, 200 bold), or ""
/// when fontconfig would substitute another family.
std::string find_font_file(const std::string& family, int weight);

}  // namespace eventarium::viz::ui

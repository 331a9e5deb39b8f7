// See fonts.h. The texture is built anew with all sizes in use whenever one is missing.
#include "viz/ui/fonts.h"

#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include <imgui.h>
#include <imgui_freetype.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>

namespace eventarium::viz::ui {

namespace {

struct FaceSource {
  const char* family;
  int weight;
};

constexpr std::array<FaceSource, face_count> face_sources = {{
    {"Inter", FC_WEIGHT_REGULAR},
    {"Inter", FC_WEIGHT_DEMIBOLD},
    {"Inter", FC_WEIGHT_BOLD},
    {"JetBrains Mono", FC_WEIGHT_MEDIUM},
    {"JetBrains Mono", FC_WEIGHT_BOLD},
}};

constexpr int size_px_min = 8;
constexpr int size_px_max = 96;
constexpr std::size_t built_max = 40;  // more and the texture outgrows small graphics cards

// Latin with accents, Greek (µ, σ), punctuation, arrows, mathematical and geometric signs.
constexpr std::array<ImWchar, 19> glyph_ranges = {
    0x0020, 0x017F, 0x0391, 0x03C9, 0x2010, 0x2044, 0x2190, 0x2199, 0x2212, 0x2212,
    0x221E, 0x221E, 0x2260, 0x2265, 0x25A0, 0x25CF, 0x2605, 0x2606, 0};

constexpr int sprite_px = 32;

/// How much of the pixel at (x, y) from the centre a sprite covers, 0 to 255. A margin of one
/// pixel stays empty for the interpolation at the edge.
unsigned char coverage(Sprite which, float x, float y) {
  constexpr float half = sprite_px / 2.0F - 1.5F;
  constexpr float corner = half * 0.35F;
  float outside = std::hypot(x, y) - half;
  if (which == Sprite::square) {
    const float dx = std::max(0.0F, std::abs(x) - (half - corner));
    const float dy = std::max(0.0F, std::abs(y) - (half - corner));
    outside = std::hypot(dx, dy) - corner;
  }
  return static_cast<unsigned char>(255 * std::clamp(0.5F - outside, 0.0F, 1.0F));
}

float line_per_em(const std::string& path) {
  float result = 1.2F;
  FT_Library library = nullptr;
  FT_Face face = nullptr;
  if (path.empty() || FT_Init_FreeType(&library) != 0) return result;
  if (FT_New_Face(library, path.c_str(), 0, &face) == 0) {
    if (face->units_per_EM > 0)
      result = static_cast<float>(face->ascender - face->descender) /
               static_cast<float>(face->units_per_EM);
    FT_Done_Face(face);
  }
  FT_Done_FreeType(library);
  return result;
}

ImFont* fallback_font() { return ImGui::GetIO().Fonts->Fonts[0]; }

}  // namespace

std::string find_font_file(const std::string& family, int weight) {
  const auto destroy = [](FcPattern* pattern) { FcPatternDestroy(pattern); };
  using Pattern = std::unique_ptr<FcPattern, decltype(destroy)>;
  Pattern wish(FcPatternCreate(), destroy);
  FcPatternAddString(wish.get(), FC_FAMILY, reinterpret_cast<const FcChar8*>(family.c_str()));
  FcPatternAddInteger(wish.get(), FC_WEIGHT, weight);
  FcPatternAddInteger(wish.get(), FC_SLANT, FC_SLANT_ROMAN);
  FcConfigSubstitute(nullptr, wish.get(), FcMatchPattern);
  FcDefaultSubstitute(wish.get());
  FcResult result = FcResultNoMatch;
  const Pattern match(FcFontMatch(nullptr, wish.get(), &result), destroy);
  if (!match) return "";
  bool same_family = false;
  FcChar8* name = nullptr;
  for (int i = 0; FcPatternGetString(match.get(), FC_FAMILY, i, &name) == FcResultMatch; ++i)
    same_family = same_family || family == reinterpret_cast<const char*>(name);
  FcChar8* file = nullptr;
  if (!same_family || FcPatternGetString(match.get(), FC_FILE, 0, &file) != FcResultMatch)
    return "";
  return reinterpret_cast<const char*>(file);
}

Fonts::Fonts() {
  for (int i = 0; i < face_count; ++i) {
    const FaceSource& source = face_sources[static_cast<std::size_t>(i)];
    std::string& path = sources_[static_cast<std::size_t>(i)].path;
    path = find_font_file(source.family, source.weight);
    sources_[static_cast<std::size_t>(i)].line_per_em = line_per_em(path);
    if (!path.empty()) continue;
    const std::string warning =
        std::string("font '") + source.family +
        "' is not installed, using another (Debian: apt-get install fonts-inter "
        "fonts-jetbrains-mono)";
    if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end())
      warnings_.push_back(warning);
    path = find_font_file("DejaVu Sans", source.weight);
    sources_[static_cast<std::size_t>(i)].line_per_em = line_per_em(path);
  }
  FcFini();  // nobody else asks it, and its caches would count as leaks
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  atlas->FontBuilderIO = ImGuiFreeType::GetBuilderForFreeType();
  atlas->Flags |= ImFontAtlasFlags_NoPowerOfTwoHeight;
  wanted_.insert({Face::regular, 18});
}

ImFont* Fonts::get(Face face, float size_px) {
  const int size = std::clamp(static_cast<int>(std::lround(size_px)), size_px_min, size_px_max);
  const Key key{face, size};
  used_.insert(key);
  const Built* nearest = nullptr;
  for (const Built& built : built_) {
    if (built.key == key) return built.font;
    const bool better = nearest == nullptr ||
                        std::abs(built.key.second - size) < std::abs(nearest->key.second - size);
    if (built.key.first == face && better) nearest = &built;
  }
  wanted_.insert(key);
  return nearest != nullptr ? nearest->font : fallback_font();
}

ImFont* Fonts::add(Key key) {
  const Source& source = sources_[static_cast<std::size_t>(key.first)];
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  ImFontConfig config;
  config.OversampleH = config.OversampleV = 1;  // exact size: nothing to gain
  config.PixelSnapH = true;
  config.FontBuilderFlags = ImGuiFreeTypeBuilderFlags_LightHinting;
  config.SizePixels = std::round(static_cast<float>(key.second) * source.line_per_em);
  if (source.path.empty()) return atlas->AddFontDefault(&config);
  return atlas->AddFontFromFileTTF(source.path.c_str(), config.SizePixels, &config,
                                   glyph_ranges.data());
}

void Fonts::paint_sprites(const std::array<int, sprite_count>& slots) {
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  unsigned char* pixels = nullptr;
  int width = 0, height = 0;
  atlas->GetTexDataAsAlpha8(&pixels, &width, &height);
  for (int i = 0; i < sprite_count; ++i) {
    const auto which = static_cast<std::size_t>(i);
    const ImFontAtlasCustomRect* slot = atlas->GetCustomRectByIndex(slots[which]);
    if (slot == nullptr || !slot->IsPacked()) continue;
    for (int y = 0; y < sprite_px; ++y)
      for (int x = 0; x < sprite_px; ++x)
        pixels[(slot->Y + y) * width + slot->X + x] =
            coverage(static_cast<Sprite>(i), static_cast<float>(x) + 0.5F - sprite_px / 2.0F,
                     static_cast<float>(y) + 0.5F - sprite_px / 2.0F);
    atlas->CalcCustomRectUV(slot, &sprites_[which].min, &sprites_[which].max);
  }
}

int Fonts::smallest_px() const {
  int smallest = 0;
  for (const Key& key : used_)
    if (smallest == 0 || key.second < smallest) smallest = key.second;
  return smallest;
}

bool Fonts::rebuild_if_needed() {
  if (wanted_.empty()) return false;
  std::set<Key> keys = wanted_;
  keys.insert(used_.begin(), used_.end());
  for (const Built& built : built_)
    if (keys.size() < built_max) keys.insert(built.key);
  ImGui::GetIO().Fonts->Clear();
  built_.clear();
  for (const Key& key : keys)
    if (ImFont* font = add(key)) built_.push_back({key, font});
  std::array<int, sprite_count> slots{};
  for (int& slot : slots) slot = ImGui::GetIO().Fonts->AddCustomRectRegular(sprite_px, sprite_px);
  ImGui::GetIO().Fonts->Build();
  paint_sprites(slots);
  ImGui::GetIO().FontDefault = nullptr;
  wanted_.clear();
  used_.clear();
  return true;
}

}  // namespace eventarium::viz::ui

// See theme.h. Change a colour here and the test of contrast says whether it can still be read.
#include "viz/ui/theme.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace eventarium::viz::ui {

namespace {

constexpr Color hex(std::uint32_t rgb) { return Color::hex(rgb); }

Palette dark_palette() {
  Palette p;
  p.background = hex(0x14171d);
  p.bar = hex(0x1b1f27);
  p.inset = hex(0x222731);
  p.card = hex(0x262c37);
  p.hover = hex(0x2e3644);
  p.shade = hex(0x0b0d11).faded(0.72F);
  p.line = hex(0x343b48);
  p.outline = hex(0x717c8e);
  p.grid = hex(0x272d38);
  p.text = hex(0xe8ebf0);
  p.muted = hex(0xa3adbc);
  p.accent = hex(0x56b4e9);
  p.ok = hex(0x2fc79a);
  p.warn = hex(0xe69f00);
  p.bad = hex(0xff7a5c);
  p.follow = hex(0xd98bb8);
  p.on_meaning = hex(0x14171d);
  p.cell = hex(0x33506b);
  p.cell_line = hex(0x6f95ba);
  p.cell_text = hex(0xe8ebf0);
  p.beyond = hex(0xe69f00);
  p.beyond_text = hex(0x14171d);
  p.hole = hex(0x1f242d);
  p.members = {hex(0x7cc4f0), hex(0xf0c35e), hex(0x6fd3a8),
               hex(0xe39ac4), hex(0xb9a5ec), hex(0xd6d0c4)};
  return p;
}

Palette light_palette() {
  Palette p;
  p.background = hex(0xffffff);
  p.bar = hex(0xf3f5f9);
  p.inset = hex(0xe9edf3);
  p.card = hex(0xffffff);
  p.hover = hex(0xdde5f0);
  p.shade = hex(0x1a2230).faded(0.45F);
  p.line = hex(0xc3cbd8);
  p.outline = hex(0x78849a);
  p.grid = hex(0xdbe0e9);
  p.text = hex(0x12161d);
  p.muted = hex(0x4d576a);
  p.accent = hex(0x0064a8);
  p.ok = hex(0x00694f);
  p.warn = hex(0x855600);
  p.bad = hex(0xb03400);
  p.follow = hex(0x8c3a68);
  p.on_meaning = hex(0xffffff);
  p.cell = hex(0xbcd8f0);
  p.cell_line = hex(0x5585b0);
  p.cell_text = hex(0x12161d);
  p.beyond = hex(0x855600);
  p.beyond_text = hex(0xffffff);
  p.hole = hex(0xf3f5f9);
  p.members = {hex(0x0064a8), hex(0x7a5400), hex(0x00694f),
               hex(0x8c3a68), hex(0x5b46a0), hex(0x50565f)};
  return p;
}

/// Light, with everything that is read as dark as a weak lamp needs.
Palette projector_palette() {
  Palette p = light_palette();
  p.hover = hex(0xe8eef7);
  p.line = hex(0x98a2b3);
  p.outline = hex(0x5c677c);
  p.grid = hex(0xcdd3de);
  p.text = hex(0x000000);
  p.muted = hex(0x3a4353);
  p.accent = hex(0x00508a);
  p.ok = hex(0x00523d);
  p.warn = hex(0x6b4400);
  p.bad = hex(0x8a2900);
  p.follow = hex(0x742a54);
  p.beyond = hex(0x6b4400);
  p.cell_text = hex(0x000000);
  p.members = {hex(0x00508a), hex(0x6b4400), hex(0x00523d),
               hex(0x742a54), hex(0x47348a), hex(0x3f454e)};
  return p;
}

constexpr std::array<float, 11> scale_ladder = {0.7F,   0.8F, 0.9F, 1.0F, 1.15F, 1.3F,
                                                1.556F, 1.8F, 2.1F, 2.5F, 3.0F};

}  // namespace

std::string_view to_text(Profile profile) {
  switch (profile) {
    case Profile::dark:
      return "dark";
    case Profile::light:
      return "light";
    case Profile::projector:
      return "projector";
  }
  return "dark";
}

std::optional<Profile> profile_from(std::string_view name) {
  for (const Profile profile : {Profile::dark, Profile::light, Profile::projector})
    if (to_text(profile) == name) return profile;
  return std::nullopt;
}

Theme make_theme(Profile profile, float scale) {
  Theme theme;
  theme.profile = profile;
  theme.scale = scale > 0 ? scale : default_scale(profile);
  if (profile == Profile::dark) theme.color = dark_palette();
  if (profile == Profile::light) theme.color = light_palette();
  if (profile == Profile::projector) theme.color = projector_palette();
  return theme;
}

float default_scale(Profile profile, float window_height_px) {
  if (profile != Profile::projector) return 1;
  // In steps of lines: fonts are not made anew for each pixel while a window is being resized.
  constexpr float at_1080 = 1.556F, step = 40;
  const float lines = std::floor(window_height_px / step + 0.01F) * step;
  return std::clamp(at_1080 * lines / 1080, 1.0F, 2 * at_1080);
}

float next_scale(float scale, int direction) {
  constexpr float close_enough = 0.01F;
  float best = scale;
  for (const float step : scale_ladder) {
    if (direction > 0 && step > scale + close_enough) return step;
    if (direction < 0 && step < scale - close_enough) best = step;
  }
  return best;
}

std::vector<ContrastPair> contrast_pairs(const Theme& theme) {
  const Palette& p = theme.color;
  const double text = theme.profile == Profile::projector ? 7.0 : 4.5;
  constexpr double shape = 3.0;
  std::vector<ContrastPair> pairs;
  const auto on_surfaces = [&](std::string_view name, Color color, double at_least) {
    for (const Color surface : {p.background, p.bar, p.inset, p.card})
      pairs.push_back({name, color, surface, at_least});
  };
  on_surfaces("text", p.text, text);
  on_surfaces("muted text", p.muted, text);
  for (const Color color : {p.text, p.muted, p.accent})
    pairs.push_back({"text on a hovered row", color, p.hover, text});
  on_surfaces("accent text", p.accent, text);
  on_surfaces("ok text", p.ok, text);
  on_surfaces("warn text", p.warn, text);
  on_surfaces("bad text", p.bad, text);
  on_surfaces("follow text", p.follow, text);
  for (const Color patch : {p.accent, p.ok, p.warn, p.bad, p.follow})
    pairs.push_back({"text on a patch", p.on_meaning, patch, text});
  for (const Color member : p.members) {
    pairs.push_back({"number of a member", p.on_meaning, member, text});
    pairs.push_back({"member on a card", member, p.card, shape});
  }
  pairs.push_back({"offset in a cell", p.cell_text, p.cell, text});
  pairs.push_back({"offset beyond the high watermark", p.beyond_text, p.beyond, text});
  pairs.push_back({"node outline", p.outline, p.card, shape});
  pairs.push_back({"node outline and link", p.outline, p.background, shape});
  pairs.push_back({"cell outline", p.cell_line, p.card, shape});
  pairs.push_back({"cell beyond the high watermark", p.beyond, p.card, shape});
  return pairs;
}

}  // namespace eventarium::viz::ui

// A colour and the arithmetic of contrast (WCAG 2.1, relative luminance of sRGB). Must not know
// ImGui, so that the table of colours can be tested without a window.
#pragma once

#include <cstdint>

namespace eventarium::viz::ui {

struct Color {
  std::uint8_t r = 0, g = 0, b = 0, a = 255;

  /// 0xRRGGBB, opaque.
  static constexpr Color hex(std::uint32_t rgb) {
    return {static_cast<std::uint8_t>(rgb >> 16), static_cast<std::uint8_t>(rgb >> 8),
            static_cast<std::uint8_t>(rgb), 255};
  }
  /// The same colour, `alpha` in [0, 1] times as opaque.
  constexpr Color faded(float alpha) const {
    return {r, g, b, static_cast<std::uint8_t>(static_cast<float>(a) * alpha + 0.5F)};
  }
  /// ImGui's order of bytes (IM_COL32).
  constexpr std::uint32_t packed() const {
    return static_cast<std::uint32_t>(a) << 24 | static_cast<std::uint32_t>(b) << 16 |
           static_cast<std::uint32_t>(g) << 8 | r;
  }
  constexpr bool operator==(const Color&) const = default;
};

/// What is seen when `top` (with its alpha) lies on `bottom`.
Color over(Color top, Color bottom);

/// Straight mix in sRGB: 0 gives `a`, 1 gives `b`.
Color mix(Color a, Color b, float part_of_b);

/// 1 (equal) to 21 (black on white); `foreground` is laid over `background` first.
double contrast_ratio(Color foreground, Color background);

}  // namespace eventarium::viz::ui

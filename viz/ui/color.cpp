// See color.h. The formulas are those of WCAG 2.1.
#include "viz/ui/color.h"

#include <algorithm>
#include <cmath>

namespace eventarium::viz::ui {

namespace {

std::uint8_t blend(std::uint8_t from, std::uint8_t to, float part) {
  const float value =
      static_cast<float>(from) + (static_cast<float>(to) - static_cast<float>(from)) * part;
  return static_cast<std::uint8_t>(std::lround(value));
}

double linear(std::uint8_t channel) {
  const double value = channel / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(Color c) {
  return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

}  // namespace

Color over(Color top, Color bottom) {
  const float part = static_cast<float>(top.a) / 255.0F;
  return {blend(bottom.r, top.r, part), blend(bottom.g, top.g, part), blend(bottom.b, top.b, part),
          255};
}

Color mix(Color a, Color b, float part_of_b) {
  return {blend(a.r, b.r, part_of_b), blend(a.g, b.g, part_of_b), blend(a.b, b.b, part_of_b),
          blend(a.a, b.a, part_of_b)};
}

double contrast_ratio(Color foreground, Color background) {
  const double x = luminance(over(foreground, background)) + 0.05;
  const double y = luminance(background) + 0.05;
  return std::max(x, y) / std::min(x, y);
}

}  // namespace eventarium::viz::ui

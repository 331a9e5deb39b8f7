// Holds the colour tables to the contrast that a lecture hall needs.
#include "viz/ui/theme.h"

#include <doctest/doctest.h>

using namespace eventarium::viz::ui;

TEST_CASE("contrast follows WCAG: black on white is 21, equal colours are 1") {
  CHECK(contrast_ratio(Color::hex(0x000000), Color::hex(0xffffff)) == doctest::Approx(21.0));
  CHECK(contrast_ratio(Color::hex(0x56b4e9), Color::hex(0x56b4e9)) == doctest::Approx(1.0));
  // #777 on white is the classic near miss: 4.48.
  CHECK(contrast_ratio(Color::hex(0x777777), Color::hex(0xffffff)) ==
        doctest::Approx(4.48).epsilon(0.01));
}

TEST_CASE("a transparent colour counts as what is seen") {
  const Color half = Color::hex(0x000000).faded(0.5F);
  CHECK(over(half, Color::hex(0xffffff)).r == doctest::Approx(127).epsilon(0.02));
  CHECK(contrast_ratio(half, Color::hex(0xffffff)) < 5.0);
}

TEST_CASE("every profile keeps the contrast it promises") {
  for (const Profile profile : {Profile::dark, Profile::light, Profile::projector}) {
    const Theme theme = make_theme(profile);
    for (const ContrastPair& pair : contrast_pairs(theme)) {
      CAPTURE(to_text(profile));
      CAPTURE(pair.name);
      CAPTURE(pair.background.packed());
      CHECK(contrast_ratio(pair.foreground, pair.background) >= pair.at_least);
    }
  }
}

TEST_CASE("text is 18 px on a laptop and 28 px on a projector") {
  CHECK(make_theme(Profile::dark).text_px() >= 18.0F);
  CHECK(make_theme(Profile::projector).text_px() >= 28.0F);
}

TEST_CASE("the scale ladder climbs, falls and stops at its ends") {
  CHECK(next_scale(1.0F, +1) > 1.0F);
  CHECK(next_scale(1.0F, -1) < 1.0F);
  CHECK(next_scale(next_scale(1.0F, +1), -1) == doctest::Approx(1.0F));
  float scale = 1.0F;
  for (int i = 0; i < 50; ++i) scale = next_scale(scale, +1);
  CHECK(next_scale(scale, +1) == scale);
  for (int i = 0; i < 50; ++i) scale = next_scale(scale, -1);
  CHECK(next_scale(scale, -1) == scale);
}

TEST_CASE("profiles have names and unknown names have none") {
  CHECK(profile_from("projector") == Profile::projector);
  CHECK(!profile_from("Projector"));
}

// The looks, in one place: a table of named colours per profile and the measures that grow with
// the scale. Colours are Okabe and Ito's, lightened on dark and darkened on white until they can
// be read; contrast_pairs() says which must stand on which, and a test holds the table to it.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "viz/ui/color.h"

namespace eventarium::viz::ui {

enum class Profile { dark, light, projector };

std::string_view to_text(Profile profile);
std::optional<Profile> profile_from(std::string_view name);

struct Palette {
  // surfaces, from the back to the front
  Color background;  // behind everything
  Color bar;         // top bar, panels, narration
  Color inset;       // buttons, tiles, boxes inside panels
  Color card;        // nodes
  Color hover;       // a button or row under the mouse
  Color shade;       // over everything behind an overlay
  // lines
  Color line;     // quiet frames that only group
  Color outline;  // frames of nodes, links: shapes that mean something
  Color grid;     // behind the timeline
  // text
  Color text, muted;
  // meanings; each is also a shape or a word wherever it is used
  Color accent;      // what to look at or click, leaders, produce requests
  Color ok;          // fine, readable, fetch answers, the high watermark
  Color warn;        // waiting, not yet readable, duplicated
  Color bad;         // dead, lost, failed
  Color follow;      // the record being followed
  Color on_meaning;  // text and marks on a patch of any meaning
  // cells of a partition
  Color cell, cell_line, cell_text;  // a readable record
  Color beyond, beyond_text;         // stored, not yet below the high watermark
  Color hole;                        // a cell not written yet
  // members of a group: one each, in turn; always with the member's number
  std::array<Color, 6> members;
};

struct Theme {
  Profile profile = Profile::dark;
  Palette color;
  float scale = 1;  // of everything: 1 is 18 px text

  /// Design units (pixels at scale 1) to pixels.
  float px(float units) const { return units * scale; }
  /// One weight of line for all frames and links.
  float line_px() const { return (profile == Profile::dark ? 1.5F : 2.0F) * scale; }
  float radius_px() const { return 8 * scale; }
  float text_px() const { return 18 * scale; }
  /// No text is smaller, however small the picture.
  float text_min_px() const { return 14 * scale; }
};

/// The profile's colours at a scale; `scale` 0 takes the profile's own at 1080 lines.
Theme make_theme(Profile profile, float scale = 0);

/// 1 for a laptop. For a projector as much as makes text 28 px at 1080 lines; one with fewer lines
/// throws a picture of the same size onto the wall, so that its text may have fewer pixels.
float default_scale(Profile profile, float window_height_px = 1080);

/// The next step of the Ctrl + and Ctrl - ladder from `scale`.
float next_scale(float scale, int direction);

struct ContrastPair {
  std::string_view name;
  Color foreground, background;
  double at_least;
};

/// Every combination that is drawn and must be told apart, with the ratio it must have.
std::vector<ContrastPair> contrast_pairs(const Theme& theme);

}  // namespace eventarium::viz::ui

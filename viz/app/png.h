// Writes a picture that OpenGL gave (RGBA, bottom row first) as a PNG file.
#pragma once

#include <string>
#include <vector>

namespace eventarium::viz::app {

/// False when the file can't be written. The picture is made opaque.
bool write_png(const std::string& path, std::vector<unsigned char>& rgba_bottom_up, int width_px,
               int height_px);

}  // namespace eventarium::viz::app

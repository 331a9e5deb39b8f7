// See png.h. The encoder is stb's.
#include "viz/app/png.h"

#include <stb/stb_image_write.h>

namespace eventarium::viz::app {

bool write_png(const std::string& path, std::vector<unsigned char>& rgba_bottom_up, int width_px,
               int height_px) {
  for (std::size_t i = 3; i < rgba_bottom_up.size(); i += 4) rgba_bottom_up[i] = 255;
  const std::size_t row = static_cast<std::size_t>(width_px) * 4;
  // A negative stride from the last row turns the picture the right way up.
  const unsigned char* top = rgba_bottom_up.data() + row * static_cast<std::size_t>(height_px - 1);
  return stbi_write_png(path.c_str(), width_px, height_px, 4, top, -static_cast<int>(row)) != 0;
}

}  // namespace eventarium::viz::app

// See gl_window.h. ImGui's backends are installed after our own callbacks and call them in turn.
#include "viz/app/gl_window.h"

#define GL_GLEXT_PROTOTYPES
#define GLFW_INCLUDE_GLEXT
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "viz/app/png.h"

namespace eventarium::viz::app {

namespace {

std::string last_glfw_error() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text != nullptr ? text : "unknown error";
}

void on_glfw_error(int code, const char* text) {
  std::fprintf(stderr, "eventarium-view: window system error %d: %s\n", code, text);
}

struct InputFlag {
  bool seen = true;
};

InputFlag& flag_of(GLFWwindow* window) {
  return *static_cast<InputFlag*>(glfwGetWindowUserPointer(window));
}

void watch_input(GLFWwindow* window) {
  glfwSetWindowUserPointer(window, new InputFlag);
  glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { flag_of(w).seen = true; });
  glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { flag_of(w).seen = true; });
  glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { flag_of(w).seen = true; });
  // These are installed before ImGui's backend, which calls them in turn.
  glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int, int, int) { flag_of(w).seen = true; });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double, double) { flag_of(w).seen = true; });
  glfwSetKeyCallback(window, [](GLFWwindow* w, int, int, int, int) { flag_of(w).seen = true; });
  glfwSetCharCallback(window, [](GLFWwindow* w, unsigned) { flag_of(w).seen = true; });
}

void clear(ui::Color color, int width_px, int height_px) {
  glViewport(0, 0, width_px, height_px);
  glClearColor(static_cast<float>(color.r) / 255.0F, static_cast<float>(color.g) / 255.0F,
               static_cast<float>(color.b) / 255.0F, 1);
  glClear(GL_COLOR_BUFFER_BIT);
}

GLFWwindow* create_window(const WindowOptions& options) {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_VISIBLE, options.visible ? GLFW_TRUE : GLFW_FALSE);
  int width = options.width_px, height = options.height_px;
  if (GLFWmonitor* monitor = glfwGetPrimaryMonitor(); monitor != nullptr && options.fit_screen) {
    int x = 0, y = 0, w = 0, h = 0;
    glfwGetMonitorWorkarea(monitor, &x, &y, &w, &h);
    if (w > 0 && h > 0) {
      width = std::min(width, w);
      height = std::min(height, h);
    }
  }
  return glfwCreateWindow(width, height, options.title.c_str(), nullptr, nullptr);
}

}  // namespace

std::unique_ptr<GlWindow> GlWindow::open(const WindowOptions& options, std::string& error) {
  glfwSetErrorCallback(on_glfw_error);
  if (glfwInit() == GLFW_FALSE) {
    error = "no display (" + last_glfw_error() +
            "); on a machine without one use: xvfb-run -s \"-screen 0 1920x1080x24\" "
            "eventarium-view ..., or `eventarium run` for text";
    return nullptr;
  }
  GLFWwindow* window = create_window(options);
  if (window == nullptr) {
    error = "no OpenGL 3.2 (" + last_glfw_error() +
            "); try LIBGL_ALWAYS_SOFTWARE=1, or `eventarium run` for text";
    glfwTerminate();
    return nullptr;
  }
  glfwSetWindowSizeLimits(window, 960, 600, GLFW_DONT_CARE, GLFW_DONT_CARE);
  glfwMakeContextCurrent(window);
  glfwSwapInterval(options.visible ? 1 : 0);
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;  // nothing is remembered behind the user's back
  ImGui::GetIO().ConfigWindowsMoveFromTitleBarOnly = true;
  watch_input(window);
  ImGui_ImplGlfw_InitForOpenGL(window, true);
  ImGui_ImplOpenGL3_Init("#version 150");
  return std::unique_ptr<GlWindow>(new GlWindow(window));
}

GlWindow::~GlWindow() {
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  delete static_cast<InputFlag*>(glfwGetWindowUserPointer(window_));
  glfwDestroyWindow(window_);
  glfwTerminate();
}

bool GlWindow::should_close() const { return glfwWindowShouldClose(window_) != 0; }

bool GlWindow::iconified() const { return glfwGetWindowAttrib(window_, GLFW_ICONIFIED) != 0; }

void GlWindow::set_title(const std::string& title) { glfwSetWindowTitle(window_, title.c_str()); }

void GlWindow::toggle_full_screen() {
  if (glfwGetWindowMonitor(window_) != nullptr) {
    glfwSetWindowMonitor(window_, nullptr, restore_x_, restore_y_, restore_width_, restore_height_,
                         0);
    return;
  }
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  const GLFWvidmode* mode = monitor != nullptr ? glfwGetVideoMode(monitor) : nullptr;
  if (mode == nullptr) return;
  glfwGetWindowPos(window_, &restore_x_, &restore_y_);
  glfwGetWindowSize(window_, &restore_width_, &restore_height_);
  glfwSetWindowMonitor(window_, monitor, 0, 0, mode->width, mode->height, mode->refreshRate);
}

void GlWindow::wait_events(double seconds) {
  if (seconds > 0)
    glfwWaitEventsTimeout(seconds);
  else
    glfwPollEvents();
}

bool GlWindow::take_input_flag() {
  const bool seen = flag_of(window_).seen;
  flag_of(window_).seen = false;
  return seen;
}

void GlWindow::upload_fonts() {
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
}

void GlWindow::frame(const std::function<void()>& build, ui::Color background) {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
  build();
  ImGui::Render();
  int width = 0, height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  clear(background, width, height);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  glfwSwapBuffers(window_);
}

std::string GlWindow::frame_to_png(const std::function<void()>& build, ui::Color background,
                                   int width_px, int height_px, const std::string& path) {
  GLuint texture = 0, buffer = 0;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D, texture);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width_px, height_px, 0, GL_RGBA, GL_UNSIGNED_BYTE,
               nullptr);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
  glGenFramebuffers(1, &buffer);
  glBindFramebuffer(GL_FRAMEBUFFER, buffer);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
  std::string problem;
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
    problem = "OpenGL can't draw off screen at this size";

  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {static_cast<float>(width_px), static_cast<float>(height_px)};
  io.DisplayFramebufferScale = {1, 1};
  io.MousePos = {-FLT_MAX, -FLT_MAX};  // nothing is hovered in a picture
  ImGui::NewFrame();
  build();
  ImGui::Render();
  if (problem.empty()) {
    clear(background, width_px, height_px);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    if (!path.empty()) {
      std::vector<unsigned char> pixels(static_cast<std::size_t>(width_px) *
                                        static_cast<std::size_t>(height_px) * 4);
      glPixelStorei(GL_PACK_ALIGNMENT, 1);
      glReadPixels(0, 0, width_px, height_px, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
      if (!write_png(path, pixels, width_px, height_px)) problem = "can't write " + path;
    }
  }
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
  glDeleteFramebuffers(1, &buffer);
  glDeleteTextures(1, &texture);
  return problem;
}

}  // namespace eventarium::viz::app

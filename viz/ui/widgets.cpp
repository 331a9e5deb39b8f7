// See widgets.h. ImGui finds out what is hovered and clicked; the looks are our own.
#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

ImVec4 as_vec4(Color c) { return ImGui::ColorConvertU32ToFloat4(c.packed()); }

void explain(const Canvas& canvas, const Hit& hit, const ControlState& state, const Rect& area) {
  if (!hit.hovered) return;
  const std::string_view text = state.enabled ? state.tooltip : state.why_not;
  if (!text.empty()) tooltip(canvas, text, area);
  if (state.enabled) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
}

Color face_color(const Canvas& canvas, const ControlState& state) {
  if (!state.enabled) return canvas.color().muted.faded(0.55F);
  return state.active ? canvas.color().accent : canvas.color().text;
}

}  // namespace

Hit hit_area(std::string_view id, const Rect& area) {
  Hit hit;
  if (area.empty()) return hit;
  ImGui::SetCursorScreenPos(area.min);
  ImGui::PushID(id.data(), id.data() + id.size());
  hit.clicked = ImGui::InvisibleButton("##hit", area.size());
  hit.hovered = ImGui::IsItemHovered(ImGuiHoveredFlags_None);
  hit.held = ImGui::IsItemActive();
  hit.double_clicked = hit.hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left);
  ImGui::PopID();
  return hit;
}

void box(const Canvas& canvas, const Rect& area, bool hovered, bool active) {
  const Palette& color = canvas.color();
  const float radius = canvas.theme->radius_px();
  fill(canvas, area, hovered ? color.hover : color.inset, radius);
  frame(canvas, area,
        active    ? color.accent
        : hovered ? color.outline
                  : color.line,
        canvas.theme->line_px() * (active ? 1.3F : 1.0F), radius);
}

bool icon_button(const Canvas& canvas, std::string_view id, const Rect& area, Icon which,
                 const ControlState& state) {
  const Hit hit = hit_area(id, area);
  box(canvas, area, hit.hovered && state.enabled, state.active);
  const float radius = std::min(area.width(), area.height()) * 0.24F;
  icon(canvas, which, area.center(), radius, face_color(canvas, state));
  explain(canvas, hit, state, area);
  return hit.clicked && state.enabled;
}

bool text_button(const Canvas& canvas, std::string_view id, const Rect& area, std::string_view text,
                 const ControlState& state) {
  const Hit hit = hit_area(id, area);
  box(canvas, area, hit.hovered && state.enabled, state.active);
  const Pen pen{Face::regular, canvas.px(17), face_color(canvas, state)};
  draw_text_in(canvas, area.shrunk(canvas.px(8), 0), pen, text, Align::center);
  explain(canvas, hit, state, area);
  return hit.clicked && state.enabled;
}

Rect panel(const Canvas& canvas, const Rect& area, std::string_view title) {
  const float radius = canvas.theme->radius_px();
  fill(canvas, area, canvas.color().bar, radius);
  frame(canvas, area, canvas.color().line, canvas.theme->line_px(), radius);
  Rect inside = area.shrunk(canvas.px(20), canvas.px(14));
  if (title.empty()) return inside;
  const Rect head = inside.cut_top(canvas.px(30));
  draw_text_in(canvas, head, {Face::strong, canvas.px(19), canvas.color().text}, title);
  inside.cut_top(canvas.px(6));
  return inside;
}

bool panel_close(const Canvas& canvas, std::string_view id, const Rect& area,
                 std::string_view tip) {
  const float size = canvas.px(30);
  const Rect spot =
      Rect::at(area.max.x - size - canvas.px(34), area.min.y + canvas.px(12), size, size);
  const Hit hit = hit_area(id, spot);
  if (hit.hovered) fill(canvas, spot, canvas.color().hover, canvas.theme->radius_px());
  icon(canvas, Icon::close, spot.center(), size * 0.26F,
       hit.hovered ? canvas.color().text : canvas.color().muted);
  explain(canvas, hit, {true, false, tip, ""}, spot);
  return hit.clicked;
}

void tooltip(const Canvas& canvas, std::string_view text, const Rect& about) {
  if (!canvas.tips) return;
  const ImVec2 window = ImGui::GetIO().DisplaySize, mouse = ImGui::GetIO().MousePos;
  const float gap = canvas.px(10);
  const bool fits = !about.empty() && about.height() < window.y / 2;
  const Rect clear = fits ? about : Rect{mouse, mouse}.shrunk(-canvas.px(18));
  const bool below = clear.max.y<window.y * 0.6F, left = mouse.x> window.x * 0.6F;
  ImGui::SetNextWindowPos({mouse.x, below ? clear.max.y + gap : clear.min.y - gap},
                          ImGuiCond_Always, {left ? 1.0F : 0.0F, below ? 0.0F : 1.0F});
  ImGui::BeginTooltip();
  ImGui::PushFont(canvas.fonts->get(Face::regular, canvas.px(17)));
  ImGui::PushTextWrapPos(canvas.px(420));
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopTextWrapPos();
  ImGui::PopFont();
  ImGui::EndTooltip();
}

bool begin_scroll(std::string_view id, const Rect& area, const Theme& theme) {
  if (area.empty()) return false;
  ImGui::SetCursorScreenPos(area.min);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_ScrollbarSize, theme.px(10));
  ImGui::PushStyleColor(ImGuiCol_ChildBg, IM_COL32(0, 0, 0, 0));
  const std::string name(id);
  ImGui::BeginChild(name.c_str(), area.size(), false, ImGuiWindowFlags_NoBackground);
  return true;
}

void end_scroll(float content_height_px) {
  ImGui::SetCursorPos({0, std::max(0.0F, content_height_px - 1)});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
}

void apply_style(const Theme& theme) {
  ImGuiStyle& style = ImGui::GetStyle();
  style = ImGuiStyle();
  const Palette& color = theme.color;
  style.WindowPadding = {theme.px(12), theme.px(10)};
  style.WindowRounding = style.ChildRounding = style.PopupRounding = theme.radius_px();
  style.FrameRounding = style.ScrollbarRounding = style.GrabRounding = theme.radius_px();
  style.FramePadding = {theme.px(12), theme.px(8)};
  style.WindowBorderSize = style.PopupBorderSize = theme.line_px();
  style.FrameBorderSize = theme.line_px();
  style.ScrollbarSize = theme.px(10);
  style.ItemSpacing = {theme.px(8), theme.px(8)};
  const auto set = [&](ImGuiCol which, Color c) { style.Colors[which] = as_vec4(c); };
  set(ImGuiCol_Text, color.text);
  set(ImGuiCol_TextDisabled, color.muted);
  set(ImGuiCol_WindowBg, color.background);
  set(ImGuiCol_ChildBg, color.bar.faded(0));
  set(ImGuiCol_PopupBg, color.inset);
  set(ImGuiCol_Border, color.line);
  set(ImGuiCol_BorderShadow, color.bar.faded(0));
  set(ImGuiCol_FrameBg, color.inset);
  set(ImGuiCol_FrameBgHovered, color.hover);
  set(ImGuiCol_FrameBgActive, color.hover);
  set(ImGuiCol_ScrollbarBg, color.bar.faded(0));
  set(ImGuiCol_ScrollbarGrab, color.line);
  set(ImGuiCol_ScrollbarGrabHovered, color.outline);
  set(ImGuiCol_ScrollbarGrabActive, color.outline);
  set(ImGuiCol_TextSelectedBg, color.accent.faded(0.35F));
  set(ImGuiCol_NavHighlight, color.accent);
}

}  // namespace eventarium::viz::ui

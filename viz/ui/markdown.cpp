// See markdown.h. md4c tells blocks, spans and text one after the other; Gatherer keeps what
// counts.
#include "viz/ui/markdown.h"

#include <md4c.h>

#include <cmath>

namespace eventarium::viz::ui {

namespace {

/// What md4c tells, gathered into blocks.
struct Gatherer {
  std::vector<TextBlock> blocks;
  std::vector<TextRun::Style> styles;
  struct List {
    bool ordered = false;
    unsigned next = 1;
  };
  std::vector<List> lists;
  bool item_open = false;  // the next paragraph belongs to the item already begun
  bool block_open = false;

  void open(TextBlock::Kind kind) {
    if (item_open && kind == TextBlock::Kind::paragraph) {
      item_open = false;
      return;
    }
    TextBlock block;
    block.kind = kind;
    block.depth = static_cast<int>(lists.size());
    blocks.push_back(block);
    block_open = true;
  }

  void open_item() {
    open(TextBlock::Kind::item);
    item_open = true;
    if (!lists.empty() && lists.back().ordered)
      blocks.back().marker = std::to_string(lists.back().next++) + ".";
  }

  void add(std::string_view text) {
    if (!block_open || text.empty()) return;
    item_open = false;
    std::vector<TextRun>& runs = blocks.back().runs;
    const TextRun::Style style = styles.empty() ? TextRun::Style::plain : styles.back();
    if (!runs.empty() && runs.back().style == style)
      runs.back().text += text;
    else
      runs.push_back({std::string(text), style});
  }
};

int on_enter_block(MD_BLOCKTYPE type, void* detail, void* user) {
  auto& gather = *static_cast<Gatherer*>(user);
  if (type == MD_BLOCK_P) gather.open(TextBlock::Kind::paragraph);
  if (type == MD_BLOCK_H) gather.open(TextBlock::Kind::heading);
  if (type == MD_BLOCK_CODE) gather.open(TextBlock::Kind::code);
  if (type == MD_BLOCK_UL) gather.lists.push_back({});
  if (type == MD_BLOCK_OL)
    gather.lists.push_back({true, static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start});
  if (type == MD_BLOCK_LI) gather.open_item();
  return 0;
}

int on_leave_block(MD_BLOCKTYPE type, void*, void* user) {
  auto& gather = *static_cast<Gatherer*>(user);
  if (type == MD_BLOCK_UL || type == MD_BLOCK_OL) gather.lists.pop_back();
  if (type == MD_BLOCK_LI) gather.item_open = false;
  return 0;
}

int on_enter_span(MD_SPANTYPE type, void*, void* user) {
  auto& gather = *static_cast<Gatherer*>(user);
  TextRun::Style style = gather.styles.empty() ? TextRun::Style::plain : gather.styles.back();
  if (type == MD_SPAN_STRONG) style = TextRun::Style::strong;
  if (type == MD_SPAN_EM) style = TextRun::Style::emphasis;
  if (type == MD_SPAN_CODE) style = TextRun::Style::code;
  gather.styles.push_back(style);
  return 0;
}

int on_leave_span(MD_SPANTYPE, void*, void* user) {
  static_cast<Gatherer*>(user)->styles.pop_back();
  return 0;
}

int on_text(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* user) {
  auto& gather = *static_cast<Gatherer*>(user);
  const bool in_code = !gather.blocks.empty() && gather.blocks.back().kind == TextBlock::Kind::code;
  if (type == MD_TEXT_SOFTBR)
    gather.add(" ");
  else if (type == MD_TEXT_BR || (in_code && std::string_view(text, size) == "\n"))
    gather.add("\n");
  else
    gather.add(std::string_view(text, size));
  return 0;
}

Pen pen_for(const Canvas& canvas, TextRun::Style style, float size_px) {
  const Palette& color = canvas.color();
  if (style == TextRun::Style::strong) return {Face::strong, size_px, color.text};
  if (style == TextRun::Style::emphasis) return {Face::regular, size_px, color.accent};
  if (style == TextRun::Style::code) return {Face::mono, size_px * 0.92F, color.accent};
  return {Face::regular, size_px, color.text};
}

}  // namespace

std::vector<TextBlock> parse_markdown(std::string_view text) {
  Gatherer gather;
  MD_PARSER parser{};
  parser.flags = MD_FLAG_NOHTML | MD_FLAG_COLLAPSEWHITESPACE;
  parser.enter_block = on_enter_block;
  parser.leave_block = on_leave_block;
  parser.enter_span = on_enter_span;
  parser.leave_span = on_leave_span;
  parser.text = on_text;
  md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &gather);
  return std::move(gather.blocks);
}

void draw_runs(Flow& flow, float left, const std::vector<TextRun>& runs, float size_px) {
  const Pen plain = pen_for(flow.canvas, TextRun::Style::plain, size_px);
  const float line_px = std::round(flow.canvas.fonts->get(plain.face, size_px)->FontSize * 1.12F);
  const float space_px = text_width(flow.canvas, plain, " ");
  float x = left;
  for (const TextRun& run : runs) {
    const Pen pen = pen_for(flow.canvas, run.style, size_px);
    const float font_px = flow.canvas.fonts->get(pen.face, pen.size_px)->FontSize;
    const float drop = (flow.canvas.fonts->get(plain.face, size_px)->FontSize - font_px) / 2;
    std::string_view rest = run.text;
    while (!rest.empty()) {
      if (rest.front() == ' ' || rest.front() == '\n') {
        const bool broken = rest.front() == '\n';
        if (broken) flow.y += line_px;
        x = broken ? left : x == left ? x : x + space_px;
        rest.remove_prefix(1);
        continue;
      }
      const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
      const std::string_view word = rest.substr(0, end);
      const float wide = text_width(flow.canvas, pen, word);
      if (x + wide > flow.right() && x > left) {
        x = left;
        flow.y += line_px;
      }
      draw_text(flow.canvas, {x, flow.y + drop}, pen, word);
      x += wide;
      rest.remove_prefix(end);
    }
  }
  flow.y += line_px;
}

void draw_markdown(Frame& frame, Flow& flow, std::string_view text, float size_px) {
  bool first = true;
  for (const TextBlock& block : parse_markdown(text)) {
    if (!first) flow.space(size_px * (block.kind == TextBlock::Kind::item ? 0.3F : 0.55F));
    first = false;
    if (block.kind == TextBlock::Kind::heading) {
      std::vector<TextRun> runs = block.runs;
      for (TextRun& run : runs) run.style = TextRun::Style::strong;
      draw_runs(flow, flow.left, runs, size_px);
      continue;
    }
    if (block.kind == TextBlock::Kind::code) {
      std::vector<TextRun> runs = block.runs;
      for (TextRun& run : runs) run.style = TextRun::Style::code;
      draw_runs(flow, flow.left + size_px * 0.8F, runs, size_px);
      continue;
    }
    float left = flow.left;
    if (block.kind == TextBlock::Kind::item) {
      left += size_px * 1.15F * static_cast<float>(std::max(1, block.depth));
      const float line_px = flow.canvas.fonts->get(Face::regular, size_px)->FontSize;
      if (block.marker.empty())
        disc(flow.canvas, {left - size_px * 0.75F, flow.y + line_px * 0.52F}, size_px * 0.19F,
             frame.color().accent);
      else
        draw_text(flow.canvas, {left - size_px * 1.15F, flow.y},
                  {Face::regular, size_px, frame.color().accent}, block.marker);
    }
    draw_runs(flow, left, block.runs, size_px);
  }
}

}  // namespace eventarium::viz::ui

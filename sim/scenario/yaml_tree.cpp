#include "sim/scenario/yaml_tree.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace eventarium::scenario {
namespace {

class Refused : public std::runtime_error {
 public:
  Refused(YAML::Mark at, const std::string& message) : std::runtime_error(message), mark(at) {}
  YAML::Mark mark;
};

/// Length of the well-formed UTF-8 sequence at `text[i]`, 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u;
  };
  const auto continues = [&](std::size_t k) { return (byte(k) & 0xC0u) == 0x80u; };
  const unsigned first = byte(i);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(i + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(i + 1) < 0xA0;
    const bool surrogate = first == 0xED && byte(i + 1) >= 0xA0;
    return !overlong && !surrogate && continues(i + 1) && continues(i + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(i + 1) < 0x90;
    const bool beyond = first == 0xF4 && byte(i + 1) >= 0x90;
    const bool whole = continues(i + 1) && continues(i + 2) && continues(i + 3);
    return !overlong && !beyond && whole ? 4 : 0;
  }
  return 0;
}

/// Lines of the text, to turn yaml-cpp's byte columns into characters and to keep every place
/// inside the text.
class Lines {
 public:
  Lines(std::string_view text, int source) : source_(source) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i != text.size() && text[i] != '\n') continue;
      lines_.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
    if (lines_.size() > 1 && lines_.back().empty()) lines_.pop_back();
  }

  Place place(const YAML::Mark& mark) const {
    if (mark.is_null()) return {source_, 1, 1};
    return place(mark.line, static_cast<std::size_t>(std::max(mark.column, 0)));
  }

  Place place(int line_from_0, std::size_t byte_column) const {
    const int last = static_cast<int>(lines_.size()) - 1;
    if (line_from_0 > last) {
      line_from_0 = last;
      byte_column = lines_.back().size();
    }
    const std::string_view line = lines_[static_cast<std::size_t>(std::max(line_from_0, 0))];
    int column = 1;
    for (std::size_t i = 0; i < std::min(byte_column, line.size()); ++i)
      if ((static_cast<unsigned char>(line[i]) & 0xC0u) != 0x80u) ++column;
    return {source_, std::max(line_from_0, 0) + 1, column};
  }

  std::string_view text_of(const Place& place) const {
    return lines_[static_cast<std::size_t>(place.line - 1)];
  }

 private:
  int source_;
  std::vector<std::string_view> lines_;
};

/// Builds the tree from the parser's events; throws Refused when a bound is passed.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Lines& lines) : lines_(lines) {}

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add_leaf(YamlNode::Kind::null, mark, anchor, {}, false);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    add_leaf(YamlNode::Kind::scalar, mark, anchor, value, tag == "!");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end())
      throw Refused(mark, "an alias (*name) can't stand for something that contains it");
    count(mark, found->second.nodes);
    add(mark, YamlNode(found->second.node), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::sequence, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor;
    std::size_t nodes_before;
    bool has_key = false;
    std::string key;
    Place key_place;
  };
  struct Anchored {
    YamlNode node;
    std::size_t nodes;
  };

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Refused(mark, fmt::format("tags like '{}' are not used in scenario files", tag));
  }

  void count(const YAML::Mark& mark, std::size_t more) {
    nodes_ += more;
    if (nodes_ > yaml_nodes_max)
      throw Refused(mark,
                    fmt::format("the file is too large: more than {} values", yaml_nodes_max));
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(mark, tag);
    if (!stack_.empty() && stack_.back().node.is_map() && !stack_.back().has_key)
      throw Refused(mark, "a key must be a plain text, not a list or a map");
    if (stack_.size() >= yaml_depth_max)
      throw Refused(mark, fmt::format("nested too deeply: more than {} levels", yaml_depth_max));
    count(mark, 1);
    Frame frame{{}, anchor, nodes_ - 1, false, {}, {}};
    frame.node.kind = kind;
    frame.node.place = lines_.place(mark);
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != 0) anchored_[frame.anchor] = {frame.node, nodes_ - frame.nodes_before};
    attach(std::move(frame.node));
  }

  void add_leaf(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor,
                const std::string& text, bool quoted) {
    count(mark, 1);
    YamlNode node;
    node.kind = kind;
    node.place = lines_.place(mark);
    node.text = text;
    node.quoted = quoted;
    add(mark, std::move(node), anchor);
  }

  /// A finished node: a key when the map above waits for one, else a value.
  void add(const YAML::Mark& mark, YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) anchored_[anchor] = {node, 1};
    if (!stack_.empty() && stack_.back().node.is_map() && !stack_.back().has_key) {
      if (!node.is_scalar()) throw Refused(mark, "a key must be a plain text");
      stack_.back().has_key = true;
      stack_.back().key = node.text;
      stack_.back().key_place = lines_.place(mark);
      return;
    }
    attach(std::move(node));
  }

  void attach(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& top = stack_.back();
    if (top.node.is_sequence()) {
      top.node.items.push_back(std::move(node));
      return;
    }
    // An empty value has no place of its own: point at its key.
    if (node.is_null()) node.place = top.key_place;
    top.node.pairs.push_back({std::move(top.key), top.key_place, std::move(node)});
    top.has_key = false;
  }

  const Lines& lines_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchored_;
  std::size_t nodes_ = 0;
  YamlNode root_;
};

/// The first byte that no scenario file may hold, or nothing to say.
bool find_bad_character(std::string_view text, const Lines& lines, YamlError& error) {
  int line = 0;
  std::size_t line_begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text, i);
    const bool control =
        (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    if (length == 0 || control) {
      error.place = lines.place(line, i - line_begin);
      error.message = control ? fmt::format("control character 0x{:02x} in the text", byte)
                              : std::string("this is not UTF-8; save the file as UTF-8");
      return true;
    }
    if (byte == '\n') {
      ++line;
      line_begin = i + 1;
    }
    i += length;
  }
  return false;
}

std::string hint_for_syntax(std::string_view line) {
  const std::size_t more = line.find(": >");
  if (more != std::string_view::npos)
    return " (put quotes around a text that begins with '>': \">= 3\")";
  if (line.find('\t') != std::string_view::npos)
    return " (YAML is indented with spaces, not with tabs)";
  return "";
}

void parse_document(std::string_view text, const Lines& lines, YamlResult& result) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  TreeBuilder builder(lines);
  if (!parser.HandleNextDocument(builder)) return;
  result.root = builder.take_root();
  TreeBuilder second(lines);
  if (parser.HandleNextDocument(second))
    result.errors.push_back({second.take_root().place,
                             "a file holds one scenario: a second YAML "
                             "document begins here"});
}

}  // namespace

YamlResult parse_yaml(std::string_view text, int source) {
  YamlResult result;
  result.root.place.source = source;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  if (text.size() > yaml_size_max_bytes) {
    result.errors.push_back({{source, 1, 1},
                             fmt::format("the file is too large: {} bytes, at most {} are read",
                                         text.size(), yaml_size_max_bytes)});
    return result;
  }
  const Lines lines(text, source);
  YamlError bad;
  if (find_bad_character(text, lines, bad)) {
    result.errors.push_back(bad);
    return result;
  }
  try {
    parse_document(text, lines, result);
  } catch (const Refused& refused) {
    result.errors.push_back({lines.place(refused.mark), refused.what()});
  } catch (const YAML::Exception& error) {
    const Place place = lines.place(error.mark);
    result.errors.push_back(
        {place, "not valid YAML: " + error.msg + hint_for_syntax(lines.text_of(place))});
  }
  return result;
}

const YamlNode* find(const YamlNode& map, std::string_view key) {
  for (const YamlPair& pair : map.pairs)
    if (pair.key == key) return &pair.value;
  return nullptr;
}

YamlNode* find(YamlNode& map, std::string_view key) {
  for (YamlPair& pair : map.pairs)
    if (pair.key == key) return &pair.value;
  return nullptr;
}

}  // namespace eventarium::scenario

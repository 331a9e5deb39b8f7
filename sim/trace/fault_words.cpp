// See fault_words.h. The keywords are those of fault.do in a scenario file.
#include "sim/trace/fault_words.h"

#include <algorithm>
#include <array>

namespace eventarium::trace {
namespace {

struct Words {
  std::string_view fault;
  std::string_view noun;
  std::string_view before;  // the node's name; then `after`, then the peer's name if there is one
  std::string_view after;
  bool names_peer = false;
  std::string_view end = {};
};

constexpr std::array<Words, 10> all_words = {{
    {"crash", "crash", "", " crashes"},
    {"power_loss", "power loss", "", " loses power"},
    {"stop", "switched off", "", " is switched off"},
    {"start", "switched on", "", " is switched on"},
    {"link_down", "unplugged cable", "the cable of ", " is unplugged"},
    {"link_up", "plugged-in cable", "the cable of ", " is plugged in"},
    {"latency", "slow cable", "the cable of ", " is slow"},
    {"bandwidth", "narrow cable", "the cable of ", " is narrow"},
    {"loss", "lossy cable", "the cable of ", " loses packets"},
    {"cut", "cut", "nothing gets from ", " to ", true, " any more"},
}};

const Words* find_words(std::string_view fault) {
  const auto* found = std::find_if(all_words.begin(), all_words.end(),
                                   [&](const Words& words) { return words.fault == fault; });
  return found == all_words.end() ? nullptr : found;
}

}  // namespace

std::string fault_words(std::string_view fault) {
  if (const Words* words = find_words(fault)) return std::string(words->noun);
  std::string text(fault);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string fault_sentence(std::string_view fault, std::string_view node, std::string_view peer) {
  const Words* words = find_words(fault);
  if (words == nullptr) return fault_words(fault) + " of " + std::string(node);
  std::string text(words->before);
  text += node;
  text += words->after;
  if (words->names_peer) text += peer;
  return text += words->end;
}

}  // namespace eventarium::trace

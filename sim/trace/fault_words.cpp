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
  std::string_view healed_before, healed_after;  // the same for what it is like afterwards
  bool names_peer = false;
  std::string_view end = {};  // after the peer's name
  std::string_view healed_end = {};
};

constexpr std::array<Words, 19> all_words = {{
    {"crash", "crash", "", " crashes", "", " is started again"},
    {"power_loss", "power loss", "", " loses power", "", " is started again"},
    {"stop", "switched off", "", " is switched off", "", " is started again"},
    {"start", "switched on", "", " is switched on", "", " is switched on"},
    {"pause", "pause", "", " stands still", "", " goes on"},
    {"slow_cpu", "slow CPU", "the CPU of ", " is slow", "the CPU of ", " has its full speed"},
    {"slow_disk", "slow disk", "the disk of ", " is slow", "the disk of ", " has its full speed"},
    {"disk_full", "full disk", "the disk of ", " is full", "the disk of ", " has room again"},
    {"disk_failure", "broken disk", "the disk of ", " fails", "the disk of ", " works again"},
    {"link_down", "unplugged cable", "the cable of ", " is unplugged", "the cable of ",
     " is plugged in again"},
    {"link_up", "plugged-in cable", "the cable of ", " is plugged in", "the cable of ",
     " is plugged in again"},
    {"latency", "slow cable", "the cable of ", " is slow", "the cable of ",
     " is as it was (it was a slow cable)"},
    {"bandwidth", "narrow cable", "the cable of ", " is narrow", "the cable of ",
     " is as it was (it was a narrow cable)"},
    {"loss", "lossy cable", "the cable of ", " loses packets", "the cable of ",
     " is as it was (it was a lossy cable)"},
    {"cut", "cut", "nothing gets from ", " to ", "messages get from ", " to ", true, " any more",
     " again"},
    {"split", "split network", "the network is split", "", "the network is whole again", ""},
    {"slow_handler", "slow handler", "", " takes longer for each event", "",
     " handles events at its usual speed"},
    {"poison", "poison pill", "the next event of ", " is one that nobody can handle",
     "the events of ", " are fine again"},
    {"retry_storm", "retry storm", "", " has lost its patience and tries again without a pause", "",
     " is patient again"},
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

namespace {

std::string sentence(std::string_view before, std::string_view node, std::string_view after,
                     std::string_view peer, std::string_view end) {
  std::string text(before);
  text += node;
  text += after;
  text += peer;
  return text += end;
}

}  // namespace

std::string fault_sentence(std::string_view fault, std::string_view node, std::string_view peer) {
  const Words* words = find_words(fault);
  if (words == nullptr) return fault_words(fault) + " of " + std::string(node);
  return sentence(words->before, node, words->after, words->names_peer ? peer : "", words->end);
}

std::string healed_sentence(std::string_view fault, std::string_view node, std::string_view peer) {
  const Words* words = find_words(fault);
  if (words == nullptr) return std::string(node) + " is as it was";
  return sentence(words->healed_before, node, words->healed_after, words->names_peer ? peer : "",
                  words->healed_end);
}

}  // namespace eventarium::trace

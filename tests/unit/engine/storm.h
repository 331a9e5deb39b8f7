// Random faults of every kind on a pair of nodes that talk steadily on several lanes, work, write
// and are healed in the end; for both engines.
#pragma once

#include <map>
#include <string>

#include "sim/base/random.h"
#include "tests/unit/engine/probe.h"

namespace eventarium::engine {

/// a sends a number every 3 ms on one of three lanes; b works on each, writes it and answers. What
/// b hears is kept by lane and by a's life.
template <class SomePair>
class Storm {
 public:
  Storm(SomePair& pair, std::uint64_t seed) : pair_(pair), random_(seed, "storm") {
    pair.a->start = [](Runtime& runtime) { runtime.set_timer(3ms, Token{}); };
    pair.a->timer = [this](Runtime& runtime, Token token) {
      const Lane lane{pair_.id_a, static_cast<std::uint8_t>(token.value % 3)};
      runtime.send(pair_.id_b,
                   std::make_unique<Text>(std::to_string(1'000'000 * pair_.a->starts + number_++)),
                   30'000, lane);
      runtime.set_timer(3ms, Token{0, 0, token.value + 1});
    };
    pair.b->work_flops = 100'000;
    pair.b->message = [this](Runtime& runtime, const Message& m, const std::string& text) {
      const int value = std::stoi(text);
      in_order = in_order && value > heard_[m.lane];
      heard_[m.lane] = value;
      if (runtime.append_to_disk(1000) != DiskResult::ok) ++refused_writes;
      if (value % 10 == 0) runtime.fsync(Token{});
      if (runtime.written_before() > runtime.now()) in_order = false;
      runtime.send(m.source, std::make_unique<Text>(text), 100, m.lane);
    };
    pair.b->stop_requested = [this](Runtime& runtime) {
      if (random_.chance(0.5)) return true;
      runtime.set_timer(20ms, Token{});
      return false;
    };
    pair.b->timer = [](Runtime& runtime, Token) { runtime.exit(StopReason::clean); };
  }

  /// `count` faults within the first two seconds, each healed up to 300 ms later; at 2.5 s all is.
  void blow(int count) {
    for (int i = 0; i < count; ++i) {
      const bool first = random_.chance(0.5);
      const NodeId target = first ? pair_.id_a : pair_.id_b;
      const NodeId other = first ? pair_.id_b : pair_.id_a;
      const Duration t{static_cast<std::int64_t>(random_.below(2'000'000'000))};
      const std::uint64_t what = random_.below(15);
      pair_.at(t, [this, target, other, what] { break_something(target, other, what); });
      pair_.at(t + Duration{static_cast<std::int64_t>(random_.below(300'000'000))},
               [this, target, other] { heal(target, other); });
    }
    pair_.at(2500ms, [this] {
      heal(pair_.id_a, pair_.id_b);
      heal(pair_.id_b, pair_.id_a);
    });
  }

  /// Empty when all is well: to be asked some 20 s later.
  std::string judge(std::size_t heard_at_3s) const {
    if (pair_.b->heard.size() < heard_at_3s + 1000) return "stuck after healing";
    if (!in_order) return "out of order, or safe before it was written";
    const std::size_t open = pair_.trace.template all<trace::MessageSent>().size() -
                             pair_.trace.template all<trace::MessageArrived>().size() -
                             pair_.trace.template all<trace::MessageLost>().size();
    return open <= 6 ? "" : std::to_string(open) + " messages unaccounted for";
  }

  bool in_order = true;
  int refused_writes = 0;

 private:
  void break_something(NodeId target, NodeId other, std::uint64_t what) {
    Engine& engine = pair_.engine;
    switch (what) {
      case 0:
        return engine.stop(target, StopReason::crash);
      case 1:
        return engine.stop(target, StopReason::power_loss);
      case 2:
        return engine.stop(target, StopReason::clean);
      case 3:
        return engine.set_link_up(target, false);
      case 4:
        return engine.set_cut(target, other, true);
      case 5:
        return engine.set_bandwidth(target, 1e6);
      case 6:
        return engine.set_latency(target, 10ms);
      case 7:
        return engine.set_loss(target, 0.2);
      case 8:
      case 9:
        return engine.set_paused(target, true);
      case 10:
        return engine.request_stop(target);
      case 11:
        return engine.set_speed(target, 1e6);
      case 12:
        return engine.set_disk(target, DiskCondition::failed);
      case 13:
        return engine.set_disk(target, DiskCondition::full);
      default:
        return engine.set_disk_bandwidth(target, 10'000);
    }
  }

  void heal(NodeId target, NodeId other) {
    Engine& engine = pair_.engine;
    engine.set_paused(target, false);
    engine.start(target);
    engine.set_link_up(target, true);
    engine.set_cut(target, other, false);
    engine.set_bandwidth(target, 125e6);
    engine.set_latency(target, 50us);
    engine.set_loss(target, 0);
    engine.set_speed(target, 1e9);
    engine.set_disk(target, DiskCondition::healthy);
    engine.set_disk_bandwidth(target, 200e6);
  }

  SomePair& pair_;
  RandomStream random_;
  int number_ = 0;
  std::map<Lane, int> heard_;
};

}  // namespace eventarium::engine

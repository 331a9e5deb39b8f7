// See flights.h.
#include "viz/model/flights.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace eventarium::viz {
namespace {

constexpr float waits_at = 0.08f;     // a message whose connection stalls stands near its sender
constexpr float unknown_max = 0.95f;  // not yet known to have arrived: never shown as there
constexpr float lost_max = 0.6f;      // a lost one stops on its way

Role role_of(const History& history, NodeId id) {
  const NodeInfo* info = history.node(id);
  return info == nullptr ? Role::other : info->role;
}

/// What the way takes when nothing is in the way.
Duration nominal_time(const History& history, const MessageInfo& message) {
  Duration time{};
  double bandwidth = 0;
  for (const NodeId end : {message.from, message.to}) {
    const NodeInfo* info = history.node(end);
    if (info == nullptr) continue;
    time += info->latency;
    if (info->bandwidth_bytes_per_s > 0)
      bandwidth = bandwidth == 0 ? info->bandwidth_bytes_per_s
                                 : std::min(bandwidth, info->bandwidth_bytes_per_s);
  }
  const auto* sent = history[message.sent_at].as<trace::MessageSent>();
  if (sent != nullptr && bandwidth > 0)
    time += from_seconds(std::min(static_cast<double>(sent->size_bytes) / bandwidth, 3600.0));
  return std::max(time, Duration{1000});
}

float part(SimTime from, SimTime t, Duration whole) {
  if (whole <= Duration::zero()) return 1;
  const double done = static_cast<double>((t - from).count()) / static_cast<double>(whole.count());
  return static_cast<float>(std::clamp(done, 0.0, 1.0));
}

bool is_stalled(const World& world, const MessageInfo& message) {
  const auto way = std::pair(message.from, message.to);
  const auto found = std::lower_bound(
      world.stalled.begin(), world.stalled.end(), way,
      [](const StalledWay& s, const auto& w) { return std::pair(s.from, s.to) < w; });
  return found != world.stalled.end() && std::pair(found->from, found->to) == way;
}

void place(Flight& flight, const History& history, const World& world) {
  const MessageInfo& message = *flight.message;
  const bool known = message.end != no_position;
  if (known && !message.lost) {
    if (world.t < message.launched) {
      flight.waiting = true;
      flight.fraction = waits_at;
    } else {
      flight.fraction = part(message.launched, world.t, message.ended - message.launched);
    }
    return;
  }
  if (is_stalled(world, message)) {
    flight.waiting = true;
    flight.fraction = waits_at;
    return;
  }
  const SimTime until = known ? std::min(world.t, message.ended) : world.t;
  flight.fraction = std::min(known ? lost_max : unknown_max,
                             part(message.sent, until, nominal_time(history, message)));
  flight.lost = known && world.t >= message.ended;
}

Flight flight_of(const History& history, const MessageInfo& message) {
  Flight flight;
  flight.message = &message;
  flight.kind = flight_kind(history, message);
  flight.record = message.first_record;
  flight.records = message.records;
  flight.link = message.link;
  flight.forward = history.links()[message.link].a == message.from;
  return flight;
}

}  // namespace

FlightKind flight_kind(const History& history, const MessageInfo& message) {
  const Role to = role_of(history, message.to), from = role_of(history, message.from);
  if (to == Role::broker && from == Role::broker)
    return message.records > 0 ? FlightKind::replicate : FlightKind::control;
  if (is_management(to) || is_management(from)) return FlightKind::control;
  const bool to_channel = is_channel(to), from_channel = is_channel(from);
  if (message.records > 0) {
    if (from_channel) return FlightKind::deliver;
    return to_channel ? FlightKind::publish : FlightKind::call;
  }
  if (to_channel && !from_channel) return FlightKind::request;
  if (from_channel && !to_channel) return FlightKind::response;
  // Between equals: who spoke first on the link asks, the other answers.
  return history.links()[message.link].a == message.from ? FlightKind::request
                                                         : FlightKind::response;
}

std::string flight_label(const History& history, const MessageInfo& message) {
  const auto* sent = history[message.sent_at].as<trace::MessageSent>();
  if (message.records == 0) return sent == nullptr ? std::string() : sent->label;
  const std::string name = history.record_name(message.first_record);
  return message.records == 1 ? name : fmt::format("{} +{}", name, message.records - 1);
}

Flights flights_at(const History& history, const World& world, const FlightOptions& options) {
  Flights out;
  out.total = static_cast<std::uint32_t>(world.in_flight.size());
  struct Way {
    std::uint32_t messages = 0, records = 0;
    std::array<std::uint32_t, flight_kinds> of_kind{};
  };
  std::vector<std::array<Way, 2>> ways(history.links().size());
  std::vector<Flight> all;
  all.reserve(world.in_flight.size());
  for (const MessageId id : world.in_flight) {
    const MessageInfo* message = history.message(id);
    if (message == nullptr || (message->routine && !options.routine)) continue;
    const Flight flight = flight_of(history, *message);
    Way& way = ways[flight.link][flight.forward ? 1 : 0];
    ++way.messages;
    way.records += flight.records;
    ++way.of_kind[static_cast<std::size_t>(flight.kind)];
    all.push_back(flight);
  }
  for (Flight& flight : all) {
    if (ways[flight.link][flight.forward ? 1 : 0].messages > options.band_from) continue;
    if (out.flights.size() >= options.flights_max) break;
    place(flight, history, world);
    out.flights.push_back(flight);
  }
  for (std::uint32_t link = 0; link < ways.size(); ++link)
    for (const bool forward : {true, false}) {
      const Way& way = ways[link][forward ? 1 : 0];
      if (way.messages <= options.band_from) continue;
      const auto most = std::max_element(way.of_kind.begin(), way.of_kind.end());
      const auto kind = static_cast<FlightKind>(most - way.of_kind.begin());
      out.bands.push_back({link, forward, way.messages, way.records, kind});
    }
  const auto& lost = history.lost_messages();
  auto first = std::partition_point(lost.begin(), lost.end(), [&](std::uint32_t index) {
    return history.messages()[index].ended + options.lost_shown <= world.t;
  });
  for (; first != lost.end() && out.flights.size() < options.flights_max; ++first) {
    const MessageInfo& message = history.messages()[*first];
    if (message.end >= world.moment) break;
    if (message.routine && !options.routine) continue;
    Flight flight = flight_of(history, message);
    place(flight, history, world);
    flight.waiting = false;
    flight.lost = true;
    out.flights.push_back(flight);
  }
  return out;
}

}  // namespace eventarium::viz

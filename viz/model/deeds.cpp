// See deeds.h. The strengths are such that one sees the effect within seconds.
#include "viz/model/deeds.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "viz/model/client_settings.h"

namespace eventarium::viz {
namespace {

constexpr double slow_factor = 0.1;         // of the normal speed
constexpr double slow_handler_factor = 10;  // times as long
constexpr double loss = 0.1;
constexpr Duration slow_cable = 200ms;
constexpr double narrow_cable_bytes_per_s = 125e3;  // 1 Mbit/s
constexpr Duration impatience = 100ms;

bool has_files(Role role) {
  return role == Role::broker || role == Role::controller || role == Role::zookeeper;
}

bool runs_the_cluster(Role role) { return role == Role::broker || is_management(role); }

/// Lists the deeds for one node.
class NodeDeeds {
 public:
  NodeDeeds(const History& history, const World& world, const NodeView& node)
      : history_(history), world_(world), node_(node), name_(history.name(node.id)) {}

  std::vector<Deed> list() {
    process();
    machine();
    network();
    if (node_.role == Role::service || node_.role == Role::consumer ||
        node_.role == Role::producer) {
      client();
      settings();
    }
    if (node_.role == Role::broker) administration();
    return std::move(deeds_);
  }

 private:
  FaultRequest request(std::string kind) const {
    FaultRequest fault;
    fault.kind = std::move(kind);
    fault.target = name_;
    return fault;
  }
  std::string unless_running() const {
    return node_.running ? "" : fmt::format("{} is not running.", name_);
  }
  void add(DeedKind kind, const char* group, std::string name, std::string doc, std::string why_not,
           LiveRequest asked, bool on = false) {
    deeds_.push_back(
        {kind, group, std::move(name), std::move(doc), std::move(why_not), on, std::move(asked)});
  }
  /// A fault that lasts: doing it again heals it.
  void toggle(const char* group, const char* off_name, const char* on_name, const char* doc,
              FaultRequest fault, DeedKind kind = DeedKind::other) {
    const bool on = node_.fault(fault.kind) != nullptr;
    fault.heal = on;
    add(kind, group, on ? on_name : off_name, on ? "Undo it." : doc,
        on || kind == DeedKind::other ? "" : unless_running(), fault, on);
  }

  void process() {
    add(DeedKind::crash, "", "Crash", "Kill the process: what is in its memory is gone.",
        unless_running(), request("crash"));
    const bool leads = node_.role == Role::broker;
    add(DeedKind::stop, "", "Stop",
        leads ? "Ask it to end: it hands its leaderships over first."
              : "Ask it to end: it finishes what it has begun.",
        unless_running(), request("stop"));
    std::string why;
    if (!node_.down())
      why = node_.running ? fmt::format("{} is running.", name_)
                          : fmt::format("{} has not started yet.", name_);
    add(DeedKind::start, "", "Start", "Start the process again.", why, request("start"));
    toggle("", "Pause", "Go on",
           "As in a long garbage collection: it does nothing, and its "
           "connections stay open.",
           request("pause"), DeedKind::pause);
    add(DeedKind::power, "", "Power off",
        "The machine goes dark, and what was not yet on its disk is gone.", unless_running(),
        request("power_loss"));
    const bool unplugged = node_.fault("link_down") != nullptr;
    add(DeedKind::cable, "", unplugged ? "Plug in" : "Unplug",
        unplugged ? "Plug its network cable in again." : "Pull its network cable.", "",
        request(unplugged ? "link_up" : "link_down"), unplugged);
  }

  void machine() {
    FaultRequest slow_cpu = request("slow_cpu");
    slow_cpu.factor = slow_factor;
    toggle("machine", "Slow CPU", "Normal CPU", "Its processor runs at a tenth of its speed.",
           slow_cpu);
    if (!has_files(node_.role)) return;
    FaultRequest slow_disk = request("slow_disk");
    slow_disk.factor = slow_factor;
    toggle("machine", "Slow disk", "Normal disk", "Its disk runs at a tenth of its speed.",
           slow_disk);
    toggle("machine", "Fill disk", "Free disk", "No space left: the next write fails.",
           request("disk_full"));
    toggle("machine", "Break disk", "Mend disk", "Reading and writing fail.",
           request("disk_failure"));
  }

  void network() {
    FaultRequest latency = request("latency");
    latency.latency = slow_cable;
    toggle("network", "Slow cable", "Fast cable", "Everything takes 200 ms longer, each way.",
           latency);
    FaultRequest lossy = request("loss");
    lossy.loss = loss;
    toggle("network", "Lossy cable", "Sound cable",
           "One packet in ten is lost: TCP sends it again, later and later.", lossy);
    FaultRequest narrow = request("bandwidth");
    narrow.bandwidth_bytes_per_s = narrow_cable_bytes_per_s;
    toggle("network", "Thin cable", "Wide cable", "1 Mbit/s is all that gets through.", narrow);
    if (runs_the_cluster(node_.role) && node_.role != Role::admin) isolate();
  }

  /// Cut off from the rest of the cluster, while clients still reach it.
  void isolate() {
    const auto split = std::find_if(world_.faults.begin(), world_.faults.end(),
                                    [](const ActiveFault& f) { return f.fault == "split"; });
    FaultRequest fault;
    fault.kind = "split";
    if (split != world_.faults.end()) {
      fault.heal = true;
      return add(DeedKind::other, "network", "Rejoin", "Heal the split of the network.", "", fault,
                 true);
    }
    std::vector<std::string> others;
    for (const NodeView& other : world_.nodes)
      if (other.declared && other.id != node_.id && runs_the_cluster(other.role))
        others.push_back(history_.name(other.id));
    std::string why;
    if (others.empty()) why = "There is nobody to cut it off from.";
    fault.sides = {{name_}, std::move(others)};
    add(DeedKind::other, "network", "Isolate",
        "Nothing gets from it to the rest of the cluster, nor back; clients still reach it.", why,
        fault);
  }

  void client() {
    if (node_.role == Role::producer) {
      add(DeedKind::other, "client", "Poison", "Its next event makes every handler fail.",
          unless_running(), request("poison"));
      FaultRequest storm = request("retry_storm");
      storm.patience = impatience;
      toggle("client", "Retry storm", "Be patient",
             "It waits for no answer longer than 100 ms and never backs off.", storm);
      return;
    }
    FaultRequest slow = request("slow_handler");
    slow.factor = slow_handler_factor;
    toggle("client", "Slow handler", "Quick handler", "Its handlers take ten times as long.", slow);
    if (const GroupView* group = world_.group_of(node_.id)) membership(*group);
  }

  void membership(const GroupView& group) {
    OperationRequest more;
    more.kind = "add_consumer";
    more.client = name_;
    add(DeedKind::other, "group", "One more",
        fmt::format("Another consumer like {} joins {}.", name_, group.name), "", more);
    OperationRequest less;
    less.kind = "remove_consumer";
    less.client = name_;
    add(DeedKind::other, "group", "Remove", "It ends cleanly, leaves the group, and stays away.",
        unless_running(), less);
  }

  void settings() {
    for (const ClientSetting& setting : settings_of(history_, world_, node_)) {
      OperationRequest asked;
      asked.kind = "set_client_config";
      asked.client = name_;
      asked.key = setting.key;
      asked.value = setting.changed ? setting.default_value : setting.value;
      const std::string name = fmt::format("{}={}", asked.key, asked.value);
      add(DeedKind::other, "config", name,
          fmt::format("{}\n{}\nIt ends cleanly and starts again with it.", name,
                      setting.changed ? "Back to Kafka's default." : setting.effect),
          setting.why_not, asked, setting.changed);
    }
  }

  void administration() {
    OperationRequest remove;
    remove.kind = "remove_broker";
    remove.broker = name_;
    const std::size_t brokers = health_of(world_).brokers;
    std::string why;
    if (brokers < 2) why = "It is the only broker.";
    if (node_.member.unregistered) why = fmt::format("{} has left the cluster.", name_);
    add(DeedKind::other, "administration", "Remove",
        "Move its replicas to the other brokers, then stop it and forget it.", why, remove);
  }

  const History& history_;
  const World& world_;
  const NodeView& node_;
  const std::string& name_;
  std::vector<Deed> deeds_;
};

Deed operation(std::string name, std::string doc, OperationRequest asked,
               std::string why_not = {}) {
  return {DeedKind::other, "administration", std::move(name), std::move(doc), std::move(why_not),
          false,           std::move(asked)};
}

OperationRequest of_topic(std::string kind, const std::string& topic) {
  OperationRequest asked;
  asked.kind = std::move(kind);
  asked.topic = topic;
  return asked;
}

struct TopicSize {
  std::int64_t partitions = 0, replicas = 0, min_isr = 1;
};

TopicSize size_of(const World& world, const std::string& topic) {
  TopicSize size;
  for (auto it = world.partitions.lower_bound({topic, 0});
       it != world.partitions.end() && it->first.topic == topic; ++it) {
    ++size.partitions;
    size.replicas = std::max(size.replicas, static_cast<std::int64_t>(it->second.assigned));
    size.min_isr = it->second.min_isr;
  }
  return size;
}

void topic_deeds(const World& world, const std::string& topic, std::vector<Deed>& deeds) {
  const TopicSize size = size_of(world, topic);
  const auto brokers = static_cast<std::int64_t>(health_of(world).brokers);
  OperationRequest grow = of_topic("add_partitions", topic);
  grow.partitions = size.partitions * 2;
  deeds.push_back(operation(fmt::format("{} partitions", size.partitions * 2),
                            fmt::format("{} gets twice as many partitions. Keys move to others: "
                                        "their order over the change is not kept.",
                                        topic),
                            grow));
  OperationRequest copies = of_topic("replication_factor", topic);
  copies.replication_factor = size.replicas + 1;
  deeds.push_back(operation(
      fmt::format("{} replicas", size.replicas + 1),
      fmt::format("Each partition of {} gets one copy more.", topic), copies,
      size.replicas >= brokers ? fmt::format("There are only {} brokers.", brokers) : ""));
  if (size.replicas < 2) return;
  OperationRequest config = of_topic("set_config", topic);
  config.key = "min.insync.replicas";
  config.value = std::to_string(size.min_isr > 1 ? 1 : 2);
  deeds.push_back(
      operation(fmt::format("min ISR {}", config.value),
                fmt::format("Set min.insync.replicas of {} to {}.", topic, config.value), config));
}

std::vector<Deed> partition_deeds(const World& world, const PartitionId& id) {
  std::vector<Deed> deeds;
  const PartitionView* view = world.partition(id);
  if (view == nullptr || view->replicas.empty()) return deeds;
  OperationRequest elect = of_topic("elect_leader", id.topic);
  elect.partition = id.partition;
  const bool preferred = view->leader == view->replicas.front().broker;
  deeds.push_back(operation("Preferred", "Elect the first of its replicas, if it is in sync.",
                            elect, preferred ? "Its preferred leader leads it." : ""));
  elect.unclean = true;
  deeds.push_back(operation(
      "Unclean", "Elect a replica that is not in sync: records may be lost.", elect,
      view->leader.valid() ? "It has a leader: an unclean election is for a partition without one."
                           : ""));
  topic_deeds(world, id.topic, deeds);
  return deeds;
}

Deed group_deed(std::string name, std::string doc, std::string why_not, OperationRequest asked) {
  return {DeedKind::other,    "",    std::move(name), std::move(doc),
          std::move(why_not), false, std::move(asked)};
}

/// Members come and go; while nobody is in the group, its positions can be moved.
std::vector<Deed> group_deeds(const History& history, const World& world, const GroupView& group) {
  std::vector<Deed> deeds;
  if (group.members.empty()) return deeds;
  OperationRequest more;
  more.kind = "add_consumer";
  more.client = history.name(group.members.front().client);
  deeds.push_back(group_deed("One more", "One more consumer joins the group.", "", more));
  const auto last =
      std::find_if(group.members.rbegin(), group.members.rend(), [&](const MemberView& member) {
        const NodeView* node = world.node(member.client);
        return node != nullptr && node->running;
      });
  OperationRequest less;
  less.kind = "remove_consumer";
  if (last != group.members.rend()) less.client = history.name(last->client);
  deeds.push_back(group_deed(
      "One less", fmt::format("{} ends cleanly, leaves the group, and stays away.", less.client),
      less.client.empty() ? "None of its members is running." : "", less));
  if (group.kind == "share") return deeds;
  const std::string why =
      group.joined() == 0
          ? ""
          : "Positions can be moved only while nobody is in the group: stop its members first.";
  for (const char* to : {"earliest", "latest"})
    for (const std::string& topic : group.topics) {
      OperationRequest reset = of_topic("reset_offsets", topic);
      reset.group = group.name;
      reset.to = to;
      deeds.push_back(group_deed(
          group.topics.size() == 1 ? fmt::format("To {}", to) : fmt::format("{}: {}", topic, to),
          fmt::format("Move the group's positions in {} to the {} of its logs.", topic,
                      std::string_view(to) == "earliest" ? "beginning" : "end"),
          why, reset));
    }
  return deeds;
}

std::vector<Deed> way_deeds(const History& history, const World& world, const WaySelection& way) {
  const auto cut_from = [&](NodeId from, NodeId to) {
    const NodeView* view = world.node(from);
    return view != nullptr &&
           std::any_of(view->faults.begin(), view->faults.end(), [&](const ActiveFault& fault) {
             return fault.fault == "cut" && fault.peer == to;
           });
  };
  const auto cut = [&](NodeId from, NodeId to, bool both) {
    FaultRequest fault;
    fault.kind = "cut";
    fault.target = history.name(from);
    fault.peer = history.name(to);
    fault.both_ways = both;
    fault.heal = both ? cut_from(from, to) && cut_from(to, from) : cut_from(from, to);
    const char* verb = fault.heal ? "Mend" : "Cut";
    const std::string name =
        both ? fmt::format("{} both ways", verb) : fmt::format("{} → {}", verb, fault.peer);
    return Deed{DeedKind::other,
                "network",
                name,
                both ? "Nothing gets from either to the other."
                     : fmt::format("Nothing gets from {} to {}; the other way stays open.",
                                   fault.target, fault.peer),
                "",
                fault.heal,
                fault};
  };
  return {cut(way.a, way.b, true), cut(way.a, way.b, false), cut(way.b, way.a, false)};
}

}  // namespace

std::vector<Deed> deeds_for(const History& history, const World& world,
                            const Selection& selection) {
  if (const auto* id = std::get_if<NodeId>(&selection)) {
    const NodeView* node = world.node(*id);
    return node == nullptr ? std::vector<Deed>{} : NodeDeeds(history, world, *node).list();
  }
  if (const auto* id = std::get_if<PartitionId>(&selection)) return partition_deeds(world, *id);
  if (const auto* id = std::get_if<ReplicaId>(&selection))
    return partition_deeds(world, id->partition);
  if (const auto* group = std::get_if<GroupSelection>(&selection)) {
    const GroupView* view = world.group(group->name);
    return view == nullptr ? std::vector<Deed>{} : group_deeds(history, world, *view);
  }
  if (const auto* way = std::get_if<WaySelection>(&selection))
    return way_deeds(history, world, *way);
  return {};
}

std::vector<Deed> cluster_deeds(const World& world, const std::string& topic) {
  std::vector<Deed> deeds;
  if (health_of(world).brokers == 0) return deeds;
  OperationRequest add;
  add.kind = "add_broker";
  deeds.push_back(operation(
      "Add a broker", "A new machine joins. It gets partitions only when they are moved.", add));
  OperationRequest spread;
  spread.kind = "rebalance";
  deeds.push_back(
      operation("Rebalance", "Spread the replicas of all topics over all brokers.", spread));
  std::set<std::string> topics;
  for (const auto& [id, view] : world.partitions) topics.insert(id.topic);
  if (topics.empty()) return deeds;
  const std::string& chosen = topics.count(topic) > 0 ? topic : *topics.begin();
  deeds.push_back(
      operation("Preferred leaders",
                fmt::format("Give the leaderships of {} back to the first replicas.", chosen),
                of_topic("elect_leader", chosen)));
  topic_deeds(world, chosen, deeds);
  return deeds;
}

}  // namespace eventarium::viz

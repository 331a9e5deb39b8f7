// A cluster without a controller process: its metadata is one value that all brokers see at once,
// changed only by whoever holds it. It lets brokers and clients run, and be tested, by themselves;
// nobody notices here that a broker has died.
#pragma once

#include <memory>
#include <vector>

#include "sim/broker/cluster_image.h"
#include "sim/broker/cluster_link.h"
#include "sim/broker/metadata_record.h"

namespace eventarium::kafka {

class SettledCluster {
 public:
  explicit SettledCluster(ClusterImage image);

  const ClusterImage& image() const { return image_; }
  /// A broker's link to it. The cluster must outlive it.
  std::unique_ptr<ClusterLink> make_link();

  /// Changes the metadata and tells every broker that runs, in the order of their links.
  void apply(const std::vector<MetadataRecord>& records);

  /// From now on the broker hears nothing, and what it asks for is not heard, until reconnect().
  void cut_off(NodeId broker);
  void reconnect(NodeId broker);

  /// In-sync sets that leaders have asked for and that wait for an answer, oldest first. Proposals
  /// are accepted 1 ms after they were made unless they are to be held.
  struct Proposal {
    NodeId leader;
    AlterPartitionRequest::Partition wish;
  };
  void hold_proposals(bool hold) { hold_ = hold; }
  const std::vector<Proposal>& held() const { return held_; }
  /// Answers the oldest held proposal. Without an error it is committed, and everybody is told.
  void answer(Error error = Error::none);

 private:
  class Link;

  void decide(const Proposal& proposal, Error error);
  Link* link_of(NodeId broker) const;

  ClusterImage image_;
  std::vector<Link*> links_;
  bool hold_ = false;
  std::vector<Proposal> held_;
};

}  // namespace eventarium::kafka

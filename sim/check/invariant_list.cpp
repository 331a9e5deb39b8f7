// The invariants in words: what each of them says, and what excuses it.
#include "sim/check/invariants.h"

namespace eventarium::check {
namespace {

/// In the order of Invariant.
const std::vector<Invariants::About> list = {
    {"one leader per epoch",
     "In one leader epoch of a partition at most one broker is chosen to lead, and only one "
     "does."},
    {"a change of leader raises the epoch",
     "Another leader, or none, means a higher leader epoch; it never falls."},
    {"partition epochs only grow", "Every change of a partition's state has a higher number."},
    {"a clean leader comes from the in-sync set or ELR",
     "Who becomes leader was in sync or eligible before, or was let in by the same change. "
     "Excused: an election that says it is unclean."},
    {"the leader is in sync", "In-sync replicas are replicas, and the leader is one of them."},
    {"a fenced broker is in no in-sync set",
     "A fenced broker neither joins one nor becomes a leader, and who is fenced has left them "
     "all. Excused: the last member stays, without leading; with ZooKeeper the controller acts "
     "after the session has ended, and a new one finds out itself who lives."},
    {"only a caught-up replica joins the in-sync set",
     "Its log reaches the high watermark and the beginning of the leader's epoch when the leader "
     "asks, and the high watermark still when it joins. Excused: its machine lost power since."},
    {"a broker leads only when it was chosen",
     "A broker takes the lead in an epoch for which a controller has committed that."},
    {"brokers act on committed metadata only",
     "No broker applies metadata above what the controller has committed."},
    {"who knows of a newer leader stops leading",
     "A broker that has applied the change of leader writes nothing more as the old one."},
    {"an offset is given once",
     "A batch is written at the end of a log, never over what stands there."},
    {"nothing comes from nothing",
     "A leader writes only what was published to that topic, a follower only what stands in "
     "another log. Excused: the other log has been cut meanwhile."},
    {"a follower copies only from a leader that it knows of",
     "Nothing that was written in a leader epoch of which the follower has not heard yet."},
    {"the high watermark never passes what all in-sync replicas have",
     "When a leader advances it, every committed member's log reaches it. Excused: a member "
     "whose "
     "machine lost power."},
    {"nothing is committed while too few replicas are in sync",
     "The high watermark stands still while fewer than min.insync.replicas are in sync, as far "
     "as "
     "the leader can know. Excused: min.insync.replicas was changed while running."},
    {"logs are equal below the high watermark",
     "In-sync replicas hold the same record at each offset. Excused: partitions that were "
     "compacted, led uncleanly, or by a leader whose machine had lost power."},
    {"no committed record is cut off",
     "What was below a leader's high watermark stays in the logs, and a new leader has it. "
     "Excused: an unclean election; a replica whose machine lost power."},
    {"an acknowledged record (acks=all) is on every in-sync replica",
     "When a producer with acks=all is told, it is committed and every member has it. Excused: "
     "as "
     "above."},
    {"consumers read committed records only",
     "No consumer is handed a record at or above every high watermark so far."},
    {"what is read is what was written there",
     "A consumer is handed the record that the leader's log holds at that offset."},
    {"delivered in offset order, without a gap",
     "From one position on a consumer gets every offset, one after the other. Excused: offsets "
     "that compaction has emptied; partitions whose past an unclean election or a loss of power "
     "has changed."},
    {"generations only grow",
     "A coordinator counts the generations, or epochs, of a group upwards. Excused: what it had "
     "not kept yet when another broker became the coordinator."},
    {"a partition has one reader in a group",
     "In one generation no two members are to read the same partition; with the consumer protocol "
     "never. Share groups do without."},
    {"only current members commit",
     "A position that is kept comes from a member of the group's present generation. Excused for "
     "5 s after a rebalance: it may have been accepted before. What a transaction keeps has to be "
     "of the generation in which it is accepted, however long the transaction takes."},
    {"no more is committed than was read",
     "A group's position is not beyond what one of its members was handed, passed over or was "
     "set to."},
    {"a committed position is found again",
     "Who goes on at the committed offset goes on at the one that was committed last, whichever "
     "broker is the coordinator by then. Excused: a later one that was asked for, and whose answer "
     "was lost."},
    {"a share group's record is with one consumer at a time",
     "It is given to another one only after it was released, or its lock was over. Excused: "
     "another leader, which doesn't know of locks."},
    {"a share group's record is acknowledged by who has it",
     "What is said of it counts only if it comes from the consumer that it was given to."},
    {"what a share group has finished stays finished",
     "A record that was accepted, rejected or given up, and of which that was kept, is not given "
     "out again, whoever leads its partition."},
    {"a share group counts deliveries",
     "Each time that a record is given out has a greater number than the times before that are "
     "known to have ended, and none is beyond group.share.delivery.count.limit. Excused: a "
     "delivery that had not ended when the leader was lost."},
    {"the start of a share partition never falls", "As long as one broker leads the partition."},
    {"an idempotent producer's record is written once",
     "No record with a producer id stands twice in its leader's log, however often it was sent."},
    {"an older epoch of a producer is refused",
     "After a batch or a marker of a later epoch its leader writes nothing of an earlier one. "
     "Excused: another leader."},
    {"the last stable offset stops at open transactions",
     "It does not pass the first record of a transaction that has no marker yet."},
    {"read_committed consumers read committed records only",
     "They are handed nothing of transactions that are open or were aborted."},
    {"a transaction counts everywhere or nowhere",
     "All its markers say the same: commit, or abort."},
    {"every partition of a transaction gets its marker",
     "The coordinator calls a transaction complete when every partition that it had written to "
     "has its marker."},
    {"one controller per epoch",
     "At most one leader of the quorum, and one active controller, in an epoch."},
    {"a voter votes once per epoch", "Pre-votes bind nobody; a candidate votes for itself."},
    {"a winner's log holds everything committed",
     "Who leads the quorum has every committed entry of the metadata log."},
    {"committed metadata never changes",
     "A committed entry is neither cut off nor replaced on any voter."},
    {"a majority has what is committed",
     "When the leader of the quorum commits an entry, more than half of the voters have it."},
    {"a new leader of the quorum first commits an entry of its own",
     "Older entries are committed along with one of the leader's own epoch, never before."},
};

}  // namespace

const std::vector<Invariants::About>& Invariants::all() { return list; }

}  // namespace eventarium::check

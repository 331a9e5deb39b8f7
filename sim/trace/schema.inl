// The one list of everything that can stand in a trace. Each entry generates the event's struct,
// its JSON Lines writer and reader, its part of the fingerprint and its rows in the inspector.
// Adding an event is adding one entry here. Include with EVENT_BEGIN, FIELD and EVENT_END defined.
//
//   EVENT_BEGIN(StructName, wire_name, "what it means when it stands in the trace")
//     FIELD(type, name, "what the value is, with its unit")
//   EVENT_END(StructName)
//
// Every event also has: id, t (ns), node (who it happened to; absent for the world), cause.
// Types: bool, Int (int64), Count (uint64), Real (double), Text, Ids of records, messages, nodes,
// NodeList, RecordList, Time (SimTime, ns), Span (Duration, ns).

// ---- the world ------------------------------------------------------------------------------
EVENT_BEGIN(NodeDeclared, node_declared, "a node of the virtual network exists from now on")
  FIELD(NodeId, index, "its number; events name it by its name")
  FIELD(Text, name, "unique name")
  FIELD(Text, role, "producer, broker, consumer, service, queue, station, controller, ...")
  FIELD(Text, label, "one line for people, e.g. 'acks=all' or 'rack a'")
  FIELD(Real, speed_flops, "work it does in a second")
  FIELD(Real, bandwidth_bytes_per_s, "of its network interface, each direction")
  FIELD(Span, latency, "of its link to the switch, one way")
EVENT_END(NodeDeclared)

EVENT_BEGIN(SubscriptionDeclared, subscription_declared, "node wants what is published to the topic; said at the start")
  FIELD(Text, topic, "topic or channel")
  FIELD(Int, partition, "the one it is assigned; -1: all of them")
  FIELD(Text, channel, "what carries the topic: kafka, direct, queue or broadcast")
  FIELD(Text, reset, "Kafka: its auto.offset.reset (earliest, latest or none); else empty")
EVENT_END(SubscriptionDeclared)

EVENT_BEGIN(NodeStarted, node_started, "the node's process runs")
  FIELD(Count, incarnation, "1 for the first start, +1 for each restart")
EVENT_END(NodeStarted)

EVENT_BEGIN(NodeStopped, node_stopped, "the node's process has ended")
  FIELD(Text, reason, "clean, crash (process killed) or power_loss (machine off)")
EVENT_END(NodeStopped)

EVENT_BEGIN(FaultInjected, fault_injected, "something was broken on purpose; node is the target")
  FIELD(Text, fault, "crash, power_loss, restart, stop, link_down, latency, bandwidth, cut, loss, ...")
  FIELD(NodeId, peer, "the other side, for faults between two nodes")
  FIELD(Text, detail, "e.g. 'latency 200 ms', empty when there is nothing to add")
EVENT_END(FaultInjected)

EVENT_BEGIN(FaultHealed, fault_healed, "a fault was undone; node is the target")
  FIELD(Text, fault, "the fault as it was injected")
  FIELD(NodeId, peer, "the other side, for faults between two nodes")
  FIELD(Text, detail, "empty when there is nothing to add")
EVENT_END(FaultHealed)

EVENT_BEGIN(CommandRejected, command_rejected, "a live command could not be carried out")
  FIELD(Text, command, "the command as it was given, one line of JSON")
  FIELD(Text, reason, "why not, with a hint")
EVENT_END(CommandRejected)

EVENT_BEGIN(ExpectationChecked, expectation_checked, "an entry of the scenario's expect: was due")
  FIELD(Text, expect, "the expectation in one line")
  FIELD(bool, met, "whether it holds")
  FIELD(Text, actual, "the value found")
EVENT_END(ExpectationChecked)

EVENT_BEGIN(RunEnded, run_ended, "the last event of a complete run")
  FIELD(Count, events, "events before this one")
  FIELD(Text, fingerprint, "hash over them, 16 hex digits")
EVENT_END(RunEnded)

// ---- the network ----------------------------------------------------------------------------
EVENT_BEGIN(MessageSent, message_sent, "node handed a message to its connection")
  FIELD(MessageId, message, "number of the message")
  FIELD(NodeId, destination, "to whom")
  FIELD(Text, label, "what it is: Produce, FetchResponse, Call, Acknowledge, ...")
  FIELD(Count, size_bytes, "on the wire")
  FIELD(RecordList, records, "the records it carries")
EVENT_END(MessageSent)

EVENT_BEGIN(MessageArrived, message_arrived, "node received a message whole")
  FIELD(MessageId, message, "number of the message")
EVENT_END(MessageArrived)

EVENT_BEGIN(MessageLost, message_lost, "a message will never arrive; node is its sender")
  FIELD(MessageId, message, "number of the message")
  FIELD(Text, reason, "e.g. 'broker-1 is down', 'connection closed'")
EVENT_END(MessageLost)

EVENT_BEGIN(ConnectionStalled, connection_stalled, "TCP waits to retransmit; nothing is lost yet")
  FIELD(NodeId, destination, "to whom")
  FIELD(Text, reason, "link down, cut, packet lost, host off")
  FIELD(Count, attempt, "1 for the first time-out in a row")
  FIELD(Span, retry_in, "until the next attempt (retransmission time-out, doubling)")
EVENT_END(ConnectionStalled)

EVENT_BEGIN(ConnectionClosed, connection_closed, "node learned or decided that a connection is gone")
  FIELD(NodeId, peer, "the other side")
  FIELD(Text, reason, "reset by peer, connection refused (there was none yet), closed by node")
EVENT_END(ConnectionClosed)

// ---- records: the life of an event ----------------------------------------------------------
EVENT_BEGIN(RecordProduced, record_produced, "something happened: node made an event and publishes it")
  FIELD(RecordId, record, "number of the record")
  FIELD(Text, event_id, "CloudEvents id")
  FIELD(Text, event_type, "CloudEvents type")
  FIELD(Text, partitionkey, "CloudEvents partitionkey")
  FIELD(bool, keyed, "false: there is no key (an empty key is a key)")
  FIELD(Text, topic, "topic or channel it is published to")
  FIELD(Text, data, "CloudEvents data, JSON text")
  FIELD(Count, size_bytes, "key + value")
EVENT_END(RecordProduced)

EVENT_BEGIN(RecordBatched, record_batched, "the producer chose a partition and put the record in a batch")
  FIELD(RecordId, record, "number of the record")
  FIELD(Text, topic, "topic")
  FIELD(Int, partition, "partition chosen")
  FIELD(Text, by, "key, sticky, round_robin or explicit")
  FIELD(Count, batch, "number of the batch within this producer")
EVENT_END(RecordBatched)

EVENT_BEGIN(RecordsAcknowledged, records_acknowledged, "the publisher was told that the records are in")
  FIELD(RecordList, records, "numbers of the records")
  FIELD(Text, topic, "topic or channel")
  FIELD(Int, partition, "-1 where there are none")
  FIELD(Int, base_offset, "offset of the first one; -1 when unknown (acks=0) or not Kafka")
EVENT_END(RecordsAcknowledged)

EVENT_BEGIN(SendRetried, send_retried, "an attempt failed; the records wait for the next one")
  FIELD(RecordList, records, "numbers of the records")
  FIELD(Text, error, "Kafka's error name, or the bus's reason")
  FIELD(Count, attempt, "attempts that have failed so far")
  FIELD(Span, backoff, "until the next attempt may start")
EVENT_END(SendRetried)

EVENT_BEGIN(SendFailed, send_failed, "the publisher gave up on the records")
  FIELD(RecordList, records, "numbers of the records")
  FIELD(Text, error, "Kafka's exception or error name, or the bus's reason")
EVENT_END(SendFailed)

EVENT_BEGIN(RecordsDelivered, records_delivered, "node, a consumer, was handed the records")
  FIELD(RecordList, records, "numbers of the records, in order")
  FIELD(Text, topic, "topic or channel")
  FIELD(Int, partition, "-1 where there are none")
  FIELD(Int, base_offset, "offset of the first one; -1 where there are none")
  FIELD(Count, attempt, "1, or more when a queue delivers again")
EVENT_END(RecordsDelivered)

EVENT_BEGIN(ProcessingStarted, processing_started, "node's handler took up a record")
  FIELD(RecordId, record, "number of the record")
  FIELD(Span, service_time, "how long the handler will need")
EVENT_END(ProcessingStarted)

EVENT_BEGIN(ProcessingFinished, processing_finished, "node's handler is done with a record")
  FIELD(RecordId, record, "number of the record")
  FIELD(Text, outcome, "ok, failed or ignored (no reaction to this type)")
EVENT_END(ProcessingFinished)

EVENT_BEGIN(SideEffectDone, side_effect_done, "node did something in the outside world")
  FIELD(RecordId, record, "the record that it reacted to")
  FIELD(Text, effect, "name, e.g. 'welcome-email'")
  FIELD(Text, idempotency_key, "what must not be done twice, e.g. 'welcome-email:sub-3'")
  FIELD(Text, text, "in plain words, e.g. 'welcome email to ada@example.org'")
  FIELD(Count, times, "how often this key has been done, this time included")
EVENT_END(SideEffectDone)

// ---- Kafka ----------------------------------------------------------------------------------
EVENT_BEGIN(PartitionCreated, partition_created, "a partition of a topic exists; also sent when its leadership changes")
  FIELD(Text, topic, "topic")
  FIELD(Int, partition, "number, from 0")
  FIELD(NodeId, leader, "the leader; absent when there is none")
  FIELD(Int, leader_epoch, "+1 for every change of leader")
  FIELD(NodeList, replicas, "assignment order; the first is the preferred leader")
  FIELD(NodeList, isr, "in-sync replicas")
EVENT_END(PartitionCreated)

EVENT_BEGIN(BatchAppended, batch_appended, "node, a broker, wrote a batch at the end of its log")
  FIELD(Text, topic, "topic")
  FIELD(Int, partition, "partition")
  FIELD(Int, base_offset, "offset of the first record")
  FIELD(RecordList, records, "numbers of the records, in offset order")
  FIELD(Int, leader_epoch, "of the leader that wrote it first")
  FIELD(Count, size_bytes, "of the batch")
EVENT_END(BatchAppended)

EVENT_BEGIN(LogTruncated, log_truncated, "node, a broker, lost or cut off the end of its log")
  FIELD(Text, topic, "topic")
  FIELD(Int, partition, "partition")
  FIELD(Int, log_end_offset, "the end now: records at and above it are gone from this replica")
  FIELD(RecordList, records, "numbers of the records that are gone, in offset order")
  FIELD(Text, reason, "e.g. 'power loss: not yet flushed'")
EVENT_END(LogTruncated)

EVENT_BEGIN(HighWatermarkAdvanced, high_watermark_advanced, "records below it can be read by consumers")
  FIELD(Text, topic, "topic")
  FIELD(Int, partition, "partition")
  FIELD(Int, high_watermark, "first offset not yet readable")
EVENT_END(HighWatermarkAdvanced)

EVENT_BEGIN(ProduceRefused, produce_refused, "node, a broker, refused a batch; nothing was written")
  FIELD(Text, topic, "topic")
  FIELD(Int, partition, "partition")
  FIELD(RecordList, records, "numbers of the records")
  FIELD(Text, error, "Kafka's error name")
EVENT_END(ProduceRefused)

EVENT_BEGIN(PositionReset, position_reset, "node, a consumer, chose where to read from")
  FIELD(Text, topic, "topic")
  FIELD(Int, partition, "partition")
  FIELD(Text, policy, "earliest, latest, none or assigned")
  FIELD(Int, offset, "offset it reads next")
EVENT_END(PositionReset)

EVENT_BEGIN(ConsumerFailed, consumer_failed, "poll() has thrown: node's process goes on, but reads no more until it is restarted")
  FIELD(Text, error, "Kafka's exception, in plain words")
EVENT_END(ConsumerFailed)

EVENT_BEGIN(ClientWarning, client_warning, "a client met an error that it handles itself, or could not")
  FIELD(Text, text, "in plain words, with Kafka's error name")
EVENT_END(ClientWarning)

// ---- channels without Kafka -----------------------------------------------------------------
EVENT_BEGIN(CallFailed, call_failed, "direct call: the caller waited for a receiver in vain")
  FIELD(RecordId, record, "number of the record")
  FIELD(NodeId, receiver, "who was called")
  FIELD(Text, reason, "time-out, connection reset, receiver failed")
  FIELD(Count, attempt, "1 for the first")
EVENT_END(CallFailed)

EVENT_BEGIN(QueueStored, queue_stored, "node, a queue, keeps the record until a receiver acknowledges it")
  FIELD(RecordId, record, "number of the record")
  FIELD(Count, depth, "records waiting now, leased ones excluded")
EVENT_END(QueueStored)

EVENT_BEGIN(QueueLeased, queue_leased, "node, a queue, handed the record to one receiver and hides it")
  FIELD(RecordId, record, "number of the record")
  FIELD(NodeId, receiver, "who has it")
  FIELD(Count, attempt, "deliveries so far, this one included")
  FIELD(Span, visibility_timeout, "after which it is visible again unless acknowledged")
EVENT_END(QueueLeased)

EVENT_BEGIN(QueueReturned, queue_returned, "the lease ended without acknowledgement: visible again")
  FIELD(RecordId, record, "number of the record")
  FIELD(Text, reason, "visibility time-out, receiver refused it, connection reset")
EVENT_END(QueueReturned)

EVENT_BEGIN(QueueDeleted, queue_deleted, "acknowledged: the queue forgets the record")
  FIELD(RecordId, record, "number of the record")
  FIELD(Count, depth, "records waiting now, leased ones excluded")
EVENT_END(QueueDeleted)

EVENT_BEGIN(QueueDeadLettered, queue_dead_lettered, "delivered too often: moved to the dead-letter queue")
  FIELD(RecordId, record, "number of the record")
  FIELD(Count, attempts, "deliveries made")
EVENT_END(QueueDeadLettered)

EVENT_BEGIN(SubscriberJoined, subscriber_joined, "node, a station, has one more listener")
  FIELD(NodeId, subscriber, "who tuned in")
  FIELD(Count, subscribers, "listeners now")
EVENT_END(SubscriberJoined)

EVENT_BEGIN(SubscriberLeft, subscriber_left, "node, a station, has one listener less")
  FIELD(NodeId, subscriber, "who left or was lost")
  FIELD(Text, reason, "left, connection reset, silent for too long")
  FIELD(Count, subscribers, "listeners now")
EVENT_END(SubscriberLeft)

EVENT_BEGIN(BroadcastSent, broadcast_sent, "node, a station, sent the record to everybody connected and kept nothing")
  FIELD(RecordId, record, "number of the record")
  FIELD(NodeList, subscribers, "who was connected; everybody else has missed it")
EVENT_END(BroadcastSent)

// Kafka's error codes, with the names and numbers of org.apache.kafka.common.protocol.Errors
// (4.1), and what a client may conclude from each: retry or not, ask for new metadata or not.
#pragma once

#include <cstdint>
#include <string_view>

namespace eventarium::kafka {

// ERROR(code, NAME, enumerator, retriable, metadata): `metadata` asks for a metadata refresh.
#define EVENTARIUM_KAFKA_ERRORS(ERROR)                                                       \
  ERROR(-1, UNKNOWN_SERVER_ERROR, unknown_server_error, false, false)                        \
  ERROR(0, NONE, none, false, false)                                                         \
  ERROR(1, OFFSET_OUT_OF_RANGE, offset_out_of_range, false, false)                           \
  ERROR(2, CORRUPT_MESSAGE, corrupt_message, true, false)                                    \
  ERROR(3, UNKNOWN_TOPIC_OR_PARTITION, unknown_topic_or_partition, true, true)               \
  ERROR(5, LEADER_NOT_AVAILABLE, leader_not_available, true, true)                           \
  ERROR(6, NOT_LEADER_OR_FOLLOWER, not_leader_or_follower, true, true)                       \
  ERROR(7, REQUEST_TIMED_OUT, request_timed_out, true, false)                                \
  ERROR(9, REPLICA_NOT_AVAILABLE, replica_not_available, true, true)                         \
  ERROR(10, MESSAGE_TOO_LARGE, message_too_large, false, false)                              \
  ERROR(11, STALE_CONTROLLER_EPOCH, stale_controller_epoch, false, false)                    \
  ERROR(13, NETWORK_EXCEPTION, network_exception, true, true)                                \
  ERROR(14, COORDINATOR_LOAD_IN_PROGRESS, coordinator_load_in_progress, true, false)         \
  ERROR(15, COORDINATOR_NOT_AVAILABLE, coordinator_not_available, true, false)               \
  ERROR(16, NOT_COORDINATOR, not_coordinator, true, false)                                   \
  ERROR(17, INVALID_TOPIC_EXCEPTION, invalid_topic_exception, false, false)                  \
  ERROR(18, RECORD_LIST_TOO_LARGE, record_list_too_large, false, false)                      \
  ERROR(19, NOT_ENOUGH_REPLICAS, not_enough_replicas, true, false)                           \
  ERROR(20, NOT_ENOUGH_REPLICAS_AFTER_APPEND, not_enough_replicas_after_append, true, false) \
  ERROR(21, INVALID_REQUIRED_ACKS, invalid_required_acks, false, false)                      \
  ERROR(22, ILLEGAL_GENERATION, illegal_generation, false, false)                            \
  ERROR(23, INCONSISTENT_GROUP_PROTOCOL, inconsistent_group_protocol, false, false)          \
  ERROR(24, INVALID_GROUP_ID, invalid_group_id, false, false)                                \
  ERROR(25, UNKNOWN_MEMBER_ID, unknown_member_id, false, false)                              \
  ERROR(26, INVALID_SESSION_TIMEOUT, invalid_session_timeout, false, false)                  \
  ERROR(27, REBALANCE_IN_PROGRESS, rebalance_in_progress, false, false)                      \
  ERROR(28, INVALID_COMMIT_OFFSET_SIZE, invalid_commit_offset_size, false, false)            \
  ERROR(29, TOPIC_AUTHORIZATION_FAILED, topic_authorization_failed, false, false)            \
  ERROR(32, INVALID_TIMESTAMP, invalid_timestamp, false, false)                              \
  ERROR(36, TOPIC_ALREADY_EXISTS, topic_already_exists, false, false)                        \
  ERROR(37, INVALID_PARTITIONS, invalid_partitions, false, false)                            \
  ERROR(38, INVALID_REPLICATION_FACTOR, invalid_replication_factor, false, false)            \
  ERROR(39, INVALID_REPLICA_ASSIGNMENT, invalid_replica_assignment, false, false)            \
  ERROR(40, INVALID_CONFIG, invalid_config, false, false)                                    \
  ERROR(41, NOT_CONTROLLER, not_controller, true, false)                                     \
  ERROR(42, INVALID_REQUEST, invalid_request, false, false)                                  \
  ERROR(45, OUT_OF_ORDER_SEQUENCE_NUMBER, out_of_order_sequence_number, false, false)        \
  ERROR(46, DUPLICATE_SEQUENCE_NUMBER, duplicate_sequence_number, false, false)              \
  ERROR(47, INVALID_PRODUCER_EPOCH, invalid_producer_epoch, false, false)                    \
  ERROR(48, INVALID_TXN_STATE, invalid_txn_state, false, false)                              \
  ERROR(49, INVALID_PRODUCER_ID_MAPPING, invalid_producer_id_mapping, false, false)          \
  ERROR(50, INVALID_TRANSACTION_TIMEOUT, invalid_transaction_timeout, false, false)          \
  ERROR(51, CONCURRENT_TRANSACTIONS, concurrent_transactions, true, false)                   \
  ERROR(52, TRANSACTION_COORDINATOR_FENCED, transaction_coordinator_fenced, false, false)    \
  ERROR(56, KAFKA_STORAGE_ERROR, kafka_storage_error, true, true)                            \
  ERROR(59, UNKNOWN_PRODUCER_ID, unknown_producer_id, false, false)                          \
  ERROR(68, NON_EMPTY_GROUP, non_empty_group, false, false)                                  \
  ERROR(69, GROUP_ID_NOT_FOUND, group_id_not_found, false, false)                            \
  ERROR(74, FENCED_LEADER_EPOCH, fenced_leader_epoch, true, true)                            \
  ERROR(75, UNKNOWN_LEADER_EPOCH, unknown_leader_epoch, true, false)                         \
  ERROR(77, STALE_BROKER_EPOCH, stale_broker_epoch, false, false)                            \
  ERROR(78, OFFSET_NOT_AVAILABLE, offset_not_available, true, false)                         \
  ERROR(79, MEMBER_ID_REQUIRED, member_id_required, false, false)                            \
  ERROR(80, PREFERRED_LEADER_NOT_AVAILABLE, preferred_leader_not_available, true, true)      \
  ERROR(81, GROUP_MAX_SIZE_REACHED, group_max_size_reached, false, false)                    \
  ERROR(82, FENCED_INSTANCE_ID, fenced_instance_id, false, false)                            \
  ERROR(83, ELIGIBLE_LEADERS_NOT_AVAILABLE, eligible_leaders_not_available, true, true)      \
  ERROR(84, ELECTION_NOT_NEEDED, election_not_needed, true, true)                            \
  ERROR(85, NO_REASSIGNMENT_IN_PROGRESS, no_reassignment_in_progress, false, false)          \
  ERROR(87, INVALID_RECORD, invalid_record, false, false)                                    \
  ERROR(88, UNSTABLE_OFFSET_COMMIT, unstable_offset_commit, true, false)                     \
  ERROR(90, PRODUCER_FENCED, producer_fenced, false, false)                                  \
  ERROR(95, INVALID_UPDATE_VERSION, invalid_update_version, false, false)                    \
  ERROR(100, UNKNOWN_TOPIC_ID, unknown_topic_id, true, true)                                 \
  ERROR(101, DUPLICATE_BROKER_REGISTRATION, duplicate_broker_registration, false, false)     \
  ERROR(102, BROKER_ID_NOT_REGISTERED, broker_id_not_registered, false, false)               \
  ERROR(107, INELIGIBLE_REPLICA, ineligible_replica, false, false)                           \
  ERROR(108, NEW_LEADER_ELECTED, new_leader_elected, false, false)                           \
  ERROR(110, FENCED_MEMBER_EPOCH, fenced_member_epoch, false, false)                         \
  ERROR(111, UNRELEASED_INSTANCE_ID, unreleased_instance_id, false, false)                   \
  ERROR(112, UNSUPPORTED_ASSIGNOR, unsupported_assignor, false, false)                       \
  ERROR(113, STALE_MEMBER_EPOCH, stale_member_epoch, false, false)                           \
  ERROR(120, TRANSACTION_ABORTABLE, transaction_abortable, false, false)                     \
  ERROR(121, INVALID_RECORD_STATE, invalid_record_state, false, false)                       \
  ERROR(122, SHARE_SESSION_NOT_FOUND, share_session_not_found, true, false)                  \
  ERROR(123, INVALID_SHARE_SESSION_EPOCH, invalid_share_session_epoch, true, false)          \
  ERROR(124, FENCED_STATE_EPOCH, fenced_state_epoch, false, false)

enum class Error : std::int16_t {
#define EVENTARIUM_ERROR(code, NAME, enumerator, retriable, metadata) enumerator = code,
  EVENTARIUM_KAFKA_ERRORS(EVENTARIUM_ERROR)
#undef EVENTARIUM_ERROR
};

/// "NOT_LEADER_OR_FOLLOWER"
std::string_view name_of(Error error);
/// The same request may succeed later.
bool is_retriable(Error error);
/// The client's picture of the cluster is probably out of date.
bool asks_for_metadata(Error error);

}  // namespace eventarium::kafka

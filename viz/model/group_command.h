// "Show me the real command" for consumer groups and transactions: kafka-consumer-groups.sh and
// kafka-transactions.sh of Kafka 4.1, with the tables that they print, in their own columns.
#pragma once

#include <vector>

#include "viz/model/inspector.h"

namespace eventarium::viz {

/// --describe: offsets, --members and --state (ConsumerGroupCommand).
std::vector<RealCommand> commands_for_group(const History& history, const World& world,
                                            const GroupView& group);
/// kafka-transactions.sh describe (TransactionsCommand).
std::vector<RealCommand> commands_for_transaction(const History& history, const World& world,
                                                  const TransactionView& transaction);

}  // namespace eventarium::viz

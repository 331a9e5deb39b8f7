// Values of the records that coordinators keep in internal topics, as one flat JSON object each, so
// that they can be read in a trace and in the window. What one of ours has written, one of
// ours reads: a member that is missing or of another type is a broken assumption.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/trace/flat_json.h"

namespace eventarium::kafka {

class RecordText {
 public:
  explicit RecordText(const std::string& json);

  std::int64_t integer(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  PartitionList partitions(std::string_view name) const;

 private:
  trace::FlatObject object_;
};

class RecordTextWriter {
 public:
  void integer(std::string_view name, std::int64_t value);
  void text(std::string_view name, std::string_view value);
  void texts(std::string_view name, const std::vector<std::string>& values);
  void partitions(std::string_view name, const PartitionList& values);
  /// The object; nothing may be added after that.
  std::string take();

 private:
  void begin(std::string_view name);

  std::string json_ = "{";
};

}  // namespace eventarium::kafka

// JSON's scalar texts, written straight into a buffer that the caller reuses. The write path of a
// trace goes through here millions of times a run, so nothing allocates. Knows nothing of events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eventarium::trace {

/// `text` in quotes. Control characters are escaped; bytes that are not UTF-8 become U+FFFD, so
/// that the result is always valid JSON.
void append_json_string(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::int64_t value);
void append_json_number(std::string& out, std::uint64_t value);
/// Shortest text that reads back to the same bits. What JSON has no number for becomes the
/// strings "NaN", "Infinity" and "-Infinity".
void append_json_number(std::string& out, double value);

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace eventarium::trace

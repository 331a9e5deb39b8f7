// Containers of the readers that count every record: append-only in chunks (nothing is copied when
// they grow), values by node, and texts that are stored once. They know nothing of events.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/base/ids.h"

namespace eventarium::check {

/// An append-only list whose elements stay where they are. An element can be released: when all of
/// a chunk are, its memory is given back. Whoever releases elements must know which they are.
template <class T>
class Chunked {
 public:
  T& operator[](std::size_t i) { return (*chunks_[i / chunk_size].elements)[i % chunk_size]; }
  const T& operator[](std::size_t i) const {
    return (*chunks_[i / chunk_size].elements)[i % chunk_size];
  }
  /// Released ones included.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& push_back(T value) {
    if (size_ == chunks_.size() * chunk_size)
      chunks_.push_back({std::make_unique<std::array<T, chunk_size>>(), 0});
    T& place = (*this)[size_++];
    place = std::move(value);
    return place;
  }
  void release(std::size_t i) {
    Chunk& chunk = chunks_[i / chunk_size];
    if (++chunk.released == chunk_size) chunk.elements.reset();
  }
  /// The first element whose memory is still there, or size().
  std::size_t first_kept() const { return kept_from(0); }
  /// The element after i whose memory is still there, or size().
  std::size_t next_kept(std::size_t i) const { return kept_from(i + 1); }

  class Iterator {
   public:
    Iterator(const Chunked& list, std::size_t i) : list_(&list), i_(i) {}
    const T& operator*() const { return (*list_)[i_]; }
    Iterator& operator++() {
      i_ = list_->next_kept(i_);
      return *this;
    }
    bool operator==(const Iterator& other) const { return i_ == other.i_; }

   private:
    const Chunked* list_;
    std::size_t i_;
  };
  Iterator begin() const { return {*this, first_kept()}; }
  Iterator end() const { return {*this, size_}; }

 private:
  static constexpr std::size_t chunk_size = 1024;
  struct Chunk {
    std::unique_ptr<std::array<T, chunk_size>> elements;  // null: all are released
    std::size_t released = 0;
  };

  std::size_t kept_from(std::size_t i) const {
    while (i < size_ && !chunks_[i / chunk_size].elements) i += chunk_size - i % chunk_size;
    return std::min(i, size_);
  }

  std::vector<Chunk> chunks_;
  std::size_t size_ = 0;
};

/// A value for each node; T{} where none was set. Nodes are numbered densely, but a damaged trace
/// may say anything.
template <class T>
class ByNode {
 public:
  T& operator[](NodeId node) {
    if (node.value >= dense_limit) return sparse_[node];
    if (node.value >= dense_.size()) dense_.resize(node.value + 1);
    return dense_[node.value];
  }
  T get(NodeId node) const {
    if (node.value < dense_.size()) return dense_[node.value];
    const auto found = sparse_.find(node);
    return found == sparse_.end() ? T{} : found->second;
  }

 private:
  static constexpr std::uint32_t dense_limit = 1 << 20;
  std::vector<T> dense_;
  std::map<NodeId, T> sparse_;
};

/// Each different text once, by number.
class Texts {
 public:
  std::uint32_t number(const std::string& text) {
    if (last_ < texts_.size() && *texts_[last_] == text) return last_;
    const auto [found, added] =
        numbers_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
    if (added) texts_.push_back(&found->first);
    return last_ = found->second;
  }
  const std::string& text(std::uint32_t number) const { return *texts_[number]; }
  /// Of a text that may be unknown: then a number that no text has.
  std::uint32_t find(const std::string& text) const {
    const auto found = numbers_.find(text);
    return found == numbers_.end() ? 0xFFFFFFFF : found->second;
  }
  std::size_t size() const { return texts_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;  // looked up only, never iterated
  std::vector<const std::string*> texts_;
  std::uint32_t last_ = 0;
};

/// Texts of which most are one text and a counter: "order-1", "order-2", ...
class CountedTexts {
 public:
  struct Place {
    std::uint32_t text = 0;
    std::uint32_t count = none;
  };
  Place place(const std::string& text) {
    std::size_t begin = text.size();
    while (begin > 0 && text.size() - begin < 9 && is_digit(text[begin - 1])) --begin;
    while (begin < text.size() && text[begin] == '0' && begin + 1 < text.size()) ++begin;
    if (begin == text.size()) return {texts_.number(text), none};
    Place place;
    std::from_chars(text.data() + begin, text.data() + text.size(), place.count);
    before_.assign(text, 0, begin);
    place.text = texts_.number(before_);
    return place;
  }
  std::string text(Place place) const {
    const std::string& before = texts_.text(place.text);
    return place.count == none ? before : before + std::to_string(place.count);
  }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  Texts texts_;
  std::string before_;
};

/// Numbers, from 0, for things that have dense ids, most of the time.
template <class Id>
class Numbers {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  void set(Id id, std::uint32_t number) {
    const std::uint64_t page = id.value / page_size;
    if (page >= pages_.size() * 2 + 64) {
      sparse_[id] = number;
      return;
    }
    if (page >= pages_.size()) {
      if (!pages_.empty() && pages_.back().known == 0) pages_.back().numbers.reset();
      pages_.resize(page + 1);
    }
    Page& place = pages_[page];
    if (!place.numbers) {
      place.numbers = std::make_unique<std::array<std::uint32_t, page_size>>();
      place.numbers->fill(none);
    }
    std::uint32_t& known = (*place.numbers)[id.value % page_size];
    if (known == none) ++place.known;
    known = number;
  }
  std::uint32_t get(Id id) const {
    const std::uint64_t page = id.value / page_size;
    if (page < pages_.size() && pages_[page].numbers) {
      const std::uint32_t number = (*pages_[page].numbers)[id.value % page_size];
      if (number != none) return number;
    }
    if (sparse_.empty()) return none;
    const auto found = sparse_.find(id);
    return found == sparse_.end() ? none : found->second;
  }
  /// It has a number no more. Pages without numbers give their memory back, but for the last one.
  void forget(Id id) {
    const std::uint64_t page = id.value / page_size;
    if (page >= pages_.size() || !pages_[page].numbers) {
      sparse_.erase(id);
      return;
    }
    std::uint32_t& known = (*pages_[page].numbers)[id.value % page_size];
    if (known == none) return;
    known = none;
    if (--pages_[page].known == 0 && page + 1 < pages_.size()) pages_[page].numbers.reset();
  }

 private:
  static constexpr std::size_t page_size = 1024;
  struct Page {
    std::unique_ptr<std::array<std::uint32_t, page_size>> numbers;  // null: none is known
    std::size_t known = 0;
  };
  std::vector<Page> pages_;
  std::unordered_map<Id, std::uint32_t> sparse_;  // looked up only, never iterated
};

}  // namespace eventarium::check

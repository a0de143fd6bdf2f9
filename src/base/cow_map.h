/// A map from strings to shared immutable values whose copies cost nothing: what the cluster state is
/// made of, so that views, snapshots and pending changes share all that they do not change.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stellwerk {

/// Copy-on-write in three levels (64 x 64 buckets): a change copies one bucket and two small tables,
/// once per share(). One thread changes an object; any number of threads may read a shared one.
template <class Value>
class CowMap {
 public:
  using ValuePtr = std::shared_ptr<const Value>;
  using Entry = std::pair<std::string, ValuePtr>;

  CowMap() = default;
  CowMap(CowMap&&) noexcept = default;
  CowMap& operator=(CowMap&&) noexcept = default;
  CowMap(const CowMap&) = delete;
  CowMap& operator=(const CowMap&) = delete;

  /// A second map with the same content. Not const: from now on both copy what they change.
  CowMap share() {
    token_ = std::make_shared<Token>();
    CowMap twin;
    twin.root_ = root_;
    twin.size_ = size_;
    return twin;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Null if absent. The pointer lives as long as this map, unchanged, or any share of it.
  ValuePtr find(std::string_view key) const {
    const Bucket* bucket = find_bucket(key);
    if (bucket == nullptr) return nullptr;
    const auto it = lower_bound(bucket->entries, key);
    return it != bucket->entries.end() && it->first == key ? it->second : nullptr;
  }
  bool contains(std::string_view key) const { return find(key) != nullptr; }

  void put(std::string_view key, ValuePtr value) {
    auto& entries = edit_bucket(key).entries;
    const auto it = lower_bound(entries, key);
    if (it != entries.end() && it->first == key) {
      it->second = std::move(value);
      return;
    }
    entries.insert(it, Entry{std::string(key), std::move(value)});
    ++size_;
  }

  bool erase(std::string_view key) {
    if (!contains(key)) return false;
    auto& entries = edit_bucket(key).entries;
    entries.erase(lower_bound(entries, key));
    --size_;
    return true;
  }

  /// Calls `visit(key, value)` for all, in no useful order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t part = 0; part < kParts; ++part) for_each_in(part, visit);
  }

  /// for_each() in kParts steps, for who must not do all of it at once: 0 to kParts - 1. What is put or erased between
  /// two steps belongs to one part, the same ever.
  static constexpr std::size_t kParts = 64;
  template <class Visit>
  void for_each_in(std::size_t part, Visit&& visit) const {
    if (!root_ || !root_->children[part]) return;
    for (const auto& bucket : root_->children[part]->children)
      if (bucket)
        for (const auto& [key, value] : bucket->entries) visit(key, *value);
  }

  /// All entries in the order of their keys. Costs a sort: not for hot paths.
  std::vector<Entry> sorted() const {
    std::vector<Entry> all;
    all.reserve(size_);
    if (root_) {
      for (const auto& node : root_->children) {
        if (!node) continue;
        for (const auto& bucket : node->children)
          if (bucket) all.insert(all.end(), bucket->entries.begin(), bucket->entries.end());
      }
    }
    std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.first < b.first; });
    return all;
  }

  /// Calls `visit(key, before, after)` for every key whose value is not the same object in both maps,
  /// in no useful order; null stands for "not there". Parts that the maps share cost nothing.
  template <class Visit>
  static void for_each_difference(const CowMap& before, const CowMap& after, Visit&& visit) {
    if (before.root_ == after.root_) return;
    for (std::size_t i = 0; i < kFanOut; ++i) {
      const Node* a = before.root_ ? before.root_->children[i].get() : nullptr;
      const Node* b = after.root_ ? after.root_->children[i].get() : nullptr;
      if (a == b) continue;
      for (std::size_t k = 0; k < kFanOut; ++k) {
        const Bucket* x = a != nullptr ? a->children[k].get() : nullptr;
        const Bucket* y = b != nullptr ? b->children[k].get() : nullptr;
        if (x != y) merge(x, y, visit);
      }
    }
  }

 private:
  static constexpr std::size_t kFanOut = kParts;

  /// Whose a node is: only its owner may change it in place.
  struct Token {};
  using Owner = std::shared_ptr<Token>;
  struct Bucket {
    Owner owner;
    std::vector<Entry> entries;
  };
  struct Node {
    Owner owner;
    std::array<std::shared_ptr<Bucket>, kFanOut> children;
  };
  struct Root {
    Owner owner;
    std::array<std::shared_ptr<Node>, kFanOut> children;
  };

  /// FNV-1a with a final mix: the same on every machine, so that runs repeat exactly.
  static std::uint64_t hash(std::string_view key) noexcept {
    std::uint64_t h = 0xcbf29ce484222325ULL;
    for (const char c : key) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return h ^ (h >> 29);
  }

  template <class Entries>
  static auto lower_bound(Entries& entries, std::string_view key) {
    return std::lower_bound(entries.begin(), entries.end(), key,
                            [](const Entry& entry, std::string_view k) { return entry.first < k; });
  }

  template <class Visit>
  static void merge(const Bucket* before, const Bucket* after, Visit& visit) {
    static const std::vector<Entry> kNone;
    const auto& old_entries = before != nullptr ? before->entries : kNone;
    const auto& new_entries = after != nullptr ? after->entries : kNone;
    auto x = old_entries.begin();
    auto y = new_entries.begin();
    while (x != old_entries.end() || y != new_entries.end()) {
      if (y == new_entries.end() || (x != old_entries.end() && x->first < y->first)) {
        visit(x->first, x->second, ValuePtr());
        ++x;
      } else if (x == old_entries.end() || y->first < x->first) {
        visit(y->first, ValuePtr(), y->second);
        ++y;
      } else {
        if (x->second != y->second) visit(x->first, x->second, y->second);
        ++x;
        ++y;
      }
    }
  }

  const Bucket* find_bucket(std::string_view key) const {
    if (!root_) return nullptr;
    const std::uint64_t h = hash(key);
    const auto& node = root_->children[h % kFanOut];
    return node ? node->children[(h / kFanOut) % kFanOut].get() : nullptr;
  }

  template <class T>
  T& own(std::shared_ptr<T>& slot) {
    if (!slot) {
      slot = std::make_shared<T>();
      slot->owner = token_;
    } else if (slot->owner != token_) {
      slot = std::make_shared<T>(*slot);
      slot->owner = token_;
    }
    return *slot;
  }

  Bucket& edit_bucket(std::string_view key) {
    const std::uint64_t h = hash(key);
    Root& root = own(root_);
    Node& node = own(root.children[h % kFanOut]);
    return own(node.children[(h / kFanOut) % kFanOut]);
  }

  Owner token_ = std::make_shared<Token>();
  std::shared_ptr<Root> root_;
  std::size_t size_ = 0;
};

}  // namespace stellwerk

#pragma once

#include <utility>

#include "record/arrow_abi.hpp"

namespace pgfeed {

/// Owns one struct of the Arrow C data interface, and releases it once.
///
/// Movable, as the interface has it: the one moved from is left released. Not thread-safe.
template <class Struct>
class ArrowOwned {
 public:
  ArrowOwned() noexcept = default;
  /// Takes over what `given` holds, and marks it as released.
  explicit ArrowOwned(Struct& given) noexcept : held_(given) { given.release = nullptr; }
  ArrowOwned(ArrowOwned&& other) noexcept : ArrowOwned(other.held_) {}
  ArrowOwned& operator=(ArrowOwned&& other) noexcept {
    ArrowOwned taken(std::move(other));
    std::swap(held_, taken.held_);
    return *this;
  }
  ~ArrowOwned() { reset(); }

  [[nodiscard]] bool empty() const noexcept { return held_.release == nullptr; }
  [[nodiscard]] const Struct& operator*() const noexcept { return held_; }
  [[nodiscard]] const Struct* operator->() const noexcept { return &held_; }

  void reset() noexcept {
    if (!empty()) held_.release(&held_);
    held_.release = nullptr;
  }
  /// Where a producer may write its struct. What was held is released before.
  [[nodiscard]] Struct* receive() noexcept {
    reset();
    return &held_;
  }

 private:
  Struct held_{};
};

using OwnedArrowSchema = ArrowOwned<ArrowSchema>;
using OwnedArrowArray = ArrowOwned<ArrowArray>;

}  // namespace pgfeed

#pragma once

#include <cstdint>
#include <string_view>

#include "encode/ascii.hpp"

namespace pgfeed {

/// A place in a text that a date or time is read from. Each function takes what it names and moves on, or returns
/// false, and then the place is of no more use.
class TimeScan {
 public:
  explicit TimeScan(std::string_view text) noexcept : at_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] bool done() const noexcept { return at_ == end_; }
  [[nodiscard]] char peek() const noexcept { return at_ == end_ ? '\0' : *at_; }
  [[nodiscard]] std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  void skip(std::size_t count) noexcept { at_ += count; }
  void skip_spaces() noexcept {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  bool take(char c) noexcept {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  /// As many digits as there are, at least `least` and at most `most` (9 or fewer).
  bool take_number(int least, int most, int& number) noexcept {
    number = 0;
    int count = 0;
    for (; count < most && at_ != end_ && is_digit(*at_); ++count, ++at_) number = number * 10 + (*at_ - '0');
    return count >= least;
  }
  bool take_one_or_two(int& number) noexcept {
    if (at_ == end_ || !is_digit(*at_)) return false;
    number = *at_++ - '0';
    if (at_ != end_ && is_digit(*at_)) number = number * 10 + (*at_++ - '0');
    return true;
  }
  bool take_two(int& number) noexcept {
    if (end_ - at_ < 2 || !is_digit(at_[0]) || !is_digit(at_[1])) return false;
    number = (at_[0] - '0') * 10 + (at_[1] - '0');
    at_ += 2;
    return true;
  }

  /// Digits of a fraction of a second, one at least. `finer`: there is more than microseconds hold.
  bool take_fraction(int& micro, bool& finer) noexcept {
    micro = 0;
    int count = 0;
    for (; at_ != end_ && is_digit(*at_); ++count, ++at_) {
      if (count < 6) micro = micro * 10 + (*at_ - '0');
      if (count >= 6 && *at_ != '0') finer = true;
    }
    for (int i = count; i < 6; ++i) micro *= 10;
    return count > 0;
  }

  /// A letter of any case followed by others that make up the word, which is in lower case.
  bool take_word(std::string_view word) noexcept {
    if (rest().size() < word.size() || !equals_word(rest().substr(0, word.size()), word)) return false;
    at_ += word.size();
    return true;
  }

  /// `Z`, or `+02`, `+0200`, `+02:00`, `+02:00:30`. `offset` in seconds east of Greenwich.
  bool take_offset(std::int32_t& offset) noexcept {
    offset = 0;
    if (take('Z') || take('z')) return true;
    const bool west = peek() == '-';
    if (!take('+') && !take('-')) return false;
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!take_two(hours)) return false;
    const bool colon = take(':');
    if ((colon || is_digit(peek())) && !take_two(minutes)) return false;
    if (colon && take(':') && !take_two(seconds)) return false;
    // The most that PostgreSQL takes (MAX_TZDISP_HOUR).
    if (hours > 15 || minutes > 59 || seconds > 59) return false;
    offset = hours * 3600 + minutes * 60 + seconds;
    if (west) offset = -offset;
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace pgfeed

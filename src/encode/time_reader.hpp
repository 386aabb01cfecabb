#pragma once

#include <memory>
#include <string>

#include "encode/encoder.hpp"
#include "encode/moment.hpp"

namespace pgfeed {

/// Reads one way of writing dates and times. Immutable, so it may be shared by threads.
class TimeReader {
 public:
  virtual ~TimeReader() = default;
  /// `inexact` when the fraction of a second is finer than a microsecond.
  virtual EncodeStatus read(const Value& value, Moment& moment) const = 0;
};

/// ISO 8601 and RFC 3339, a space in the place of the T allowed, ` BC` after it, and `infinity`.
/// `time_only`: the value is a time of day.
std::unique_ptr<const TimeReader> make_iso_reader(bool time_only);

/// Numbers, or strings of them, that count from 1970-01-01 00:00:00 UTC. `digits` are those of the unit after the
/// point of a second: 0, 3 or 6.
std::unique_ptr<const TimeReader> make_epoch_reader(int digits);

/// A format of strptime (https://pubs.opengroup.org/onlinepubs/9699919799/functions/strptime.html), in the C locale,
/// with `%f` (fraction of a second) and `%z` (`+02:00`, `+0200`, `+02`, `Z`) besides.
/// Throws Error(mapping) for a directive that is unknown, and when a date (`time_only`: a time of day) does not
/// follow from what the format has.
std::unique_ptr<const TimeReader> make_format_reader(const std::string& format, bool time_only);

}  // namespace pgfeed

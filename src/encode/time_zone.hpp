#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pgfeed {

class ZoneBytes;
struct ZoneHeader;
struct PosixZone;

/// A zone's offsets through time, as the zone information compiler wrote them (RFC 8536). Immutable.
class TimeZone {
 public:
  /// `UTC`, a fixed offset such as `+02:00`, or an IANA name, whose file is read from the folder that the environment's
  /// TZDIR names, else from /usr/share/zoneinfo. Throws Error(mapping) for any other and for a file that is none.
  static TimeZone named(const std::string& name);
  /// The zone of a file's bytes. `name` is for messages. Throws Error(mapping) when they are not a zone's.
  static TimeZone from_file(std::string_view bytes, const std::string& name);

  /// Seconds east of Greenwich at a local time, in seconds from 1970-01-01 00:00:00 of the local clock.
  ///
  /// Where clocks were put forward, for a time that never was, the offset before; where they were put back, for a time that
  /// was twice, the offset after: as PostgreSQL has it (DetermineTimeZoneOffset).
  [[nodiscard]] std::int32_t offset_at_local(std::int64_t local) const noexcept;

 private:
  explicit TimeZone(std::int32_t offset) : offsets_{offset} {}
  // Reads the times of change and the offsets that hold from them on.
  void take_transitions(ZoneBytes& bytes, const ZoneHeader& header);
  // Writes 400 years of a rule out as transitions.
  void extend(const PosixZone& rule);

  std::vector<std::int64_t> transitions_;  // in seconds from 1970-01-01 00:00:00 UTC, rising
  std::vector<std::int32_t> offsets_;      // before the first transition, then from each on: one more
  bool repeats_ = false;                   // the last 400 years of the transitions stand for all after them
};

}  // namespace pgfeed

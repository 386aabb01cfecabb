#include "encode/decimal.hpp"
#include "encode/time_reader.hpp"

namespace pgfeed {
namespace {

constexpr int kMicroDigits = 6;

class EpochReader final : public TimeReader {
 public:
  explicit EpochReader(int digits) : shift_(kMicroDigits - digits) {}

  EncodeStatus read(const Value& value, Moment& moment) const override {
    Decimal number;
    EncodeStatus status = decimal_of(value, number);
    if (status != EncodeStatus::ok) return status;
    std::int64_t micros = 0;
    status = to_int64(number, shift_, micros);
    if (status == EncodeStatus::ok) set_instant(micros, moment);
    return status;
  }

 private:
  int shift_;  // from the unit to microseconds, in digits
};

}  // namespace

std::unique_ptr<const TimeReader> make_epoch_reader(int digits) { return std::make_unique<EpochReader>(digits); }

}  // namespace pgfeed

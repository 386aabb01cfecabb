#include <algorithm>
#include <array>

#include "encode/ascii.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"

namespace pgfeed {
namespace {

constexpr std::size_t kBytes4 = 4;
constexpr std::size_t kBytes6 = 16;
constexpr std::size_t kNone = std::string_view::npos;

struct Address {
  std::array<std::uint8_t, kBytes6> bytes{};
  std::size_t size = 0;  // kBytes4 or kBytes6
  unsigned bits = 0;     // of the network part
};

// A decimal of one to three digits, up to `most`, and nothing else.
bool read_small(std::string_view text, unsigned most, unsigned& number) noexcept {
  if (text.empty() || text.size() > 3 || !std::ranges::all_of(text, is_digit)) return false;
  number = 0;
  for (const char c : text) number = number * 10 + static_cast<unsigned>(c - '0');
  return number <= most;
}

bool read_ipv4(std::string_view text, std::uint8_t* bytes) noexcept {
  for (std::size_t i = 0; i < kBytes4; ++i) {
    const bool last = i + 1 == kBytes4;
    const std::size_t dot = text.find('.');
    unsigned octet = 0;
    if (last != (dot == kNone) || !read_small(text.substr(0, dot), 255, octet)) return false;
    bytes[i] = static_cast<std::uint8_t>(octet);
    if (!last) text.remove_prefix(dot + 1);
  }
  return true;
}

bool read_group(std::string_view text, std::uint8_t* bytes) noexcept {
  if (text.empty() || text.size() > 4) return false;
  int group = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0) return false;
    group = group << 4 | digit;
  }
  bytes[0] = static_cast<std::uint8_t>(group >> 8);
  bytes[1] = static_cast<std::uint8_t>(group & 0xff);
  return true;
}

// Groups between single colons; the last may be an IPv4 address where `ipv4_last`. `size` is the bytes they filled,
// at most kBytes6.
bool read_groups(std::string_view text, bool ipv4_last, std::uint8_t* bytes, std::size_t& size) noexcept {
  size = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool ipv4 = ipv4_last && colon == kNone && group.find('.') != kNone;
    const std::size_t width = ipv4 ? kBytes4 : 2;
    if (size + width > kBytes6) return false;
    if (!(ipv4 ? read_ipv4(group, bytes + size) : read_group(group, bytes + size))) return false;
    size += width;
    if (colon == kNone) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;  // a single colon at the end
  }
  return true;
}

// RFC 4291, section 2.2.
bool read_ipv6(std::string_view text, std::array<std::uint8_t, kBytes6>& bytes) noexcept {
  const std::size_t gap = text.find("::");
  std::size_t head = 0;
  if (gap == kNone) return read_groups(text, true, bytes.data(), head) && head == kBytes6;
  std::array<std::uint8_t, kBytes6> tail_bytes{};
  std::size_t tail = 0;
  if (!read_groups(text.substr(0, gap), false, bytes.data(), head)) return false;
  if (!read_groups(text.substr(gap + 2), true, tail_bytes.data(), tail)) return false;
  if (head + tail > kBytes6 - 2) return false;
  std::copy_n(tail_bytes.begin(), tail, bytes.end() - static_cast<std::ptrdiff_t>(tail));
  return true;
}

bool read_address(std::string_view text, Address& address) noexcept {
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const bool ipv6 = host.find(':') != kNone;
  address.size = ipv6 ? kBytes6 : kBytes4;
  if (!(ipv6 ? read_ipv6(host, address.bytes) : read_ipv4(host, address.bytes.data()))) return false;
  const auto most = static_cast<unsigned>(address.size * 8);
  address.bits = most;
  return slash == kNone || read_small(text.substr(slash + 1), most, address.bits);
}

bool has_host_bits(const Address& address) noexcept {
  for (std::size_t bit = address.bits; bit < address.size * 8; ++bit) {
    if ((address.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
  }
  return false;
}

class NetworkEncoder final : public Encoder {
 public:
  explicit NetworkEncoder(bool is_cidr) : is_cidr_(is_cidr) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    if (value.kind != ValueKind::string) return EncodeStatus::wrong_kind;
    Address address;
    if (!read_address(value.text(), address)) return EncodeStatus::bad_syntax;
    if (is_cidr_ && has_host_bits(address)) return EncodeStatus::bad_syntax;
    put(address, out);
    return EncodeStatus::ok;
  }

 private:
  // network.c, network_send. The families are PostgreSQL's own, whatever AF_INET6 is here.
  void put(const Address& address, ByteBuffer& out) const {
    constexpr char kFamily4 = 2;
    constexpr char kFamily6 = 3;
    OpenField field(out);
    out.put_byte(address.size == kBytes4 ? kFamily4 : kFamily6);
    out.put_byte(static_cast<char>(address.bits));
    out.put_byte(is_cidr_ ? 1 : 0);
    out.put_byte(static_cast<char>(address.size));
    for (std::size_t i = 0; i < address.size; ++i) out.put_byte(static_cast<char>(address.bytes[i]));
    field.close();
  }

  bool is_cidr_;
};

}  // namespace

EncoderHandle make_network_encoder(TypeKind kind) { return std::make_unique<NetworkEncoder>(kind == TypeKind::cidr); }

}  // namespace pgfeed

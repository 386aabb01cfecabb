#include <pgfeed/conninfo.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include <pgfeed/error.hpp>

namespace pgfeed {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
struct FreeMessage {
  void operator()(char* message) const noexcept { PQfreemem(message); }
};

bool is_uri(std::string_view text) { return text.starts_with("postgresql://") || text.starts_with("postgres://"); }

Error secret_error(std::string_view what) {
  return {ErrorKind::usage,
          fmt::format("the connection string holds {}, and everyone on this machine can read the arguments of a program: "
                      "put it into a passfile, a service file or PGPASSWORD",
                      what)};
}

}  // namespace

void require_no_secret(const std::string& conninfo) {
  if (!is_uri(conninfo) && conninfo.find('=') == std::string::npos) return;  // the name of a database, for libpq too
  char* text = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(conninfo.c_str(), &text));
  const std::unique_ptr<char, FreeMessage> message(text);
  if (options == nullptr) {
    // libpq's sentence quotes the place that it stumbled over, which may be the half of a password.
    const bool has_user_info = is_uri(conninfo) && conninfo.find('@') != std::string::npos;
    if (has_user_info || conninfo.find("password") != std::string::npos)
      throw secret_error("what looks like a password, and cannot be parsed");
    return;
  }
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const bool is_secret = std::string_view(option->dispchar).starts_with('*');  // what a dialogue would show as stars
    if (is_secret && option->val != nullptr && *option->val != '\0')
      throw secret_error(option->keyword == std::string_view("password") ? "a password" : option->keyword);
  }
}

}  // namespace pgfeed

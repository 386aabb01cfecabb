#include "postgres/reject_evidence.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "postgres/copy_in.hpp"

namespace pgfeed {
namespace {

constexpr const char* kColumns =
    "load, feed, source, byte_offset, line, table_name, column_name, reason, sqlstate, document, encoding, document_size, "
    "rejected_at";

Error spool_error() { return {ErrorKind::source, fmt::format("cannot write a temporary file: {}", std::strerror(errno))}; }

struct FreeCopyData {
  void operator()(char* data) const noexcept { PQfreemem(data); }
};

}  // namespace

RejectEvidence::RejectEvidence(Connection& connection, std::int64_t load) : spool_(std::tmpfile()) {
  if (spool_ == nullptr) throw spool_error();
  PGconn& handle = connection.handle();
  const std::string query = connection.in_ledger(fmt::format(
      "COPY (SELECT {}, 'stopped' FROM pgfeed.rejects WHERE load = {} AND state IN ('rejected', 'stopped') ORDER "
      "BY reject) TO STDOUT (FORMAT binary)",
      kColumns, load));
  const ResultHandle started(PQexec(&handle, query.c_str()));
  if (PQresultStatus(started.get()) != PGRES_COPY_OUT) throw connection.failure(started.get());
  for (;;) {
    char* received = nullptr;
    const int size = PQgetCopyData(&handle, &received, 0);
    const std::unique_ptr<char, FreeCopyData> data(received);
    if (size <= 0) break;  // what ended it shows in the result
    if (std::fwrite(data.get(), 1, static_cast<std::size_t>(size), spool_.get()) != static_cast<std::size_t>(size))
      throw spool_error();
  }
  const ResultHandle ended(PQgetResult(&handle));
  const bool is_whole = PQresultStatus(ended.get()) == PGRES_COMMAND_OK;
  const Error error = is_whole ? Error(ErrorKind::database, "") : connection.failure(ended.get());
  connection.drain();
  if (!is_whole) throw error;
}

void RejectEvidence::keep(Connection& connection) const {
  std::rewind(spool_.get());
  connection.begin();
  CopyIn copy(connection,
              connection.in_ledger(fmt::format("COPY pgfeed.rejects ({}, state) FROM STDIN (FORMAT binary)", kColumns)));
  std::array<char, std::size_t{1} << 16> bytes{};
  while (const std::size_t size = std::fread(bytes.data(), 1, bytes.size(), spool_.get())) copy.write({bytes.data(), size});
  copy.finish();
  connection.commit();
}

}  // namespace pgfeed

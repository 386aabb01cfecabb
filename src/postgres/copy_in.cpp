#include "postgres/copy_in.hpp"

namespace pgfeed {
namespace {

// PQputCopyData copies into libpq's buffer, which grows to the largest piece it was ever given. Pieces of 8 KiB to
// 1 MiB measured alike (1.5 to 2.0 s for 1.45 million flat rows); 16 MiB was a tenth faster, for 16 MiB a connection.
constexpr std::size_t kPieceBytes = 128 * 1024;

}  // namespace

CopyIn::CopyIn(Connection& connection, const std::string& statement) : connection_(connection) {
  const ResultHandle started(PQexec(&connection_.handle(), statement.c_str()));
  if (PQresultStatus(started.get()) != PGRES_COPY_IN) throw error_from(connection_.handle(), started.get());
  open_ = true;
}

CopyIn::~CopyIn() {
  if (!open_) return;
  PQputCopyEnd(&connection_.handle(), "abandoned by the client");
  drain(connection_.handle());
}

void CopyIn::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPieceBytes);
    if (PQputCopyData(&connection_.handle(), piece.data(), static_cast<int>(piece.size())) != 1) {
      throw error_from(connection_.handle(), nullptr);
    }
    bytes.remove_prefix(piece.size());
  }
}

std::int64_t CopyIn::finish() {
  open_ = false;
  if (PQputCopyEnd(&connection_.handle(), nullptr) != 1) throw error_from(connection_.handle(), nullptr);
  const ResultHandle ended(PQgetResult(&connection_.handle()));
  if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) {
    const Error error = error_from(connection_.handle(), ended.get());
    drain(connection_.handle());
    throw error;
  }
  std::int64_t rows = std::atoll(PQcmdTuples(ended.get()));
  drain(connection_.handle());
  return rows;
}

}  // namespace pgfeed

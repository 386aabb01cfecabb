#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pgfeed {

/// What went wrong, in the terms in which a caller decides: each kind has one exit code (docs/cli.md).
enum class ErrorKind { usage, mapping, source, database, rejects, interrupted };

/// The one exception of the project.
///
/// `what()` is a whole sentence for a person, without a final line break. Everything a program decides on is a
/// field; nothing is ever decided by the text.
struct Error : std::runtime_error {
  Error(ErrorKind kind_, const std::string& sentence) : std::runtime_error(sentence), kind(kind_) {}

  ErrorKind kind;
  std::string sqlstate;       ///< five characters, or empty where no server spoke
  std::string source;         ///< URI of the source, or path of the mapping file; or empty
  std::int64_t byte = -1;     ///< offset in the source, after decompression, from 0; or -1
  std::int64_t line = -1;     ///< line in `source`, from 1; or -1
  std::string table;          ///< as PostgreSQL reports it, or empty
  std::string column;         ///< as PostgreSQL reports it, or empty
  std::string constraint;     ///< as PostgreSQL reports it, or empty
  std::int64_t copy_row = 0;  ///< row within the COPY that the server refused, from 1; 0 where it named none
  bool retryable = false;     ///< the same split may succeed if tried again (`is_retryable`)
};

}  // namespace pgfeed

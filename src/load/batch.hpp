#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "encode/byte_buffer.hpp"
#include "load/natural_keys.hpp"
#include "record/span.hpp"

namespace pgfeed {

/// The document of a row that belongs to none: a natural key of its own. Such a row is always live.
constexpr std::uint32_t kNoDocument = 0xffffffff;

/// One row in a table's buffer, in COPY's binary form.
struct Row {
  std::uint64_t begin = 0;
  std::uint32_t size = 0;
  std::uint32_t document = 0;  ///< index in SplitBatch::documents
};

/// The place of a generated id that is not known yet: the content of a field, behind its length.
struct IdPlace {
  std::uint64_t at = 0;     ///< in the bytes of the table
  std::uint32_t table = 0;  ///< whose id it is, in Plan::tables
  std::uint32_t key = 0;    ///< in SplitBatch::keys of that table
};

/// The rows of one split for one table.
struct TableRows {
  ByteBuffer bytes;
  std::vector<Row> rows;
  std::vector<IdPlace> ids;
  std::size_t filled = std::numeric_limits<std::size_t>::max();  ///< the first row made of others; they are the last ones
  bool has_refused_null = false;                                 ///< some row may have a NULL in a column that takes none

  void clear() noexcept {
    bytes.clear();
    rows.clear();
    ids.clear();
    filled = std::numeric_limits<std::size_t>::max();
    has_refused_null = false;
  }
  /// Takes back the rows made of others: one of those may be rejected by now.
  void drop_filled() noexcept {
    if (filled < rows.size()) {
      bytes.truncate(rows[filled].begin);
      rows.resize(filled);
    }
    filled = std::numeric_limits<std::size_t>::max();
  }
};

enum class DocumentState : std::uint8_t {
  live,     ///< goes in
  skipped,  ///< by a rule of the mapping, or found to be there
  rejected,
  parked,     ///< refers to a row that may still come
  elsewhere,  ///< another load has it: it is none of this one's
};

/// A document of a split: where it stands and what became of it.
struct BatchDocument {
  std::uint64_t offset = 0;       ///< byte of the source
  std::uint32_t begin = 0;        ///< in the split's bytes
  std::uint32_t size = 0;         ///< as much of it as the split holds
  std::int64_t line = -1;         ///< as the record has it
  std::uint64_t source_size = 0;  ///< bytes in the source, where the split holds fewer
  DocumentState state = DocumentState::live;
  bool is_row = false;           ///< as the record has it
  bool others_gave_way = false;  ///< some reject may say that it gave way to this one
};

/// Why a document was rejected.
struct BatchReject {
  std::uint32_t document = 0;
  std::string table;
  std::string column;
  std::string reason;
  std::string sqlstate;
  std::uint32_t gave_way_to = kNoDocument;  ///< a document of the split with the same key
};

/// What one split's bytes became: the unit of memory. Reused from split to split.
struct SplitBatch {
  std::vector<TableRows> tables;  ///< as in Plan::tables
  std::vector<NaturalKeys> keys;  ///< as in Plan::tables; used where the table has a surrogate
  std::vector<BatchDocument> documents;
  std::vector<BatchReject> rejects;
  std::size_t rejections = 0;  ///< how often a document was rejected: never falls

  void clear() {
    for (TableRows& table : tables) table.clear();
    for (NaturalKeys& table : keys) table.clear();
    documents.clear();
    rejects.clear();
  }
  [[nodiscard]] bool is_live(std::uint32_t document) const noexcept {
    return document == kNoDocument || documents[document].state == DocumentState::live;
  }
  void reject(std::uint32_t document, BatchReject reject_) {
    if (documents[document].state == DocumentState::rejected) return;
    documents[document].state = DocumentState::rejected;
    reject_.document = document;
    ++rejections;
    if (documents[document].others_gave_way) bring_back_from(document);
    if (reject_.gave_way_to != kNoDocument) documents[reject_.gave_way_to].others_gave_way = true;
    rejects.push_back(std::move(reject_));
  }
  /// Documents that gave way to one that is rejected now are to be looked at again. They come later in the split.
  void bring_back_from(std::uint32_t document) {
    std::erase_if(rejects, [&](const BatchReject& reject) {
      if (reject.gave_way_to != document) return false;
      documents[reject.document].state = DocumentState::live;
      return true;
    });
  }
};

}  // namespace pgfeed

#pragma once

#include <libpq-fe.h>

#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "unit/encode/encode_one.hpp"

namespace pgfeed {

/// A column of a type in a temporary table of a real server, which PG* in the environment names; filled by binary COPY
/// with the bytes of the encoder under test.
class LiveColumn {
 public:
  /// `type` in SQL; `prepare` is run before the table is made; `element` is the kind of an array's elements.
  LiveColumn(const std::string& type, TypeKind kind, EncodeOptions options = {}, const std::string& prepare = "",
             TypeKind element = TypeKind::text)
      : connection_(PQconnectdb("")), type_name_(type) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
    run("SET TimeZone = 'UTC'");
    run("SET search_path = pg_temp, public");
    if (!prepare.empty()) run(prepare);
    run("CREATE TEMPORARY TABLE live (id integer, x " + type + ")");
    type_ = read_type(kind, element);
    encoder_ = make_encoder(type_, options);
  }

  void run(const std::string& sql) { (void)rows_of(sql); }

  [[nodiscard]] int server_major() const { return PQserverVersion(connection_.get()) / 10000; }

  /// The first column of a query's rows.
  std::vector<std::string> rows_of(const std::string& sql) {
    const Result result(PQexec(connection_.get(), sql.c_str()));
    const ExecStatusType status = PQresultStatus(result.get());
    EXPECT_TRUE(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) << sql << ": " << PQerrorMessage(connection_.get());
    std::vector<std::string> rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) rows.emplace_back(PQgetvalue(result.get(), row, 0));
    return rows;
  }

  /// What the values read as (`x::text`) once they are stored, in order; the status in brackets of the first that the
  /// encoder refuses; the server's message if the server refuses them.
  std::vector<std::string> store(const std::vector<Value>& values) {
    ByteBuffer bytes;
    bytes.put({"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19});
    std::int32_t id = 0;
    for (const Value& value : values) {
      bytes.put_int<std::int16_t>(2);
      bytes.put_int<std::int32_t>(4);
      bytes.put_int(id);
      const EncodeStatus status = encoder_->encode(value, bytes);
      if (status != EncodeStatus::ok) return {bracketed(status)};
      ++id;
    }
    bytes.put_int<std::int16_t>(-1);
    run("TRUNCATE live");
    const std::string error = copy("COPY live FROM STDIN (FORMAT binary)", bytes);
    if (!error.empty()) return {error};
    return rows_of("SELECT x::text FROM live ORDER BY id");
  }

  /// What a value of kind text_form reads as after the server's cast to the column's type.
  std::string cast_of(const Value& value) {
    ByteBuffer field;
    if (const EncodeStatus status = encoder_->encode(value, field); status != EncodeStatus::ok) return bracketed(status);
    return server_makes_of(std::string(field.view().substr(4)));
  }

  /// What PostgreSQL itself makes of a text by a cast to the column's type, or the SQLSTATE with which it refuses it.
  std::string server_makes_of(const std::string& text) { return server_makes_of(std::vector<std::string>{text}).at(0); }

  std::vector<std::string> server_makes_of(const std::vector<std::string>& texts) {
    std::vector<std::string> made;
    for (const std::string& text : texts) {
      const char* parameter = text.c_str();
      const std::string sql = "SELECT $1::text::" + type_name_ + "::text";
      const Result result(PQexecParams(connection_.get(), sql.c_str(), 1, nullptr, &parameter, nullptr, nullptr, 0));
      const bool answered = PQresultStatus(result.get()) == PGRES_TUPLES_OK;
      made.emplace_back(answered ? PQgetvalue(result.get(), 0, 0) : PQresultErrorField(result.get(), PG_DIAG_SQLSTATE));
    }
    return made;
  }

 private:
  struct Close {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Close>;

  static std::string bracketed(EncodeStatus status) {
    std::ostringstream text;
    text << '[' << status << ']';
    return text.str();
  }

  PgType read_type(TypeKind kind, TypeKind element) {
    const Result result(
        PQexec(connection_.get(),
               "SELECT a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod), t.typelem, e.typname "
               "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem "
               "WHERE a.attrelid = 'pg_temp.live'::regclass AND a.attname = 'x'"));
    EXPECT_EQ(PQntuples(result.get()), 1) << PQerrorMessage(connection_.get());
    PgType type = type_of(kind, PQgetvalue(result.get(), 0, 2), std::stoi(PQgetvalue(result.get(), 0, 1)));
    type.oid = static_cast<std::uint32_t>(std::stoul(PQgetvalue(result.get(), 0, 0)));
    if (kind == TypeKind::enumeration) {
      type.labels = rows_of("SELECT enumlabel FROM pg_enum WHERE enumtypid = " + std::to_string(type.oid));
    }
    if (kind == TypeKind::array) {
      PgType inner = type_of(element, PQgetvalue(result.get(), 0, 4));
      inner.oid = static_cast<std::uint32_t>(std::stoul(PQgetvalue(result.get(), 0, 3)));
      type.element = std::make_shared<const PgType>(inner);
    }
    return type;
  }

  std::string copy(const std::string& statement, const ByteBuffer& bytes) {
    const Result started(PQexec(connection_.get(), statement.c_str()));
    EXPECT_EQ(PQresultStatus(started.get()), PGRES_COPY_IN) << PQerrorMessage(connection_.get());
    EXPECT_EQ(PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())), 1);
    EXPECT_EQ(PQputCopyEnd(connection_.get(), nullptr), 1);
    std::string error;
    while (PGresult* next = PQgetResult(connection_.get())) {
      const Result result(next);
      if (PQresultStatus(next) != PGRES_COMMAND_OK) error = PQresultErrorMessage(next);
    }
    return error;
  }

  std::unique_ptr<PGconn, Close> connection_;
  std::string type_name_;
  PgType type_;
  std::unique_ptr<const Encoder> encoder_;
};

using Strings = std::vector<std::string>;

/// What the encoder makes of each text must be what PostgreSQL makes of it.
inline void expect_as_server(LiveColumn& column, const Strings& texts, ValueKind kind = ValueKind::string) {
  std::vector<Value> values;
  for (const std::string& text : texts) values.push_back(make_value(kind, text));
  const Strings stored = column.store(values);
  ASSERT_EQ(stored.size(), texts.size()) << stored.at(0);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(stored[i], column.server_makes_of(texts[i])) << texts[i];
}

/// What one value reads as once it is stored, or the status in brackets.
inline std::string stored(LiveColumn& column, const Value& value) {
  const Strings rows = column.store({value});
  return rows.empty() ? "nothing" : rows[0];
}

}  // namespace pgfeed

#include <array>
#include <string_view>
#include <utility>

#include "postgres/catalog.hpp"
#include "postgres/catalog_types.hpp"

namespace pgfeed {
namespace {

constexpr std::array<std::pair<std::string_view, TypeKind>, 22> kKinds{{
    {"bool", TypeKind::boolean},        {"int2", TypeKind::int2},
    {"int4", TypeKind::int4},           {"int8", TypeKind::int8},
    {"float4", TypeKind::float4},       {"float8", TypeKind::float8},
    {"numeric", TypeKind::numeric},     {"text", TypeKind::text},
    {"varchar", TypeKind::text},        {"bpchar", TypeKind::text},
    {"name", TypeKind::text},           {"bytea", TypeKind::bytea},
    {"date", TypeKind::date},           {"time", TypeKind::time},
    {"timestamp", TypeKind::timestamp}, {"timestamptz", TypeKind::timestamptz},
    {"interval", TypeKind::interval},   {"uuid", TypeKind::uuid},
    {"json", TypeKind::json},           {"jsonb", TypeKind::jsonb},
    {"inet", TypeKind::inet},           {"cidr", TypeKind::cidr},
}};

}  // namespace

TypeKind kind_of_builtin(std::string_view name) noexcept {
  for (const auto& [known, kind] : kKinds) {
    if (known == name) return kind;
  }
  return TypeKind::text_form;
}

/// Domains are followed to the type under them; a domain's own modifier counts where the column has none.
/// Identity of a built-in type is its OID's schema, never its name alone: a user's type may be called `date`.
std::string type_query(const std::string& types) {
  return "WITH RECURSIVE wanted(id, type, modifier) AS (" + types +
         "), base(id, type, modifier) AS (SELECT id, type, modifier FROM wanted UNION ALL "
         "SELECT b.id, t.typbasetype, CASE WHEN b.modifier >= 0 THEN b.modifier ELSE t.typtypmod END "
         "FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd') "
         "SELECT b.id, t.oid, t.typname, t.typtype, b.modifier, format_type(w.type, w.modifier), "
         "quote_ident(n.nspname) || '.' || quote_ident(t.typname), n.nspname = 'pg_catalog', t.typcategory = 'A' AND "
         "t.typelem <> 0, "
         "CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END, "
         "(SELECT array_to_string(array_agg(replace(replace(enumlabel, '\\', '\\\\'), ',', '\\,') ORDER BY enumsortorder), "
         "',') FROM pg_catalog.pg_enum WHERE enumtypid = t.oid), "
         "EXISTS (SELECT 1 FROM pg_catalog.pg_opclass o WHERE o.opcmethod = 403 AND o.opcdefault AND (o.opcintype = t.oid "
         "OR t.typtype IN ('e', 'r', 'm') OR t.typcategory = 'A' OR (o.opcintype = 25 AND t.oid IN (1042, 1043)))), "
         "t.typreceive::text, w.type <> t.oid "
         "FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
         "JOIN wanted w ON w.id = b.id WHERE t.typtype <> 'd' ORDER BY b.id";
}

namespace {

std::vector<std::string> split_labels(std::string_view joined) {
  std::vector<std::string> labels(1);
  for (std::size_t i = 0; i < joined.size(); ++i) {
    if (joined[i] == ',') {
      labels.emplace_back();
    } else {
      if (joined[i] == '\\' && i + 1 < joined.size()) ++i;
      labels.back() += joined[i];
    }
  }
  return labels;
}

}  // namespace

TypeRow type_from_row(Connection& connection, const Result& result, std::size_t row) {
  TypeRow found;
  PgType& type = found.type;
  type.oid = static_cast<std::uint32_t>(result.number(row, 1));
  type.modifier = static_cast<std::int32_t>(result.number(row, 4));
  type.name = result.text(row, 5);
  found.sql_name = result.text(row, 6);
  found.is_sortable = result.is_true(row, 11);
  found.is_domain = result.is_true(row, 13);
  const bool builtin = result.is_true(row, 7);
  const std::string_view name = result.at(row, 2);
  if (result.is_true(row, 8)) {
    const std::string element_oid = result.text(row, 9);
    const Result element = connection.run(type_query("SELECT 1, " + element_oid + "::oid, -1"));
    TypeRow element_row = type_from_row(connection, element, 0);
    found.is_sortable = element_row.is_sortable;
    PgType of = std::move(element_row.type);
    // It may be a domain; before 14 the server does not take an array of its base type in its place.
    of.oid = static_cast<std::uint32_t>(result.number(row, 9));
    of.modifier = type.modifier;
    type.kind = of.kind == TypeKind::text_form || of.kind == TypeKind::array ? TypeKind::text_form : TypeKind::array;
    type.element = std::make_shared<const PgType>(std::move(of));
  } else if (result.at(row, 3) == "e") {
    type.kind = TypeKind::enumeration;
    type.labels = split_labels(result.at(row, 10));
  } else if (builtin) {
    type.kind = kind_of_builtin(name);
    type.is_char = name == "bpchar";
  } else {
    const std::string_view receive = result.at(row, 12);
    type.kind = receive == "citextrecv" || receive.ends_with(".citextrecv") ? TypeKind::text : TypeKind::text_form;
  }
  return found;
}

PgType read_type(Connection& connection, const std::string& type) {
  const std::string query = "SELECT CAST(NULL AS " + type + ")";
  const ResultHandle prepared =
      connection.execute(query, [&] { return PQsendPrepare(&connection.handle(), "", query.c_str(), 0, nullptr) == 1; });
  if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) throw connection.failure(prepared.get());
  const ResultHandle described =
      connection.execute(query, [&] { return PQsendDescribePrepared(&connection.handle(), "") == 1; });
  if (PQresultStatus(described.get()) != PGRES_COMMAND_OK) throw connection.failure(described.get());
  std::string wanted = std::to_string(PQftype(described.get(), 0)) + "::oid, " + std::to_string(PQfmod(described.get(), 0));
  // A result is described by the type under a domain.
  const std::array<Parameter, 1> name{Parameter{type}};
  const Result domain =
      connection.run("SELECT oid FROM pg_catalog.pg_type WHERE oid = to_regtype($1) AND typtype = 'd'", name);
  if (domain.rows() == 1) wanted = domain.text(0, 0) + "::oid, -1";
  return type_from_row(connection, connection.run(type_query("SELECT 1, " + wanted)), 0).type;
}

}  // namespace pgfeed

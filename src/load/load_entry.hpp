#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <string>

#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// What is kept of a load for those who ask later, as JSON objects in valid UTF-8: bytes that are none are replaced.
struct LoadDescription {
  std::string options;  ///< what it was asked to do; never a secret, nor where the database is
  std::string client;   ///< who asked: host, process, user of the operating system, folder, version of pgfeed
};

/// `connections`: as many as the load will use.
LoadDescription describe_load(const LoadOptions& options, int connections);

/// Writes a load down and gives the session its name; returns its number. Earlier loads of the feed that have ended without
/// a word are `abandoned` from then on; not by a dry run, which writes nothing. Throws Error(database).
std::int64_t write_load_down(Connection& connection, const Plan& plan, const LoadOptions& options, int connections);

}  // namespace pgfeed

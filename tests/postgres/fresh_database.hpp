#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "postgres/connection.hpp"

namespace pgfeed {

using Strings = std::vector<std::string>;

/// The rows of a query in the text form of a record: `(1,x,)`, where nothing is NULL and `""` the empty text.
inline Strings rows_of(Connection& connection, const std::string& query) {
  const Result result = connection.run("SELECT q::text FROM (" + query + ") q");
  Strings rows;
  for (std::size_t i = 0; i < result.rows(); ++i) rows.push_back(result.text(i, 0));
  return rows;
}

inline SessionOptions session_of(const std::string& conninfo) {
  SessionOptions session;
  session.conninfo = conninfo;
  session.connect_timeout = {};
  return session;
}

/// A test with a database of its own on the server that PG* in the environment name, and a session in it.
class FreshDatabase : public testing::Test {
 protected:
  FreshDatabase() : server_({}, "test"), name_(next_name()) {
    server_.run("CREATE DATABASE " + name_);
    session_ = std::make_unique<Connection>(session_of(conninfo()), "test");
  }
  ~FreshDatabase() override {
    session_.reset();
    try {
      server_.run("DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }

  [[nodiscard]] std::string conninfo() const { return "dbname=" + name_; }
  [[nodiscard]] const std::string& database() const noexcept { return name_; }
  Connection& session() noexcept { return *session_; }

  void run(const std::string& sql) { session_->run(sql); }
  Strings rows(const std::string& query) { return rows_of(*session_, query); }

  /// The SQLSTATE with which something fails; empty where it does not.
  template <typename Action>
  static std::string sqlstate_of(const Action& action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::database) << error.what();
      return error.sqlstate;
    }
    return "";
  }

 private:
  static std::string next_name() {
    static int number = 0;
    return "test_" + std::to_string(getpid()) + "_" + std::to_string(++number);
  }

  Connection server_;
  std::string name_;
  std::unique_ptr<Connection> session_;
};

}  // namespace pgfeed

# Debian's packages where there are any (scripts/setup.sh installs them).
include(cmake/fetch.cmake)
find_package(Threads REQUIRED)
find_package(PostgreSQL REQUIRED)
pgfeed_library(simdjson simdjson::simdjson
  https://github.com/simdjson/simdjson.git 7382dc2be88e53fbc35cb50369b831855656f0fd)  # v3.12.3
pgfeed_library(yaml-cpp yaml-cpp
  https://github.com/jbeder/yaml-cpp.git 56e3bb550c91fd7005566f19c079cb7a503223cf)  # yaml-cpp-0.9.0
pgfeed_library(fmt fmt::fmt
  https://github.com/fmtlib/fmt.git e69e5f977d458f2650bb346dadf2ad30c5320281)  # 10.2.1
pgfeed_library(nlohmann_json nlohmann_json::nlohmann_json
  https://github.com/nlohmann/json.git 9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03)  # v3.11.3
if(NOT PGFEED_PYTHON)
  find_package(CLI11 REQUIRED)
endif()

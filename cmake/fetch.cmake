include(FetchContent)

# pgfeed_library(NAME TARGET REPOSITORY COMMIT): the library NAME of the system as TARGET. Where a system lacks it, a release's
# sources are fetched and become a static library; the commit's hash is their checksum.
function(pgfeed_library name target repository commit)
  find_package(${name} QUIET)
  if(${name}_FOUND)
    return()
  endif()
  message(STATUS "${name} is not on this system; its sources are fetched")
  set(BUILD_SHARED_LIBS OFF)
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${commit})
  FetchContent_MakeAvailable(${name})

  # Its headers are not ours to warn about. (FetchContent_Declare(… SYSTEM) is of CMake 3.25.)
  get_target_property(aliased ${target} ALIASED_TARGET)
  if(aliased)
    set(target ${aliased})
  endif()
  get_target_property(headers ${target} INTERFACE_INCLUDE_DIRECTORIES)
  set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${headers}")
endfunction()

# The extension module pgfeed._engine. scikit-build-core builds and installs it (pyproject.toml); nothing else is built with it.
find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module)
find_package(nanobind CONFIG REQUIRED)

file(GLOB python_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/python/*.cpp)
nanobind_add_module(_engine NB_STATIC NB_DOMAIN pgfeed ${python_sources})
target_link_libraries(_engine PRIVATE pgfeed_task pgfeed_text)
target_compile_definitions(_engine PRIVATE PGFEED_VERSION="${PROJECT_VERSION}")
target_compile_options(_engine PRIVATE ${PGFEED_WARNINGS})
# It shares its process with whatever else was imported: only PyInit__engine is seen of it.
target_link_options(_engine PRIVATE LINKER:--exclude-libs,ALL LINKER:--as-needed
  LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/engine.map)
install(TARGETS _engine LIBRARY DESTINATION . COMPONENT python)

# What ttt needs, found once for the source tree (CMakeLists.txt) and for an installed copy (ttt-config.cmake).
# Gives the interface target ttt_dependencies.
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.81)
find_dependency(fmt 9)
find_dependency(simdjson)
find_dependency(Threads)
find_dependency(PkgConfig)
pkg_check_modules(ttt_pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(ttt_utf8proc REQUIRED IMPORTED_TARGET libutf8proc)

if(NOT TARGET ttt_dependencies)
  add_library(ttt_dependencies INTERFACE IMPORTED GLOBAL)
  target_link_libraries(ttt_dependencies INTERFACE
    Boost::headers fmt::fmt simdjson::simdjson PkgConfig::ttt_pcre2 PkgConfig::ttt_utf8proc Threads::Threads)
endif()

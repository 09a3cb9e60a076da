# find_package(ttt) gives ttt::ttt (header-only) and ttt::ttt_runtime (linked; its users only see declarations).
include(${CMAKE_CURRENT_LIST_DIR}/ttt-dependencies.cmake)

find_path(ttt_INCLUDE_DIR ttt/model.hpp HINTS ${CMAKE_CURRENT_LIST_DIR}/../../../include
  ${CMAKE_CURRENT_LIST_DIR}/../../../../include NO_DEFAULT_PATH)
find_library(ttt_RUNTIME_LIBRARY ttt_runtime HINTS ${CMAKE_CURRENT_LIST_DIR}/../.. NO_DEFAULT_PATH)
mark_as_advanced(ttt_INCLUDE_DIR ttt_RUNTIME_LIBRARY)

if(NOT ttt_INCLUDE_DIR OR NOT ttt_RUNTIME_LIBRARY)
  set(ttt_FOUND FALSE)
  set(ttt_NOT_FOUND_MESSAGE "headers or library missing beside ${CMAKE_CURRENT_LIST_DIR}")
  return()
endif()

if(NOT TARGET ttt::ttt)
  add_library(ttt::ttt INTERFACE IMPORTED)
  target_include_directories(ttt::ttt INTERFACE ${ttt_INCLUDE_DIR})
  target_compile_features(ttt::ttt INTERFACE cxx_std_20)
  target_link_libraries(ttt::ttt INTERFACE ttt_dependencies)

  add_library(ttt::ttt_runtime STATIC IMPORTED)
  set_target_properties(ttt::ttt_runtime PROPERTIES IMPORTED_LOCATION ${ttt_RUNTIME_LIBRARY})
  target_compile_definitions(ttt::ttt_runtime INTERFACE TTT_SEPARATE_COMPILATION)
  target_link_libraries(ttt::ttt_runtime INTERFACE ttt::ttt)
endif()

cmake_minimum_required(VERSION 3.25)

# What may stand in a public header. Run as: cmake -P tests/house/sdk.cmake   (ctest does)
include(${CMAKE_CURRENT_LIST_DIR}/rule.cmake)

file(READ ${ROOT}/core/CMakeLists.txt listed)
file(GLOB headers ${ROOT}/core/include/chihaya/*)
foreach(header IN LISTS headers)
  cmake_path(GET header FILENAME name)
  file(READ ${header} text)
  if(NOT listed MATCHES "include/chihaya/${name}")
    list(APPEND offences "${name}: not listed in core/CMakeLists.txt, so it is not installed")
  endif()
  if(NOT text MATCHES "/// @file ${name}\n")
    list(APPEND offences "${name}: does not say what it is for (/// @file ${name})")
  endif()
  string(REGEX REPLACE "//[^\n]*" "" text "${text}")  # comments may say what they like
  string(REPLACE ";" "@" text "${text}")              # a semicolon would split CMake's lists

  string(REGEX MATCHALL "virtual [^@]*@" members "${text}")
  foreach(member IN LISTS members)
    if(NOT member MATCHES "noexcept = 0@$")
      list(APPEND offences "${name}: not 'noexcept = 0': ${member}")
    endif()
  endforeach()

  # MSVC lays out overloaded virtuals side by side, so an appended overload would move others.
  string(REGEX MATCHALL "\nclass [^\n]*\n[^}]*}" classes "${text}")
  foreach(class IN LISTS classes)
    string(REGEX MATCHALL "virtual [^(]*\\(" names "${class}")
    list(TRANSFORM names REPLACE ".*[ *&]([a-z_]+)\\($" "\\1")
    set(unique ${names})
    list(REMOVE_DUPLICATES unique)
    if(NOT "${names}" STREQUAL "${unique}")
      list(APPEND offences "${name}: an overloaded virtual among: ${names}")
    endif()
  endforeach()

  string(REGEX MATCHALL
    "std::(string|vector|map|unordered_map|function|unique_ptr|shared_ptr|optional|variant)[^a-z_]"
    owners "${text}")
  if(owners)
    list(APPEND offences "${name}: does not cross the boundary: ${owners}")
  endif()
  string(REGEX MATCHALL "#include [<\"](boost|Poco|core|plugins)/[^\n]*" foreign "${text}")
  if(foreign)
    list(APPEND offences "${name}: the SDK needs the standard library only: ${foreign}")
  endif()
endforeach()
house_report("against the rules of the SDK")

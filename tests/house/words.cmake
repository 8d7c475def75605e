cmake_minimum_required(VERSION 3.25)

# What is shipped is finished: no notes to oneself. Run as: cmake -P tests/house/words.cmake
# (ctest does)
include(${CMAKE_CURRENT_LIST_DIR}/rule.cmake)
file(GLOB_RECURSE files RELATIVE ${ROOT}
  ${ROOT}/core/* ${ROOT}/plugins/* ${ROOT}/packaging/*)
foreach(file IN LISTS files)
  file(STRINGS ${ROOT}/${file} lines
    REGEX "(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)")
  foreach(line IN LISTS lines)
    string(STRIP "${line}" line)
    list(APPEND offences "${file}: ${line}")
  endforeach()
endforeach()
house_report("notes to oneself")

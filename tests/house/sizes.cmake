cmake_minimum_required(VERSION 3.25)

# No file is longer than a reader can hold. Run as: cmake -P tests/house/sizes.cmake   (ctest does)
set(lines_max 500)

include(${CMAKE_CURRENT_LIST_DIR}/rule.cmake)
file(GLOB_RECURSE files RELATIVE ${ROOT}
  ${ROOT}/core/*.[hc]pp ${ROOT}/plugins/*.[hc]pp ${ROOT}/tests/*.[hc]pp)
foreach(file IN LISTS files)
  file(READ ${ROOT}/${file} text)
  string(REGEX REPLACE "[^\n]+" "" newlines "${text}")
  string(LENGTH "${newlines}" lines)
  if(lines GREATER lines_max)
    list(APPEND offences "${file}: ${lines} lines")
  endif()
endforeach()
house_report("files of more than ${lines_max} lines")

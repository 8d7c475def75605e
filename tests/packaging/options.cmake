# Every option of --help stands in the manual and in the completions, and nothing else does.
# In: CHIHAYA, PACKAGING
cmake_minimum_required(VERSION 3.25)

# long_options(<out> <text> <regex>): the names that the group of `regex` finds, sorted.
function(long_options out text regex)
  string(REGEX MATCHALL "${regex}" found "${text}")
  list(TRANSFORM found REPLACE "${regex}" "\\1")
  list(REMOVE_DUPLICATES found)
  list(SORT found)
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

execute_process(COMMAND ${CHIHAYA} --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "usage:[^\n]*" "" help "${help}")
string(REGEX REPLACE "'-config FILE'" "" help "${help}")
long_options(wanted "${help}" "--([a-z][a-z-]*)")
list(LENGTH wanted count)
if(count LESS 10)
  message(FATAL_ERROR "--help has only ${count} options: ${wanted}")
endif()

foreach(place
    "man/chihaya.8|Fl -([a-z][a-z-]*)"
    "completion/chihaya.bash|--([a-z][a-z-]*)"
    "completion/_chihaya|--([a-z][a-z-]*)"
    "completion/chihaya.fish| -l ([a-z][a-z-]*)")
  string(REGEX REPLACE "[|].*" "" file "${place}")
  string(REGEX REPLACE "^[^|]*[|]" "" regex "${place}")
  file(READ ${PACKAGING}/${file} text)
  long_options(found "${text}" "${regex}")
  if(NOT found STREQUAL wanted)
    message(SEND_ERROR "packaging/${file} has the options\n  ${found}\n--help has\n  ${wanted}")
  endif()
endforeach()

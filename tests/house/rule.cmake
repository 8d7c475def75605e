# What every rule begins and ends with. A rule looks at ROOT (default: this repository), collects
# its offences, and ends with house_report("<what they offend>").
if(NOT DEFINED ROOT)
  cmake_path(SET ROOT NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
endif()
set(offences)

function(house_report rule)
  if(offences)
    list(JOIN offences "\n  " text)
    message(FATAL_ERROR "${rule}:\n  ${text}")
  endif()
endfunction()

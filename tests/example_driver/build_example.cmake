# Installs BUILD_DIR below WORK_DIR and builds EXAMPLE_DIR, as a stranger would: from a copy, with
# nothing of REPOSITORY in reach but what has been installed.
cmake_minimum_required(VERSION 3.25)

set(prefix ${WORK_DIR}/prefix)
set(source ${WORK_DIR}/source)
set(build ${WORK_DIR}/build)
set(plugins ${WORK_DIR}/plugins)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${out}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})
foreach(plugin memory noop)
  if(NOT EXISTS ${prefix}/${PLUGIN_SUBDIR}/${plugin}.so)
    message(FATAL_ERROR "${plugin}.so is not installed to ${PLUGIN_SUBDIR}")
  endif()
endforeach()

file(COPY ${EXAMPLE_DIR}/ DESTINATION ${source})
run(${CMAKE_COMMAND} -S ${source} -B ${build} -G ${GENERATOR}
  -DCMAKE_PREFIX_PATH=${prefix}
  -DCMAKE_CXX_COMPILER=${CXX}
  -DCMAKE_CXX_FLAGS=${CXX_FLAGS}
  -DCMAKE_BUILD_TYPE=RelWithDebInfo
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
file(READ ${build}/compile_commands.json commands)
if(commands MATCHES "${REPOSITORY}/(core|plugins|tests)/")
  message(FATAL_ERROR "the example is built against the source tree:\n${commands}")
endif()
run(${CMAKE_COMMAND} --build ${build})
run(${CMAKE_COMMAND} --install ${build} --prefix ${prefix})

# The name on the card counts, so the file goes by another.
file(COPY ${prefix}/${PLUGIN_SUBDIR}/noop.so DESTINATION ${plugins})
file(COPY_FILE ${prefix}/${PLUGIN_SUBDIR}/tiny.so "${plugins}/a stranger's driver.so")

# Included by the installation: writes and installs what names other installed files, with the
# prefix that is installed to. In: state_dir, bin_dir, conf_dir, source_dir, work_dir.

# named(<out> <dir>): dir below the prefix, unless it is absolute.
function(named out dir)
  cmake_path(ABSOLUTE_PATH dir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")
  set(${out} "${dir}" PARENT_SCOPE)
endfunction()

named(bin_dir "${bin_dir}")
named(conf_dir "${conf_dir}")

file(READ "${source_dir}/conf/chihaya.json" text)
if(state_dir)
  string(REPLACE "\"state_dir\": \"\"" "\"state_dir\": \"${state_dir}\"" text "${text}")
endif()
file(WRITE "${work_dir}/chihaya.json" "${text}")
file(INSTALL "${work_dir}/chihaya.json" DESTINATION "${conf_dir}")

foreach(unit service socket)
  configure_file("${source_dir}/packaging/systemd/chihaya.${unit}.in"
    "${work_dir}/chihaya.${unit}" @ONLY)
  file(INSTALL "${work_dir}/chihaya.${unit}"
    DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
endforeach()

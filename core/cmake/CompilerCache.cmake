# A compiler cache where there is one. It sees paths relative to the tree, so that every clone and
# every build folder beside another share what has been compiled once.
find_program(CHIHAYA_CCACHE ccache)
mark_as_advanced(CHIHAYA_CCACHE)
if(CHIHAYA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${CHIHAYA_CCACHE})
endif()

# A compiler cache where there is one: a fresh clone on a machine that has built before links only.
find_program(CHIHAYA_CCACHE ccache)
mark_as_advanced(CHIHAYA_CCACHE)
if(CHIHAYA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CHIHAYA_CCACHE})
  # Paths relative to the tree, so that every clone shares the cache.
  set(ENV{CCACHE_BASEDIR} ${PROJECT_SOURCE_DIR})
endif()

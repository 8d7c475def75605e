# find_package(chihaya) gives chihaya::sdk and chihaya_add_plugin().
include(${CMAKE_CURRENT_LIST_DIR}/chihaya-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/ChihayaPlugin.cmake)

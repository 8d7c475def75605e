# The Debian packages: packaging/build_packages.sh makes them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME chihaya)
set(CPACK_PACKAGE_VENDOR Chihaya)
# An address that is nobody's: who gives packages to others puts his own here.
set(CHIHAYA_PACKAGE_CONTACT "The Chihaya authors <authors@chihaya.invalid>" CACHE STRING
  "Name and address of the packages' maintainer")
set(CPACK_PACKAGE_CONTACT "${CHIHAYA_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server redis gazelle dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CHIHAYA_PACKAGE_RELEASE 1 CACHE STRING "What follows the version in the version of a package")
set(CPACK_DEBIAN_PACKAGE_RELEASE ${CHIHAYA_PACKAGE_RELEASE})
set(version ${PROJECT_VERSION}-${CHIHAYA_PACKAGE_RELEASE})

# chihaya_package(<component> <package> SECTION <s> SUMMARY <line> TEXT <text> [DEPENDS <text>])
macro(chihaya_package component package)
  cmake_parse_arguments(arg "" "SECTION;SUMMARY;TEXT;DEPENDS" "" ${ARGN})
  string(TOUPPER ${component} key)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${arg_SECTION})
  set(CPACK_DEBIAN_${key}_PACKAGE_PRIORITY optional)
  set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${arg_DEPENDS}")
  set(CPACK_COMPONENT_${key}_DESCRIPTION "${arg_SUMMARY}\n${arg_TEXT}")

  # What Debian's policy wants of every package: its licence, and its history.
  set(package ${package})
  configure_file(deb/changelog.in ${CMAKE_CURRENT_BINARY_DIR}/${package}.changelog @ONLY)
  chihaya_install_compressed(${CMAKE_CURRENT_BINARY_DIR}/${package}.changelog
    ${doc_dir}/${package}/changelog.Debian.gz COMPONENT ${component})
  install(FILES deb/lintian-overrides.${component} RENAME ${package} COMPONENT ${component}
    DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides)
  install(FILES deb/copyright DESTINATION ${doc_dir}/${package} COMPONENT ${component})
endmacro()

chihaya_package(server chihaya SECTION net DEPENDS adduser
  SUMMARY "BitTorrent tracker with pluggable storage"
  TEXT "A BitTorrent tracker over HTTP and UDP, for IPv4 and IPv6, public or
private. Swarms are kept in memory. Other packages keep them in Redis or
connect the tracker to a private site. It is reloaded and upgraded without a
lost request, and has metrics and a page to look at.")
chihaya_package(redis chihaya-redis SECTION net DEPENDS "chihaya (= ${version})"
  SUMMARY "Chihaya BitTorrent tracker, swarms in Redis"
  TEXT "The tracker driver redis for chihaya: trackers on several machines share
their swarms in a Redis, a Redis Cluster or a master that Sentinels watch.")
chihaya_package(gazelle chihaya-gazelle SECTION net DEPENDS "chihaya (= ${version})"
  SUMMARY "Chihaya BitTorrent tracker, link to a Gazelle site"
  TEXT "The backend driver gazelle for chihaya: the tracker of a private site that
runs Gazelle, by its MySQL or MariaDB database, in the place of Ocelot.")
chihaya_package(dev chihaya-dev SECTION libdevel
  SUMMARY "Chihaya BitTorrent tracker, headers for drivers"
  TEXT "What a driver for chihaya is written against: C++ headers, a CMake package, and
the source of a small driver as an example.")
set(CPACK_DEBIAN_DEV_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "chihaya-redis, chihaya-gazelle, prometheus, grafana")
set(CPACK_DEBIAN_REDIS_PACKAGE_SUGGESTS redis-server)
set(CPACK_DEBIAN_GAZELLE_PACKAGE_SUGGESTS default-mysql-server)
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, g++")
foreach(script postinst prerm postrm triggers conffiles)
  list(APPEND CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/deb/${script})
endforeach()
install(FILES deb/README.Debian DESTINATION ${doc_dir}/chihaya)
chihaya_install_compressed(CHANGELOG.md ${doc_dir}/chihaya/changelog.gz)

include(CPack)

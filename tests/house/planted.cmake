cmake_minimum_required(VERSION 3.25)

# Tests the rules themselves: each must pass a clean tree and find what is planted in it.
# Run as: cmake -DWORK_DIR=<empty folder> -P tests/house/planted.cmake   (ctest does)
set(root ${WORK_DIR}/tree)
set(header_start "#pragma once\n\n/// @file good.hpp\n")
set(failures)

function(grow)
  file(REMOVE_RECURSE ${root})
  file(WRITE ${root}/core/CMakeLists.txt "include/chihaya/good.hpp\n")
  file(WRITE ${root}/core/include/chihaya/good.hpp "${header_start}"
    "class Good {\npublic:\n    virtual void one() noexcept = 0;\n};\n")
  file(WRITE ${root}/core/logic/tracker.cpp
    "#include \"core/logic/tracker.hpp\"\n#include \"core/metrics/counters.hpp\"\n")
  file(WRITE ${root}/core/net/loop.cpp "#include <boost/asio/io_context.hpp>\n")
  file(WRITE ${root}/plugins/one/entry.cpp
    "#include \"chihaya/plugin.hpp\"\n#include \"plugins/one/one.hpp\"\n")
  file(WRITE ${root}/packaging/run.sh "mktemp -d /tmp/XXXXXX\n")
endfunction()

function(judge rule)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${root} -P ${CMAKE_CURRENT_LIST_DIR}/${rule}.cmake
    RESULT_VARIABLE code ERROR_VARIABLE words)
  set(code ${code} PARENT_SCOPE)
  set(words "${words}" PARENT_SCOPE)
endfunction()

# plant(<rule> <file> <text> <what the rule must say of it>)
function(plant rule file text expected)
  grow()
  file(APPEND ${root}/${file} "${text}")
  judge(${rule})
  string(REGEX REPLACE "[ \n]+" " " words "${words}")
  string(FIND "${words}" "${expected}" found)
  if(code EQUAL 0 OR found EQUAL -1)
    list(APPEND failures "${rule} does not find '${expected}' in ${file}")
    set(failures "${failures}" PARENT_SCOPE)
  endif()
endfunction()

grow()
foreach(rule layers sdk sizes words)
  judge(${rule})
  if(NOT code EQUAL 0)
    list(APPEND failures "${rule} refuses a clean tree: ${words}")
  endif()
endforeach()

plant(layers core/base/text.cpp "#include \"core/wire/query.hpp\"\n" "core/wire/query.hpp")
plant(layers core/logic/tracker.cpp "#include \"core/plugin/loader.hpp\"\n" "core/plugin/loader.hpp")
plant(layers core/app/main.cpp "#include \"plugins/one/one.hpp\"\n" "plugins/one/one.hpp")
plant(layers core/app/main.cpp "#include \"tests/support/fake_host.hpp\"\n" "tests/support")
plant(layers plugins/one/entry.cpp "#include \"core/base/text.hpp\"\n" "core/base/text.hpp")
plant(layers plugins/one/entry.cpp "#include \"plugins/two/two.hpp\"\n" "plugins/two/two.hpp")
plant(layers core/wire/query.cpp "#include <Poco/URI.h>\n" "Poco/URI.h")
plant(layers core/logic/tracker.cpp "#include <boost/asio/post.hpp>\n" "boost/asio/post.hpp")
plant(layers core/app/main.cpp "#include <boost/dll/import.hpp>\n" "boost/dll/import.hpp")
plant(layers core/app/main.cpp "#include <hiredis/hiredis.h>\n" "hiredis/hiredis.h")
plant(layers core/config/reader.cpp "#include <mysql.h>\n" "mysql.h")

set(sdk_header core/include/chihaya/good.hpp)
plant(sdk ${sdk_header} "class Bad {\npublic:\n    virtual void a() = 0;\n};\n" "not 'noexcept = 0'")
plant(sdk ${sdk_header} "class Bad {\npublic:\n    virtual void a() noexcept {}\n};\n"
  "not 'noexcept = 0'")
plant(sdk ${sdk_header}
  "class Bad {\npublic:\n    virtual void a(int) noexcept = 0;\n    virtual void a() noexcept = 0;\n};\n"
  "an overloaded virtual")
plant(sdk ${sdk_header} "struct Bad { std::string text; };\n" "does not cross the boundary")
plant(sdk ${sdk_header} "#include <boost/version.hpp>\n" "the standard library only")
plant(sdk core/include/chihaya/new.hpp "/// @file new.hpp\n" "not listed in core/CMakeLists.txt")
plant(sdk core/include/chihaya/new.hpp "#pragma once\n" "does not say what it is for")

string(REPEAT "\n" 501 many_lines)
plant(sizes core/base/text.cpp "${many_lines}" "core/base/text.cpp: 501 lines")
plant(sizes plugins/one/entry.cpp "${many_lines}" "plugins/one/entry.cpp: 503 lines")

plant(words core/base/text.cpp "// TODO(later): think\n" "core/base/text.cpp: // TODO(later): think")
plant(words plugins/one/entry.cpp "int x = 0;  // FIXME\n" "FIXME")
plant(words packaging/run.sh "# XXX: why?\n" "XXX: why?")

if(failures)
  list(JOIN failures "\n  " text)
  message(FATAL_ERROR "rules that do not hold what they promise:\n  ${text}")
endif()

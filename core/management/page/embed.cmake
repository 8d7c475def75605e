cmake_minimum_required(VERSION 3.25)

# Joins index.html, the style and the scripts into the one page that is served, and writes it as C++.
# Run as: cmake -DFROM=<this folder> -DTO=<file.cpp> "-DSCRIPTS=a.js b.js" -P embed.cmake
#
# The page's policy names what it contains by digest, so a browser runs these scripts and no others.

# Sets `out` to the base64 of hexadecimal digits: of 32 bytes, as SHA-256 has.
function(base64 out hex)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(text)
  foreach(start RANGE 0 60 6)  # three bytes are four letters; the last group lacks a byte
    string(SUBSTRING "${hex}00" ${start} 6 group)
    math(EXPR bits "0x${group}")
    foreach(shift 18 12 6 0)
      math(EXPR index "(${bits} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${index} 1 letter)
      string(APPEND text "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${text}" 0 43 text)
  set(${out} "${text}=" PARENT_SCOPE)
endfunction()

function(digest out text)
  string(SHA256 hex "${text}")
  base64(coded ${hex})
  set(${out} "'sha256-${coded}'" PARENT_SCOPE)
endfunction()

file(READ ${FROM}/index.html page)
file(READ ${FROM}/page.css style)
set(script "\n")
separate_arguments(files UNIX_COMMAND "${SCRIPTS}")
foreach(file IN LISTS files)
  file(READ ${FROM}/${file} text)
  string(APPEND script "${text}")
endforeach()
set(style "\n${style}")
if(style MATCHES "</style" OR script MATCHES "</script")
  message(FATAL_ERROR "the page: a style or script that ends its own element")
endif()

digest(style_digest "${style}")
digest(script_digest "${script}")
string(REPLACE "@style@" "${style}" page "${page}")
string(REPLACE "@script@" "${script}" page "${page}")
string(CONCAT policy "default-src 'none'; style-src ${style_digest}; script-src ${script_digest}; "
  "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")

string(HEX "${page}" bytes)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${TO} "#include \"core/management/page.hpp\"

namespace chihaya::management {

const unsigned char page_bytes[] = {
${bytes}};
const std::size_t page_size = ${size};
const char* const page_policy =
    \"${policy}\";

}  // namespace chihaya::management
")

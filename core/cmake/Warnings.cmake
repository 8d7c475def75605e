# The warning set, per compiler. Errors, unless a packager says CHIHAYA_WERROR=OFF.
if(MSVC)
  add_compile_options(/W4 /permissive- $<$<BOOL:${CHIHAYA_WERROR}>:/WX>)
else()
  add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
    $<$<BOOL:${CHIHAYA_WERROR}>:-Werror>)
endif()

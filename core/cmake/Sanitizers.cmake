# CHIHAYA_SANITIZE=address,undefined or =thread: instruments everything, stops at the first finding.
if(CHIHAYA_SANITIZE)
  add_compile_options(-fsanitize=${CHIHAYA_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CHIHAYA_SANITIZE})
  # GCC 12 reports maybe-uninitialized values inside libstdc++ when instrumenting.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  if(CHIHAYA_SANITIZE MATCHES thread)
    # TSan does not understand fences; Asio's only stand beside locks, which it does understand.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()

# CHIHAYA_BUILD_FUZZERS: what is fuzzed reports which of its branches an input has reached.
if(CHIHAYA_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

/// @file count_alloc.cpp
/// Preloaded into a server (LD_PRELOAD), counts its calls for memory in the first eight bytes of
/// the file named by CHIHAYA_COUNT_ALLOC, where anybody may read the number at any time.
/// operator new comes here too, through malloc. Needs glibc.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): glibc's names
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {

using Counter = std::atomic<std::uint64_t>;

Counter before_start;
std::atomic<Counter*> counter = &before_start;

void count() noexcept {
    counter.load(std::memory_order_relaxed)->fetch_add(1, std::memory_order_relaxed);
}

[[gnu::constructor]] void share_counter() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before main there is one thread
    const char* path = std::getenv("CHIHAYA_COUNT_ALLOC");
    if (path == nullptr)
        return;
    const int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    void* page = MAP_FAILED;
    if (::ftruncate(fd, sizeof(Counter)) == 0)
        page = ::mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (page != MAP_FAILED)
        counter = static_cast<Counter*>(page);
}

}  // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc names them __…
extern "C" {

void* malloc(std::size_t size) {
    count();
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
    count();
    return __libc_calloc(number, size);
}

void* realloc(void* block, std::size_t size) {
    count();
    return __libc_realloc(block, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
    count();
    *block = __libc_memalign(alignment, size);
    return *block == nullptr ? ENOMEM : 0;
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

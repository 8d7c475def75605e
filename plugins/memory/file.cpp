#include "plugins/memory/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace chihaya::memory {
namespace {

constexpr mode_t owner_only = 0600;

Trouble last_trouble() {
    return std::generic_category().message(errno);
}

Trouble trouble_if(bool failed) {
    return failed ? last_trouble() : Trouble();
}

int open_file(const std::filesystem::path& path, int flags) {
    return ::open(path.c_str(), flags | O_CLOEXEC, owner_only);
}

}  // namespace

File::~File() {
    close();
}

File& File::operator=(File&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

void File::close() noexcept {
    if (descriptor_ >= 0) {
        ::close(std::exchange(descriptor_, -1));
    }
}

Trouble File::create(const std::filesystem::path& path) {
    close();
    descriptor_ = open_file(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW);
    return trouble_if(descriptor_ < 0 || ::fchmod(descriptor_, owner_only) != 0);
}

Trouble File::open(const std::filesystem::path& path) {
    close();
    descriptor_ =
        open_file(path, O_RDONLY | O_NONBLOCK);  // a pipe is none, and keeps nobody waiting
    return trouble_if(descriptor_ < 0);
}

bool File::lock(const std::filesystem::path& path, Trouble& trouble) {
    close();
    trouble.clear();
    descriptor_ = open_file(path, O_RDWR | O_CREAT);
    if (descriptor_ < 0) {
        trouble = last_trouble();
        return false;
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        trouble = errno == EWOULDBLOCK ? Trouble() : last_trouble();
        close();
        return false;
    }
    return true;
}

Trouble File::write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return last_trouble();
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written < 0 ? 0 : written));
    }
    return {};
}

std::size_t File::read(std::span<std::uint8_t> bytes, std::uint64_t offset) const {
    Trouble ignored;
    return read(bytes, offset, ignored);
}

std::size_t File::read(std::span<std::uint8_t> bytes, std::uint64_t offset,
                       Trouble& trouble) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto at = static_cast<off_t>(offset + done);
        const ssize_t count = ::pread(descriptor_, bytes.data() + done, bytes.size() - done, at);
        if (count < 0 && errno != EINTR) {
            trouble = last_trouble();
            break;
        }
        if (count == 0) {
            break;
        }
        done += static_cast<std::size_t>(count < 0 ? 0 : count);
    }
    return done;
}

Trouble File::sync() {
    return trouble_if(::fdatasync(descriptor_) != 0);
}

Trouble File::cut(std::uint64_t size) {
    const auto end = static_cast<off_t>(size);
    return trouble_if(::ftruncate(descriptor_, end) != 0 ||
                      ::lseek(descriptor_, end, SEEK_SET) != end);
}

std::uint64_t File::size() const {
    struct stat about {};
    return ::fstat(descriptor_, &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

Trouble sync_folder(const std::filesystem::path& folder) {
    const int descriptor = open_file(folder, O_RDONLY | O_DIRECTORY);
    if (descriptor < 0) {
        return last_trouble();
    }
    const Trouble trouble = trouble_if(::fsync(descriptor) != 0);
    ::close(descriptor);
    return trouble;
}

Trouble remove_file(const std::filesystem::path& path) {
    return trouble_if(::unlink(path.c_str()) != 0 && errno != ENOENT);
}

Trouble cut_file(const std::filesystem::path& path, std::uint64_t size) {
    return trouble_if(::truncate(path.c_str(), static_cast<off_t>(size)) != 0);
}

Trouble rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
    return trouble_if(::rename(from.c_str(), to.c_str()) != 0);
}

std::filesystem::path beside(const std::filesystem::path& path, const std::string& suffix) {
    std::filesystem::path other = path;
    other += suffix;
    return other;
}

}  // namespace chihaya::memory

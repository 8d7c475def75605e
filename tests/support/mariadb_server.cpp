#include "tests/support/mariadb_server.hpp"

#include "tests/support/sql.hpp"

#include <errmsg.h>
#include <mysql.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace chihaya::test {
namespace {

namespace fs = std::filesystem;

// A folder that was made with another size would be made over at the start.
constexpr const char* log_size = "--innodb-log-file-size=8M";

void add_user(std::vector<std::string>& words) {
    if (::geteuid() == 0) {
        words.emplace_back("--user=root");  // it refuses to be root unless told so
    }
}

void run(std::vector<std::string> words, const fs::path& folder) {
    const std::string name = words.front();
    ChildProcess child;
    if (child.run(std::move(words), folder) != 0) {
        throw std::runtime_error(name + " failed; its log:\n" + child.log());
    }
}

void copy_folder(const fs::path& from, const fs::path& to, const fs::path& log_folder) {
    run({find_program("cp"), "-a", "--reflink=auto", from.string(), to.string()}, log_folder);
}

std::string version_of(const std::string& program) {
    const TempDir folder;
    ChildProcess child;
    child.run({program, "--version"}, folder.path());
    const std::string text = child.log();
    const std::size_t begin = text.find("Ver ") + 4;
    return text.substr(begin, text.find(' ', begin) - begin);
}

/// The folder of a server that has never run: made once for each version and user, copied for each
/// server. Whoever comes first gives it its name; what others make meanwhile is thrown away.
fs::path new_data() {
    static const fs::path made = [] {
        fs::path name =
            fs::temp_directory_path() / ("chihaya-mariadb-" + std::to_string(::geteuid()) + '-' +
                                         version_of(find_program("mariadbd")));
        if (fs::exists(name)) {
            return name;
        }
        const TempDir folder;
        std::vector<std::string> words{find_program("mariadb-install-db"),
                                       "--no-defaults",
                                       "--auth-root-authentication-method=normal",
                                       "--skip-test-db",
                                       "--skip-name-resolve",
                                       log_size,
                                       "--datadir=" + (folder / "data").string()};
        add_user(words);
        run(std::move(words), folder.path());
        std::error_code error;
        fs::rename(folder / "data", name, error);
        if (error && !fs::exists(name)) {
            throw std::system_error(error, name.string());
        }
        return name;
    }();
    return made;
}

}  // namespace

bool lacks_mariadb() {
    return lacks_program("mariadbd");
}

MariadbServer::MariadbServer(MariadbOptions options) : options_(std::move(options)) {
    copy_folder(new_data(), dir_ / "data", dir_.path());
    start();
}

std::vector<std::string> MariadbServer::words() const {
    std::vector<std::string> all{find_program("mariadbd"),
                                 "--no-defaults",
                                 "--datadir=" + (dir_ / "data").string(),
                                 "--socket=" + unix_socket().string(),
                                 "--pid-file=" + (dir_ / "pid").string(),
                                 "--tmpdir=" + dir_.path().string(),
                                 "--port=" + std::to_string(port()),
                                 "--bind-address=127.0.0.1",
                                 "--skip-name-resolve",
                                 "--max-allowed-packet=1M",
                                 "--innodb-lock-wait-timeout=2",
                                 log_size,
                                 "--innodb-buffer-pool-size=16M",
                                 "--innodb-log-buffer-size=2M",
                                 "--innodb-flush-method=nosync",
                                 "--sync-frm=OFF",
                                 "--innodb-flush-log-at-trx-commit=2",  // survives a kill, and fast
                                 "--innodb-buffer-pool-load-at-startup=OFF",
                                 "--innodb-buffer-pool-dump-at-shutdown=OFF",
                                 "--key-buffer-size=1M",
                                 "--aria-pagecache-buffer-size=1M",
                                 "--performance-schema=OFF"};
    add_user(all);
    all.insert(all.end(), options_.arguments.begin(), options_.arguments.end());
    return all;
}

void MariadbServer::start() {
    child_.start(words(), dir_.path(), [&] {
        try {
            return Sql(*this).value("SELECT 1") == "1";
        } catch (const SqlError& error) {
            if (error.number() < CR_MIN_ERROR) {
                throw;
            }
            return false;  // not listening yet
        }
    });
}

}  // namespace chihaya::test

#include "tests/redis/certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace chihaya::redis::test {
namespace {

constexpr const char* new_key = " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

}  // namespace

Authority::Authority() {
    openssl(std::string("req -x509") + new_key +
            " -keyout ca.key -out ca.crt -days 2 -subj /CN=authority");
}

void Authority::sign(const std::string& name, const std::string& names) const {
    std::ofstream(dir_ / (name + ".ext")) << "subjectAltName=" << names << '\n';
    openssl(std::string("req") + new_key + " -keyout " + name + ".key -out " + name +
            ".csr -subj /CN=" + name);
    openssl("x509 -req -in " + name +
            ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out " + name +
            ".crt -extfile " + name + ".ext");
}

void Authority::openssl(const std::string& arguments) const {
    const std::string command =
        "cd '" + dir_.path().string() + "' && openssl " + arguments + " > openssl.log 2>&1";
    if (std::system(command.c_str()) != 0) {  // NOLINT(cert-env33-c): a test's own words
        throw std::runtime_error("failed: " + command);
    }
}

}  // namespace chihaya::redis::test

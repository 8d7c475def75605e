#pragma once

/// @file certificates.hpp
/// Certificates of a test's own.

#include "tests/support/temp_dir.hpp"

#include <string>

namespace chihaya::redis::test {

/// A certificate authority, and files signed by it.
class Authority {
public:
    /// Errors: std::runtime_error when openssl does not do it
    Authority();

    /// Makes NAME.crt and NAME.key. `names` is as openssl has it: "DNS:localhost,IP:127.0.0.1"
    void sign(const std::string& name, const std::string& names) const;

    [[nodiscard]] std::string ca() const { return file("ca.crt"); }
    [[nodiscard]] std::string file(const std::string& name) const { return (dir_ / name).string(); }

private:
    void openssl(const std::string& arguments) const;

    chihaya::test::TempDir dir_;
};

}  // namespace chihaya::redis::test

#include "tests/gazelle_program/site_rows.hpp"

#include <ostream>

namespace chihaya::test {

std::ostream& operator<<(std::ostream& out, const Credit& credit) {
    return out << '+' << credit.uploaded << "/+" << credit.downloaded;
}

std::ostream& operator<<(std::ostream& out, const Crowd& crowd) {
    return out << crowd.seeders << " seeders, " << crowd.leechers << " leechers";
}

}  // namespace chihaya::test

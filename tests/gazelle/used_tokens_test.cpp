#include "plugins/gazelle/site/used_tokens.hpp"

#include "tests/gazelle/noted_metrics.hpp"
#include "tests/gazelle/site_server.hpp"
#include "tests/gazelle/site_tracker.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/gazelle_site.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>

TEST_SUITE_BEGIN("used tokens on their way to a site");

namespace chihaya::gazelle::test {
namespace {

using namespace std::chrono_literals;

constexpr TokenPace hurried{.collect = 20ms, .pause_least = 10ms, .pause_most = 40ms};

using chihaya::test::wait_until;

Parameters parameters_of(const std::string& url) {
    Parameters parameters;
    parameters.site_password = "0123456789abcdef0123456789abc+&#";
    parameters.site.url = url;
    return parameters;
}

UsedToken used(std::uint64_t user, std::uint64_t torrent) {
    return {.user = UserId{user},
            .torrent = TorrentId{torrent},
            .info_hash = hash_of(static_cast<std::uint8_t>(torrent))};
}

struct Office {
    explicit Office(const Parameters& of, TokenPace pace = hurried)
        : parameters(of), tokens(host, tracker, token_end(parameters), pace) {}

    void put_token(std::uint64_t user, std::uint64_t torrent) {
        const TokenRecord token = token_of(user, static_cast<std::uint8_t>(torrent));
        CHECK(tracker.put_tokens(std::span(&token, 1)).ok());
    }
    void wait_until_idle() const {
        wait_until("nothing waits", [&] { return tokens.waiting() == 0; });
    }
    [[nodiscard]] std::uint64_t metric(const char* name) const {
        NotedMetrics metrics;
        tokens.report(metrics);
        return metrics.values.at(name);
    }

    const Parameters parameters;
    chihaya::test::FakeClock clock;
    chihaya::test::FakeHost host{clock};
    SiteTracker tracker;
    UsedTokens tokens;
};

std::multiset<std::string> pairs_in(const std::vector<std::string>& calls) {
    std::multiset<std::string> pairs;
    for (const std::string& call : calls) {
        std::istringstream text(call);
        for (std::string pair; std::getline(text, pair, ',');) {
            pairs.insert(pair);
        }
    }
    return pairs;
}

const std::string refusal_page = "<html>403</html>";

}  // namespace

TEST_CASE("#24 a used token is withdrawn at once, and the site is told in its own words") {
    SiteServer site;
    Office office(parameters_of(site.url()));
    office.put_token(15, 100);
    office.put_token(16, 100);
    office.tokens.start();
    office.tokens.take(used(15, 100));
    office.tokens.take(used(15, 100));
    office.wait_until_idle();
    CHECK(!office.tracker.has_token(15, 100));
    CHECK(office.tracker.has_token(16, 100));
    office.tokens.stop();

    const auto requests = site.requests();
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].target ==
          "/gazelle/tools.php?key=0123456789abcdef0123456789abc%2B%26%23&type=expiretoken"
          "&action=ocelot&tokens=15:100");
    CHECK(requests[0].version == "HTTP/1.0");
    CHECK(requests[0].host == "127.0.0.1:" + std::to_string(site.port()));
    CHECK(requests[0].connection == "Close");
    CHECK(requests[0].accept == "*/*");
    CHECK(office.metric("tokens_ended") == 1);
    CHECK(office.host.lines().empty());
}

TEST_CASE("#25 after 500 and 500 the same pairs are sent again, until 200") {
    SiteServer site;
    site.will_answer({{500, "error"}, {500}, {200, " \r\n\t"}});
    Office office(parameters_of(site.url()));
    office.tokens.take(used(1, 2));
    office.tokens.take(used(3, 4));
    office.tokens.start();
    office.wait_until_idle();
    office.tokens.stop();
    CHECK(site.tokens() == std::vector<std::string>(3, "1:2,3:4"));
    CHECK(office.metric("token_calls_failed") == 2);
    CHECK(office.metric("tokens_ended") == 2);
    CHECK(office.host.lines_of(Severity::warning) == 1);
    CHECK(office.host.lines().front() ==
          "used tokens are not ended: the site answered 500; accepted is status 200 with an empty "
          "body; it is tried again, the tokens are of no use meanwhile");
    CHECK(office.host.lines().back() == "the site ends used tokens again");
}

TEST_CASE("#25 a page with status 200 is a refusal: one alarm, and the pairs are kept") {
    SiteServer site;
    site.will_answer({{200, refusal_page}, {200, refusal_page}, {200, refusal_page}});
    Office office(parameters_of(site.url()));
    office.tokens.start();
    office.tokens.take(used(1, 2));
    office.wait_until_idle();
    office.tokens.stop();
    CHECK(site.tokens() == std::vector<std::string>(4, "1:2"));
    REQUIRE(office.host.lines_of(Severity::error) == 1);
    const std::string alarm = office.host.lines().front();
    CHECK(alarm.starts_with("the site refuses token expiry: the site answered 200 with a page"));
    CHECK(alarm.find("TRACKER_HOST") != std::string::npos);
    CHECK(alarm.find("0123456789") == std::string::npos);
}

TEST_CASE("#25 a site that was away hears of it without new tokens") {
    const chihaya::test::FreePort port;
    Office office(parameters_of("http://127.0.0.1:" + std::to_string(port.number()) + "/x"));
    office.tokens.start();
    office.tokens.take(used(1, 2));
    wait_until("a call has failed", [&] { return office.metric("token_calls_failed") > 2; });
    CHECK(office.tokens.waiting() == 1);
    CHECK(office.host.lines_of(Severity::warning) == 1);
    SiteServer site(port.number());
    office.wait_until_idle();
    office.tokens.stop();
    CHECK(site.tokens() == std::vector<std::string>{"1:2"});
}

TEST_CASE("#26 sixty tokens make several calls, every pair once, each below two KiB") {
    SiteServer site;
    Office office(parameters_of(site.url()));
    std::multiset<std::string> wanted;
    for (std::uint64_t i = 0; i < 60; ++i) {
        constexpr std::uint64_t large = 18'000'000'000'000'000'000U;
        office.tokens.take(used(large + i, large + i));
        wanted.insert(std::to_string(large + i) + ':' + std::to_string(large + i));
    }
    office.tokens.start();
    office.wait_until_idle();
    office.tokens.stop();
    CHECK(pairs_in(site.tokens()) == wanted);
    CHECK(site.requests().size() == 2);
    for (const auto& request : site.requests()) {
        CHECK(request.target.size() < 2048);
    }
}

TEST_CASE("of too many that wait the oldest is dropped and counted") {
    SiteServer site;
    TokenPace pace = hurried;
    pace.waiting_max = 2;
    Office office(parameters_of(site.url()), pace);
    office.tokens.take(used(1, 1));
    office.tokens.take(used(2, 2));
    office.tokens.take(used(3, 3));
    CHECK(office.metric("tokens_dropped") == 1);
    office.tokens.start();
    office.wait_until_idle();
    office.tokens.stop();
    CHECK(site.tokens() == std::vector<std::string>{"2:2,3:3"});
}

TEST_CASE("a token that the registry does not give up is asked for again before the site is told") {
    SiteServer site;
    Office office(parameters_of(site.url()));
    office.put_token(1, 2);
    office.tracker.answer = {StatusCode::unavailable, "away"};
    office.tokens.take(used(1, 2));
    office.tokens.start();
    office.tokens.stop();
    CHECK(office.tracker.has_token(1, 2));
    CHECK(site.requests().empty());
    CHECK(office.tokens.waiting() == 1);
}

TEST_CASE("stop ends a call that gets no answer") {
    SiteServer site;
    site.fall_silent();
    Office office(parameters_of(site.url()));
    office.tokens.start();
    office.tokens.take(used(1, 2));
    wait_until("the site is asked", [&] { return !site.requests().empty(); });
    const auto before = std::chrono::steady_clock::now();
    office.tokens.stop();
    CHECK(std::chrono::steady_clock::now() - before < limits::token_call_timeout / 2);
    CHECK(office.tokens.waiting() == 1);
    CHECK(office.host.lines().empty());
}

TEST_CASE("without expiry, or when nothing may be written, a token stays good") {
    SiteServer site;
    Parameters parameters = parameters_of(site.url());
    SUBCASE("off") {
        parameters.token_expiry = TokenExpiry::off;
    }
    SUBCASE("no site") {
        parameters.site.url.clear();
    }
    SUBCASE("read only") {
        parameters.is_read_only = true;
    }
    Office office(parameters);
    office.put_token(1, 2);
    office.tokens.start();
    office.tokens.take(used(1, 2));
    CHECK(office.tokens.waiting() == 0);
    office.tokens.stop();
    CHECK(office.tracker.has_token(1, 2));
    CHECK(site.requests().empty());
}

/// Trusts what SSL_CERT_FILE names, as the system's libraries do.
class Trust {
public:
    explicit Trust(const std::string& file) { setenv("SSL_CERT_FILE", file.c_str(), 1); }
    ~Trust() { unsetenv("SSL_CERT_FILE"); }
    Trust(const Trust&) = delete;
    Trust& operator=(const Trust&) = delete;
};

TEST_CASE("https is spoken with a site whose certificate the system trusts, and no other") {
    const SiteCertificate certificate;
    SiteServer site(certificate);
    const std::string rest = ':' + std::to_string(site.port()) + "/gazelle";
    std::string host;
    SUBCASE("trusted") {
        host = "localhost";
    }
    SUBCASE("another name") {
        host = "127.0.0.1";
    }
    const Trust trust(certificate.file());
    Office office(parameters_of("https://" + host + rest));
    office.tokens.start();
    office.tokens.take(used(1, 2));
    if (host == "localhost") {
        office.wait_until_idle();
        CHECK(site.tokens() == std::vector<std::string>{"1:2"});
    } else {
        wait_until("a call has failed", [&] { return office.metric("token_calls_failed") > 0; });
        CHECK(site.requests().empty());
    }
    office.tokens.stop();
}

TEST_CASE("a certificate that nobody trusts is no site's") {
    const SiteCertificate certificate;
    SiteServer site(certificate);
    Office office(parameters_of("https://localhost:" + std::to_string(site.port())));
    office.tokens.start();
    office.tokens.take(used(1, 2));
    wait_until("a call has failed", [&] { return office.metric("token_calls_failed") > 0; });
    office.tokens.stop();
    CHECK(site.requests().empty());
    CHECK(office.tokens.waiting() == 1);
}

TEST_CASE("a server that does not speak TLS is no site of https") {
    SiteServer site;
    Office office(parameters_of("https://127.0.0.1:" + std::to_string(site.port()) + "/gazelle/"));
    office.tokens.start();
    office.tokens.take(used(1, 2));
    wait_until("a call has failed", [&] { return office.metric("token_calls_failed") > 0; });
    office.tokens.stop();
    CHECK(site.requests().empty());
    CHECK(office.tokens.waiting() == 1);
}

TEST_CASE("tokens are ended in the database, and wait for it while it is away") {
    if (chihaya::test::lacks_mariadb()) {
        return;
    }
    chihaya::test::MariadbServer server;
    create_site(server, chihaya::test::Gazelle::whatcd);
    Parameters parameters;
    parameters.token_expiry = TokenExpiry::sql;
    parameters.timeout = 2s;
    parameters.database = {.unix_socket = server.unix_socket().string(),
                           .user = chihaya::test::tracker_account.name,
                           .password = chihaya::test::tracker_account.password,
                           .schema = "gazelle"};
    Office office(parameters);
    server.stop();
    office.tokens.start();
    office.tokens.take(used(15, 100));
    office.tokens.take(used(77, 100));
    wait_until("a call has failed", [&] { return office.metric("token_calls_failed") > 0; });
    server.start();
    office.wait_until_idle();
    office.tokens.stop();
    chihaya::test::Sql sql(server, "gazelle");
    CHECK(sql.value("SELECT Expired FROM users_freeleeches WHERE UserID = 15") == "1");
    CHECK(sql.value("SELECT Downloaded FROM users_freeleeches WHERE UserID = 15") == "1000");
    CHECK(sql.value("SELECT COUNT(*) FROM users_freeleeches") == "2");
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();

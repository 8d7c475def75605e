#include "core/config/difference.hpp"
#include "core/config/json_parser.hpp"
#include "core/config/keys.hpp"
#include "core/config/reader.hpp"
#include "tests/unit/config/files.hpp"

#include <Poco/Environment.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("conf/README.md");

namespace chihaya::config {
namespace {

using Lines = std::vector<std::string>;

/// A row of a table that begins with a key: its cells, without blanks around them.
struct Row {
    std::string key;
    std::vector<std::string> cells;
};

std::string stripped(const std::string& text) {
    const auto first = text.find_first_not_of(' ');
    return first == std::string::npos ? ""
                                      : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<Row> rows(std::size_t cells) {
    std::vector<Row> out;
    std::istringstream lines(contents(repository() / "conf/README.md"));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| `")) {
            continue;
        }
        Row row;
        std::istringstream rest(line.substr(1));
        for (std::string cell; std::getline(rest, cell, '|');) {
            row.cells.push_back(stripped(cell));
        }
        row.key = row.cells[0].substr(1, row.cells[0].size() - 2);
        if (row.cells.size() == cells) {
            out.push_back(std::move(row));
        }
    }
    return out;
}

std::vector<Row> key_rows() {
    return rows(6);
}

/// The defaults as `print` writes them, by key.
std::map<std::string, std::string> defaults() {
    std::map<std::string, std::string> out;
    const auto document = parse_json(print(Config{}));
    for (const Member& member : *document->root.as<Object>()) {
        const auto* section = is_section(member.name) ? member.value.as<Object>() : nullptr;
        if (section == nullptr) {
            out[member.name] = json_text(member.value, Layout::indented);
            continue;
        }
        for (const Member& inner : *section) {
            out[member.name + '.' + inner.name] = json_text(inner.value, Layout::indented);
        }
    }
    return out;
}

/// `key` set to `value`, in its section.
std::string with(const std::string& key, const std::string& value) {
    const auto dot = key.find('.');
    return dot == std::string::npos ? "{\"" + key + "\": " + value + "}"
                                    : "{\"" + key.substr(0, dot) + "\": {\"" + key.substr(dot + 1) +
                                          "\": " + value + "}}";
}

TEST_CASE("every key is documented once, in the order of the program, and no other") {
    Lines documented;
    for (const Row& row : key_rows()) {
        documented.push_back(row.key);
    }
    Lines known;
    for (const Key& key : known_keys()) {
        known.emplace_back(key.name);
    }
    CHECK(documented == known);
}

TEST_CASE("every other spelling is documented, and no other") {
    for (const Row& row : key_rows()) {
        CAPTURE(row.key);
        std::string spellings;
        for (const std::string_view other : find_key(row.key)->also_as) {
            if (!other.empty()) {
                spellings += (spellings.empty() ? "`" : ", `") + std::string(other) + '`';
            }
        }
        CHECK(row.cells[1] == spellings);
    }
}

TEST_CASE("the documented default is the program's, and may be written out") {
    const auto all = defaults();
    for (const Row& row : key_rows()) {
        CAPTURE(row.key);
        const std::string& given = row.cells[3];
        const auto at = all.find(row.key);
        CHECK(given == '`' + (at == all.end() ? "\"\"" : at->second) + '`');
        const Reading reading = read(with(row.key, given.substr(1, given.size() - 2)));
        CHECK(reading.errors == Lines{});
        CHECK(reading.warnings == Lines{});
        CHECK(reading.config == Config{});
    }
}

TEST_CASE("what a reload changes is documented as it is") {
    for (const Row& row : key_rows()) {
        CAPTURE(row.key);
        const auto known = on_reload(row.key);
        REQUIRE(known.has_value());
        CHECK(row.cells[4] == words_of(*known));
    }
}

TEST_CASE("what is documented as accepted is what a refusal says") {
    for (const Row& row : key_rows()) {
        CAPTURE(row.key);
        const Lines errors = read(with(row.key, "1.5")).errors;
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].starts_with(row.key + ": found "));
        const bool same =
            errors[0].find("accepted is " + row.cells[2] + ';') != std::string::npos ||
            errors[0].find("accepted is " + row.cells[2] + ',') != std::string::npos;
        CAPTURE(errors[0]);
        CAPTURE(row.cells[2]);
        CHECK(same);
    }
}

TEST_CASE("every key that is ignored is documented with its reason, and no other") {
    Lines documented;
    for (const Row& row : rows(2)) {
        documented.push_back(row.key + ": " + row.cells[1]);
    }
    Lines known;
    for (const IgnoredKey& key : ignored_keys()) {
        known.push_back(std::string(key.name) + ": " + std::string(key.because));
    }
    CHECK(documented == known);
}

TEST_CASE("every key of the example of 2014 is in the table of 2014, and no other") {
    Lines documented;
    for (const Row& row : rows(4)) {
        documented.push_back(row.key);
    }
    Lines given;
    const auto document =
        parse_json(contents(repository() / "tests/fixtures/config/chihaya-2014.json"));
    for (const Member& member : *document->root.as<Object>()) {
        given.push_back(member.name);
    }
    CHECK(documented == given);
}

TEST_CASE("every example is read without errors and warnings") {
    Poco::Environment::set("CHIHAYA_TOKEN", "abc");
    const std::string text = contents(repository() / "conf/README.md");
    const std::string fence = "```json\n";
    int examples = 0;
    for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
        const auto begin = at + fence.size();
        const std::string example = text.substr(begin, text.find("```", begin) - begin);
        CAPTURE(example);
        const Reading reading = read(example);
        CHECK(reading.errors == Lines{});
        CHECK(reading.warnings == Lines{});
        ++examples;
    }
    CHECK(examples == 3);
}

TEST_CASE("every file in conf is read without errors and warnings") {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(repository() / "conf")) {
        if (entry.path().extension() == ".json") {
            CAPTURE(entry.path().string());
            const Reading reading = read_file(entry.path().string()).value();
            CHECK(reading.errors == Lines{});
            CHECK(reading.warnings == Lines{});
            ++files;
        }
    }
    CHECK(files > 0);
}

TEST_CASE("the file that is installed states defaults only, and listens on this machine") {
    const Config config = read_file((repository() / "conf/chihaya.json").string()).value().config;
    Config expected;
    expected.http.addr = {{"127.0.0.1", 6881}};
    expected.udp.addr = expected.http.addr;
    CHECK(config == expected);
}

/// The members of a configuration's object, each as text.
std::map<std::string, std::string> members(const char* file) {
    std::map<std::string, std::string> out;
    const auto document = parse_json(contents(repository() / file));
    for (const Member& member : *document->root.as<Object>()) {
        out[member.name] = json_text(member.value, Layout::compact);
    }
    return out;
}

TEST_CASE("memory and redis differ in the block tracker alone") {
    auto memory = members("conf/chihaya.json");
    auto redis = members("conf/redis.json");
    CHECK(memory.extract("tracker").mapped() != redis.extract("tracker").mapped());
    CHECK(memory == redis);
    CHECK(read_file((repository() / "conf/redis.json").string()).value().config.tracker.name ==
          "redis");
}

TEST_CASE("a Gazelle site differs in its backend, and in what a private tracker does") {
    auto open = members("conf/chihaya.json");
    auto site = members("conf/gazelle.json");
    for (const char* key :
         {"backend", "state_dir", "private", "create_on_announce", "min_announce"}) {
        CAPTURE(key);
        CHECK(open.extract(key).mapped() != site.extract(key).mapped());
    }
    CHECK(open == site);
    const Config config = read_file((repository() / "conf/gazelle.json").string()).value().config;
    CHECK(config.backend.name == "gazelle");
    CHECK(config.state_dir == "/var/lib/chihaya");
    CHECK(config.private_mode);
}

}  // namespace
}  // namespace chihaya::config

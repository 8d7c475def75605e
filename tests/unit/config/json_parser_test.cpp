#include "core/config/json_parser.hpp"

#include "core/base/limits.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>

TEST_SUITE_BEGIN("json_parser");

namespace chihaya::config {
namespace {

std::string refusal(std::string_view text) {
    const auto document = parse_json(text);
    return document ? "accepted" : document.error().text;
}

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

TEST_CASE("a document is written back as it was read, in the order of the file") {
    for (const std::string text :
         {R"({"b":1,"a":[true,false,null,"x"],"c":{"z":{},"y":[]}})", R"({"":{"":2}})", "[]", "3",
          R"("\"\\\n\u0001é/")", R"([0,-1,9223372036854775807,18446744073709551615,1.5,1e+300])"}) {
        CAPTURE(text);
        const auto document = parse_json(text);
        REQUIRE(document.has_value());
        const std::string written = json_text(document->root);
        CHECK(json_text(parse_json(written)->root) == written);
        if (text.find('\\') == std::string::npos) {
            CHECK(written == text);
        }
    }
}

TEST_CASE("values know their lines") {
    const auto document = parse_json("{\n\"a\": [1,\n2\n],\n\n\"b\": \"x\"}");
    REQUIRE(document.has_value());
    const auto& members = *document->root.as<Object>();
    CHECK(document->root.line == 1);
    CHECK(members[0].value.line == 2);
    const auto& list = *members[0].value.as<List>();
    CHECK(list[0].line == 2);
    CHECK(list[1].line == 3);
    CHECK(members[1].value.line == 6);
}

TEST_CASE("a byte order mark is skipped") {
    CHECK(parse_json("\xef\xbb\xbf{}").has_value());
    CHECK(refusal("\xef\xbb\xbf{,}").starts_with("line 1, column 3"));
}

TEST_CASE("what is no JSON is refused with the place, and what stands there") {
    const std::string remedy =
        ", accepted is JSON; write UTF-8 JSON: names and texts in double quotes, a comma between "
        "two members and none behind the last, no comments";
    const std::array<std::pair<const char*, const char*>, 14> cases{{
        {"{\"a\":1,}", "line 1, column 8: found \"}\" (unexpected byte '}' in value)"},
        {"{\"a\" 1}", "line 1, column 6: found \"1\" (expected ':' after member name)"},
        {"{\n  \"announce\": 30m\n}",
         "line 2, column 17: found \"m\" (expected ',' or '}' after member value)"},
        {"{\"a\":1\n\"b\":2}",
         R"(line 2, column 1: found """ (expected ',' or '}' after member value))"},
        {"{\"a\":1} x", "line 1, column 9: found \"x\" (Excess characters found after JSON end.)"},
        {"{\"a\":1}{}", "line 1, column 8: found \"{\" (Excess characters found after JSON end.)"},
        {"{'a':1}", "line 1, column 2: found \"'\" (unexpected byte ''' in value)"},
        {"{a:1}", "line 1, column 2: found \"a\" (unexpected byte 'a' in value)"},
        {"{\"a\":tru,\n\"b\":1}",
         "line 1, column 6: found \"t\" (expected 'e' instead of byte ',')"},
        {"{\"a\":1 // one\n}",
         "line 1, column 8: found \"/\" (expected ',' or '}' after member value)"},
        {"{\"a\":\"x\ny\"}",
         R"(line 1, column 6: found """ (unescaped control character in string))"},
        {"{\"a\":1",
         "line 1, column 7: found the end of the text (expected ',' or '}' after member value)"},
        {"{\"a\":1e999}",
         "line 1, column 6: found \"1\" (Not a valid floating-point number: 1e999)"},
        {"", "line 1, column 1: found the end of the text (unexpected end of text)"},
    }};
    for (const auto& [given, expected] : cases) {
        const std::string text = given;
        CAPTURE(text);
        CHECK(refusal(text) == expected + remedy);
    }
}

TEST_CASE("no piece of a text that is not closed is shown, it may be a secret") {
    const std::string shown = refusal(R"({"token": "hunter2)");
    CHECK(shown.find("hunter2") == std::string::npos);
    CHECK(shown.starts_with("line 1, column 11: found \"\"\" "));
}

TEST_CASE("bytes that no UTF-8 text has are refused with their place") {
    const std::string words =
        ": found a byte that no UTF-8 text has, accepted is JSON in UTF-8; save the file as UTF-8";
    CHECK(refusal(std::string_view("\xff\xfe{\0}\0", 6)) == "line 1, column 1" + words);
    CHECK(refusal(std::string_view("{}\n\0", 4)) == "line 2, column 1" + words);
    CHECK(refusal("{\"a\": \"\xff\"}") == "line 1, column 8" + words);
    CHECK(refusal("{\"a\": \"\xc3\x28\"}").find("invalid UTF-8") != std::string::npos);
    CHECK(refusal("{\"a\": \"\\u0000\"}").find("Null bytes") != std::string::npos);
}

TEST_CASE("nesting is bounded, however deep the text is") {
    CHECK(parse_json(nested(limits::configuration_depth_max)).has_value());
    const std::string words =
        ": found objects or lists nested deeper than 32 levels, accepted are fewer; "
        "a configuration needs about 4";
    CHECK(refusal(nested(limits::configuration_depth_max + 1)) == "line 1, column 33" + words);
    CHECK(refusal(nested(100'000)) == "line 1, column 33" + words);
    CHECK(refusal(std::string(100'000, '[')) == "line 1, column 33" + words);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) {
        objects += "{\"a\":";
    }
    CHECK(refusal(objects) == "line 1, column 161" + words);
    CHECK(parse_json('"' + std::string(100'000, '[') + '"').has_value());
}

TEST_CASE("a text that is too large is refused unread") {
    CHECK(refusal(std::string(limits::configuration_file_max + 1, ' ')) ==
          "found 16777217 bytes, accepted are at most 16777216; this is hardly a configuration");
}

TEST_CASE("a member that is given twice is reported with its path and lines") {
    const auto document = parse_json(
        "{\"a\": 1, \"b\": {\"c\": 1,\n\"d\": [{\"e\": 1}],\n\"c\": 2},\n\"a\": 1, \"a\": 3}");
    REQUIRE(document.has_value());
    CHECK(document->repeated ==
          std::vector<std::string>{
              "b.c: found in lines 1 and 3, accepted is once; remove one of them",
              "a: found in lines 1 and 4, accepted is once; remove one of them",
              "a: found in lines 4 and 4, accepted is once; remove one of them"});
}

TEST_CASE("every prefix of a document, and every bit flip, is read or refused") {
    const std::string text =
        R"({"addr": [":6881", "[::1]:1"], "x": {"y": -1.5e3, "z": null}, "e": "\u00e9\n", "t": true})";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        CHECK(parse_json(text.substr(0, size)).has_value() == (size == text.size()));
    }
    for (std::size_t i = 0; i < text.size() * 8; ++i) {
        std::string flipped = text;
        flipped[i / 8] =
            static_cast<char>(static_cast<unsigned char>(flipped[i / 8]) ^ (1U << i % 8));
        const auto document = parse_json(flipped);
        CHECK((document.has_value() || document.error().text.starts_with("line ")));
    }
}

}  // namespace
}  // namespace chihaya::config

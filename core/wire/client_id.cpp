#include "core/wire/client_id.hpp"

#include "core/wire/byte_writer.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace chihaya::wire {
namespace {

constexpr std::size_t unknown_code_size = 8;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The number a version character of the shadow style stands for; -1 for none.
int shadow_digit(char c) noexcept {
    constexpr std::string_view digits =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-";
    const auto at = digits.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string_view text_of(const PeerId& peer_id) noexcept {
    return {reinterpret_cast<const char*>(peer_id.bytes.data()), peer_id.bytes.size()};
}

/// Builds the answer for one style.
ClientName named(ClientStyle style, std::string_view code) noexcept {
    ClientName name;
    name.style = style;
    name.code = code;
    return name;
}

/// Appends to the version of a name.
class VersionWriter final {
public:
    explicit VersionWriter(ClientName& name) noexcept : name_(name), out_(name.version_room) {}

    void text(std::string_view part) noexcept {
        out_.text(part);
        name_.version_size = static_cast<std::uint8_t>(out_.size());
    }
    void number(unsigned part) noexcept {
        out_.number(part);
        name_.version_size = static_cast<std::uint8_t>(out_.size());
    }
    /// A number, with a dot before it if it is not the first.
    void joined(unsigned part) noexcept {
        text(out_.size() == 0 ? "" : ".");
        number(part);
    }

private:
    ClientName& name_;
    ByteWriter out_;
};

std::optional<ClientName> as_azureus(std::string_view id) noexcept {
    if (id[0] != '-' || id[7] != '-' || !is_alphanumeric(id[1]) || !is_alphanumeric(id[2])) {
        return std::nullopt;
    }
    ClientName name = named(ClientStyle::azureus, id.substr(1, 2));
    VersionWriter(name).text(id.substr(3, 4));
    return name;
}

std::optional<ClientName> as_bitcomet(std::string_view id) noexcept {
    if (!id.starts_with("exbc") && !id.starts_with("FUTB")) {
        return std::nullopt;
    }
    const bool is_lord = id.substr(6, 4) == "LORD";
    ClientName name =
        named(is_lord ? ClientStyle::bitlord : ClientStyle::bitcomet, id.substr(0, 4));
    const unsigned minor = static_cast<unsigned char>(id[5]);
    VersionWriter version(name);
    version.number(static_cast<unsigned char>(id[4]));
    version.text(minor < 10 ? ".0" : ".");
    version.number(minor);
    return name;
}

/// M7-10-5--, Q1-0-0--, A2-1-36-0-: three numbers, each closed by a dash.
std::optional<ClientName> as_mainline(std::string_view id) noexcept {
    const bool is_aria = id.starts_with("A2-");
    if (!is_aria && id[0] != 'M' && id[0] != 'Q') {
        return std::nullopt;
    }
    ClientName name = named(ClientStyle::mainline, id.substr(0, is_aria ? 2 : 1));
    VersionWriter version(name);
    std::string_view rest = id.substr(is_aria ? 3 : 1);
    for (int part = 0; part < 3; ++part) {
        const auto size =
            static_cast<std::size_t>(std::ranges::find_if_not(rest, is_digit) - rest.begin());
        if (size == 0 || size > 3 || rest[size] != '-') {
            return std::nullopt;
        }
        unsigned number = 0;
        for (const char digit : rest.substr(0, size)) {
            number = number * 10 + static_cast<unsigned>(digit - '0');
        }
        version.joined(number);
        rest.remove_prefix(size + 1);
    }
    return name;
}

std::optional<ClientName> as_shadow(std::string_view id) noexcept {
    constexpr std::string_view letters = "AOQRSTU";
    if (letters.find(id[0]) == std::string_view::npos || id.substr(6, 3) != "---") {
        return std::nullopt;
    }
    std::string_view digits = id.substr(1, 5);
    digits = digits.substr(0, digits.find_last_not_of('-') + 1);
    if (digits.empty() || std::ranges::any_of(digits, [](char c) { return shadow_digit(c) < 0; })) {
        return std::nullopt;
    }
    ClientName name = named(ClientStyle::shadow, id.substr(0, 1));
    VersionWriter version(name);
    for (const char digit : digits) {
        version.joined(static_cast<unsigned>(shadow_digit(digit)));
    }
    return name;
}

/// Programs with a beginning of their own: the letters, then so many digits of version.
struct Beginning {
    std::string_view letters;
    std::size_t version_size;
};

constexpr std::array<Beginning, 9> beginnings{{{"XBT", 3},
                                               {"OP", 4},
                                               {"Plus", 0},
                                               {"btpd/", 0},
                                               {"turbobt", 0},
                                               {"Azureus", 0},
                                               {"BLZ", 0},
                                               {"LIME", 0},
                                               {"Mbrst", 0}}};

std::optional<ClientName> as_other(std::string_view id) noexcept {
    for (const Beginning& beginning : beginnings) {
        const std::string_view version =
            id.substr(beginning.letters.size(), beginning.version_size);
        if (id.starts_with(beginning.letters) && std::ranges::all_of(version, is_digit)) {
            ClientName name = named(ClientStyle::other, id.substr(0, beginning.letters.size()));
            VersionWriter(name).text(version);
            return name;
        }
    }
    return std::nullopt;
}

}  // namespace

std::string_view client_id(std::string_view peer_id) noexcept {
    constexpr std::size_t size = 6;
    const std::size_t start = peer_id.starts_with('-') ? 1 : 0;
    return peer_id.size() < start + size ? std::string_view{} : peer_id.substr(start, size);
}

std::string_view client_id(const PeerId& peer_id) noexcept {
    return client_id(text_of(peer_id));
}

ClientName classify_client(const PeerId& peer_id) noexcept {
    const std::string_view id = text_of(peer_id);
    for (const auto style : {as_azureus, as_bitcomet, as_mainline, as_shadow, as_other}) {
        if (const auto name = style(id)) {
            return *name;
        }
    }
    return named(ClientStyle::unknown, id.substr(0, unknown_code_size));
}

std::string_view style_name(ClientStyle style) noexcept {
    switch (style) {
        case ClientStyle::azureus:
            return "azureus";
        case ClientStyle::mainline:
            return "mainline";
        case ClientStyle::shadow:
            return "shadow";
        case ClientStyle::bitcomet:
            return "bitcomet";
        case ClientStyle::bitlord:
            return "bitlord";
        case ClientStyle::other:
            return "other";
        case ClientStyle::unknown:
            return "unknown";
    }
    return "unknown";
}

}  // namespace chihaya::wire

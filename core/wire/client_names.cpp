#include "core/wire/client_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chihaya::wire {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

/// In the order of their codes.
constexpr std::array<Name, 64> azureus_names{{
    {"7T", "aTorrent"},
    {"AG", "Ares"},
    {"AR", "Arctic"},
    {"AT", "Artemis"},
    {"AV", "Avicora"},
    {"AX", "BitPump"},
    {"AZ", "Vuze"},
    {"BB", "BitBuddy"},
    {"BC", "BitComet"},
    {"BE", "BitTorrent SDK"},
    {"BF", "BitFlu"},
    {"BG", "BTG"},
    {"BI", "BiglyBT"},
    {"BR", "BitRocket"},
    {"BS", "BTSlave"},
    {"BT", "BitTorrent"},
    {"BW", "BitWombat"},
    {"BX", "BittorrentX"},
    {"CD", "CTorrent"},
    {"CT", "CTorrent"},
    {"DE", "Deluge"},
    {"DP", "Propagate"},
    {"EB", "EBit"},
    {"ES", "electric sheep"},
    {"FD", "Free Download Manager"},
    {"FL", "Folx"},
    {"FT", "FoxTorrent"},
    {"FW", "FrostWire"},
    {"GS", "GSTorrent"},
    {"HL", "Halite"},
    {"HN", "Hydranode"},
    {"JT", "JavaTorrent"},
    {"KG", "KGet"},
    {"KT", "KTorrent"},
    {"LH", "LH-ABC"},
    {"LP", "Lphant"},
    {"LT", "libtorrent"},
    {"LW", "LimeWire"},
    {"MO", "MonoTorrent"},
    {"MR", "Miro"},
    {"NX", "Net Transport"},
    {"PD", "Pando"},
    {"PI", "PicoTorrent"},
    {"PT", "Popcorn Time"},
    {"QD", "QQDownload"},
    {"RS", "Rufus"},
    {"RT", "Retriever"},
    {"SD", "Thunder"},
    {"SP", "BitSpirit"},
    {"SZ", "Shareaza"},
    {"TB", "Torch"},
    {"TI", "TIX-RATIO"},
    {"TL", "Tribler"},
    {"TR", "Transmission"},
    {"TX", "Tixati"},
    {"UE", "uTorrent Embedded"},
    {"UM", "uTorrent Mac"},
    {"UT", "uTorrent"},
    {"UW", "uTorrent Web"},
    {"WW", "WebTorrent"},
    {"XL", "Xunlei"},
    {"lt", "rTorrent"},
    {"qB", "qBittorrent"},
    {"st", "SharkTorrent"},
}};
static_assert(std::ranges::is_sorted(azureus_names, {}, &Name::first));

constexpr std::array<Name, 3> mainline_names{
    {{"A2", "aria2"}, {"M", "BitTorrent"}, {"Q", "Queen Bee"}}};

constexpr std::array<Name, 7> shadow_names{{{"A", "ABC"},
                                            {"O", "Osprey"},
                                            {"Q", "BTQueue"},
                                            {"R", "Tribler"},
                                            {"S", "Shad0w"},
                                            {"T", "BitTornado"},
                                            {"U", "UPnP NAT"}}};

constexpr std::array<Name, 9> other_names{{{"Azureus", "Vuze"},
                                           {"BLZ", "Blizzard Downloader"},
                                           {"LIME", "LimeWire"},
                                           {"Mbrst", "Burst!"},
                                           {"OP", "Opera"},
                                           {"Plus", "Plus!"},
                                           {"XBT", "XBT Client"},
                                           {"btpd/", "btpd"},
                                           {"turbobt", "TurboBT"}}};

constexpr std::string_view unknown_name = "other";

template <std::size_t size>
std::string_view name_in(const std::array<Name, size>& names, std::string_view code) noexcept {
    const auto found = std::ranges::find(names, code, &Name::first);
    return found == names.end() ? unknown_name : found->second;
}

}  // namespace

std::string_view client_name(const ClientName& client) noexcept {
    switch (client.style) {
        case ClientStyle::azureus:
            return name_in(azureus_names, client.code);
        case ClientStyle::mainline:
            return name_in(mainline_names, client.code);
        case ClientStyle::shadow:
            return name_in(shadow_names, client.code);
        case ClientStyle::bitcomet:
            return "BitComet";
        case ClientStyle::bitlord:
            return "BitLord";
        case ClientStyle::other:
            return name_in(other_names, client.code);
        case ClientStyle::unknown:
            break;
    }
    return unknown_name;
}

}  // namespace chihaya::wire

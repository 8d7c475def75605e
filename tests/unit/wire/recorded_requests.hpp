#pragma once

/// @file recorded_requests.hpp
/// What real programs sent, byte for byte, recorded on a loopback interface.

#include <array>
#include <string_view>

namespace chihaya::wire {

inline constexpr std::array<std::string_view, 17> recorded_requests{
    // libtorrent 2.0.8 (started, stopped)
    "GET /announce?passkey=0123456789abcdef"
    "&info_hash=*%b21%ee%9c%2b%ef%20%06%ff7%07~%0ag%0f%b9%a6%18G"
    "&peer_id=-LT2080-mJTYIs1h8xJu&port=6999&uploaded=0&downloaded=0&left=65536"
    "&corrupt=0&key=81C81D14&event=started&numwant=200&compact=1&no_peer_id=1"
    "&supportcrypto=1&redundant=0 HTTP/1.1\r\n"
    "Host: 127.0.0.1:6970\r\n"
    "User-Agent: cap-lt/2.0.8\r\n"
    "Accept-Encoding: gzip\r\n"
    "Connection: close\r\n"
    "\r\n",
    "GET /announce?passkey=0123456789abcdef"
    "&info_hash=*%b21%ee%9c%2b%ef%20%06%ff7%07~%0ag%0f%b9%a6%18G"
    "&peer_id=-LT2080-mJTYIs1h8xJu&port=6999&uploaded=0&downloaded=0&left=65536"
    "&corrupt=0&key=81C81D14&event=stopped&numwant=0&compact=1&no_peer_id=1"
    "&supportcrypto=1&redundant=0&trackerid=a%20b%2b~ HTTP/1.1\r\n"
    "Host: 127.0.0.1:6970\r\n"
    "User-Agent: cap-lt/2.0.8\r\n"
    "Accept-Encoding: gzip\r\n"
    "Connection: close\r\n"
    "\r\n",
    // Transmission 3.00 CLI (the first is stopped, then scrape on the same connection)
    "GET /announce?passkey=0123456789abcdef"
    "&info_hash=%2a%b21%ee%9c%2b%ef%20%06%ff7%07~%0ag%0f%b9%a6%18G"
    "&peer_id=-TR3000-3jqyjw39zww8&port=6997&uploaded=0&downloaded=0&left=65536"
    "&numwant=0&key=4686ce19&compact=1&supportcrypto=1&event=stopped HTTP/1.1\r\n"
    "Host: 127.0.0.1:6970\r\n"
    "User-Agent: Transmission/3.00\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: deflate, gzip, br, zstd\r\n"
    "\r\n",
    "GET /scrape?passkey=0123456789abcdef"
    "&info_hash=%2a%b21%ee%9c%2b%ef%20%06%ff7%07~%0ag%0f%b9%a6%18G HTTP/1.1\r\n"
    "Host: 127.0.0.1:6970\r\n"
    "User-Agent: Transmission/3.00\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: deflate, gzip, br, zstd\r\n"
    "\r\n",
    // rTorrent 0.9.8 (started, stopped; new connection each)
    "GET /announce?passkey=0123456789abcdef"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07%7E%0Ag%0F%B9%A6%18G"
    "&peer_id=-lt0D80-%17%8E0%DD%29%3D0l%A5%0A%5B%B1&key=0761bcf3&compact=1&port=6996"
    "&uploaded=0&downloaded=0&left=65536&event=started HTTP/1.1\r\n"
    "Host: 127.0.0.1:6970\r\n"
    "User-Agent: rtorrent/0.9.8/0.13.8\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: deflate, gzip, br, zstd\r\n"
    "\r\n",
    "GET /announce?passkey=0123456789abcdef"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07%7E%0Ag%0F%B9%A6%18G"
    "&peer_id=-lt0D80-%17%8E0%DD%29%3D0l%A5%0A%5B%B1&key=0761bcf3&trackerid=a%20b%2B%7E"
    "&compact=1&port=6996&uploaded=0&downloaded=0&left=65536&event=stopped HTTP/1.1\r\n"
    "Host: 127.0.0.1:6970\r\n"
    "User-Agent: rtorrent/0.9.8/0.13.8\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: deflate, gzip, br, zstd\r\n"
    "\r\n",
    // aria2 1.36.0 (started, stopped 8 s later on the same connection)
    "GET /announce?passkey=0123456789abcdef"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07~%0Ag%0F%B9%A6%18G"
    "&peer_id=A2-1-36-0-%08%9D%26%88%C7%F0%CB%9F%B0p&uploaded=0&downloaded=0&left=65536"
    "&compact=1&key=%26%88%C7%F0%CB%9F%B0p&numwant=50&no_peer_id=1&port=6998"
    "&event=started&supportcrypto=1 HTTP/1.1\r\n"
    "User-Agent: aria2/1.36.0\r\n"
    "Accept: */*\r\n"
    "Host: 127.0.0.1:6970\r\n"
    "Want-Digest: SHA-512;q=1, SHA-256;q=1, SHA;q=0.1\r\n"
    "\r\n",
    "GET /announce?passkey=0123456789abcdef"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07~%0Ag%0F%B9%A6%18G"
    "&peer_id=A2-1-36-0-%08%9D%26%88%C7%F0%CB%9F%B0p&uploaded=0&downloaded=0&left=65536"
    "&compact=1&key=%26%88%C7%F0%CB%9F%B0p&numwant=0&no_peer_id=1&port=6998"
    "&event=stopped&trackerid=a%20b%2B~&supportcrypto=1 HTTP/1.1\r\n"
    "User-Agent: aria2/1.36.0\r\n"
    "Accept: */*\r\n"
    "Host: 127.0.0.1:6970\r\n"
    "Want-Digest: SHA-512;q=1, SHA-256;q=1, SHA;q=0.1\r\n"
    "\r\n",
    // Enhanced CTorrent (HTTP/1.0, no Host)
    "GET /announce?passkey=0123456789abcdef"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07%7E%0Ag%0F%B9%A6%18G"
    "&peer_id=%2DCD0303%2DL%A8g%26%5Fmd%0Dk%99%9C%F8&port=6995&key=EP040ZOM"
    "&event=started&uploaded=0&downloaded=0&left=65536&compact=1&numwant=100 HTTP/1.0\r\n"
    "User-Agent: Enhanced-CTorrent/dnh3.3.2\r\n"
    "\r\n",
    // node bittorrent-tracker 11.2.3 (started, completed, scrape, stopped; one connection)
    "GET /announce?passkey=0123456789abcdef&left=65536&numwant=50&uploaded=0"
    "&downloaded=0&event=started&compact=1"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07%7E%0Ag%0F%B9%A6%18G"
    "&peer_id=-WW0208-abcdefghijkl&port=6993 HTTP/1.1\r\n"
    "host: 127.0.0.1:6970\r\n"
    "connection: keep-alive\r\n"
    "user-agent: \r\n"
    "accept: */*\r\n"
    "accept-language: *\r\n"
    "sec-fetch-mode: cors\r\n"
    "accept-encoding: gzip, deflate\r\n"
    "\r\n",
    "GET /announce?passkey=0123456789abcdef&numwant=50&uploaded=0&downloaded=0"
    "&event=completed&compact=1"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07%7E%0Ag%0F%B9%A6%18G"
    "&peer_id=-WW0208-abcdefghijkl&port=6993&left=16384&trackerid= HTTP/1.1\r\n"
    "host: 127.0.0.1:6970\r\n"
    "connection: keep-alive\r\n"
    "user-agent: \r\n"
    "accept: */*\r\n"
    "accept-language: *\r\n"
    "sec-fetch-mode: cors\r\n"
    "accept-encoding: gzip, deflate\r\n"
    "\r\n",
    "GET /scrape?passkey=0123456789abcdef"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07%7E%0Ag%0F%B9%A6%18G HTTP/1.1\r\n"
    "host: 127.0.0.1:6970\r\n"
    "connection: keep-alive\r\n"
    "user-agent: \r\n"
    "accept: */*\r\n"
    "accept-language: *\r\n"
    "sec-fetch-mode: cors\r\n"
    "accept-encoding: gzip, deflate\r\n"
    "\r\n",
    "GET /announce?passkey=0123456789abcdef&numwant=50&uploaded=0&downloaded=0"
    "&event=stopped&compact=1"
    "&info_hash=%2A%B21%EE%9C%2B%EF%20%06%FF7%07%7E%0Ag%0F%B9%A6%18G"
    "&peer_id=-WW0208-abcdefghijkl&port=6993&left=16384&trackerid= HTTP/1.1\r\n"
    "host: 127.0.0.1:6970\r\n"
    "connection: keep-alive\r\n"
    "user-agent: \r\n"
    "accept: */*\r\n"
    "accept-language: *\r\n"
    "sec-fetch-mode: cors\r\n"
    "accept-encoding: gzip, deflate\r\n"
    "\r\n",
    // libtorrent 2.0.8, hybrid torrent: v1 and truncated v2 hash, same key
    "GET /announce?info_hash=%3a%ec%97%d4%aa%06%ed%d8%40%ba%f0%dao%1f2%e2%89%bb%9a%10"
    "&peer_id=-LT2080-DC~KxmtYB_9N&port=6999&uploaded=0&downloaded=0&left=131072"
    "&corrupt=0&key=ADFEBAD6&event=started&numwant=200&compact=1&no_peer_id=1"
    "&supportcrypto=1&redundant=0 HTTP/1.1\r\n"
    "Host: localhost:6970\r\n"
    "User-Agent: cap-lt/2.0.8\r\n"
    "Accept-Encoding: gzip\r\n"
    "Connection: close\r\n"
    "\r\n",
    "GET /announce?info_hash=%eb%7f%7d%25f%9c%c84%06%d4%df%f4%e1%22%fdZ%95K%f1%d0"
    "&peer_id=-LT2080-DC~KxmtYB_9N&port=6999&uploaded=0&downloaded=0&left=131072"
    "&corrupt=0&key=ADFEBAD6&event=started&numwant=200&compact=1&no_peer_id=1"
    "&supportcrypto=1&redundant=0 HTTP/1.1\r\n"
    "Host: localhost:6970\r\n"
    "User-Agent: cap-lt/2.0.8\r\n"
    "Accept-Encoding: gzip\r\n"
    "Connection: close\r\n"
    "\r\n",
    // libtorrent 2.0.8, partial seed (no started before, no stopped after)
    "GET /announce?info_hash=%01*%df%f1-%1a%00NnZ%3d%d5%ba%cd%0as%fc%01*%b0"
    "&peer_id=-LT2080-0s.HEMu.DDye&port=6999&uploaded=0&downloaded=0&left=65536"
    "&corrupt=0&key=56F8FBC8&event=paused&numwant=200&compact=1&no_peer_id=1"
    "&supportcrypto=1&redundant=0 HTTP/1.1\r\n"
    "Host: localhost:6970\r\n"
    "User-Agent: cap-lt/2.0.8\r\n"
    "Accept-Encoding: gzip\r\n"
    "Connection: close\r\n"
    "\r\n",
    // libtorrent 2.0.8 over IPv6: unbracketed Host
    "GET /announce?info_hash=%01*%df%f1-%1a%00NnZ%3d%d5%ba%cd%0as%fc%01*%b0"
    "&peer_id=-LT2080-j8VS2S)Bivu-&port=6999&uploaded=0&downloaded=0&left=131072"
    "&corrupt=0&key=B4BFEBBE&event=started&numwant=200&compact=1&no_peer_id=1"
    "&supportcrypto=1&redundant=0 HTTP/1.1\r\n"
    "Host: ::1:6970\r\n"
    "User-Agent: cap-lt/2.0.8\r\n"
    "Accept-Encoding: gzip\r\n"
    "Connection: close\r\n"
    "\r\n",
};

}  // namespace chihaya::wire

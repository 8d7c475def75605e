#include "core/management/body.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <array>
#include <istream>
#include <utility>

namespace chihaya::management {

Body::Body(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response,
           DeadlineSocket& socket)
    : request_(request),
      response_(response),
      socket_(socket),
      is_chunked_(request.getChunkedTransferEncoding()),
      length_(request.hasContentLength() ? static_cast<std::uint64_t>(std::max<std::int64_t>(
                                               0, request.getContentLength64()))
                                         : 0) {}

std::optional<std::string> Body::read() {
    std::string body;
    std::array<char, 4096> piece{};
    std::size_t size = 1;
    while (is_expected() && size > 0 && !is_too_long(limits::management_body_max)) {
        size = receive(piece);
        body.append(piece.data(), size);
    }
    const bool is_too_large = is_too_long(limits::management_body_max);
    is_cut_short_ = !is_too_large && is_expected() && ended_early();
    is_read_ = !is_too_large && !is_cut_short_;
    return is_read_ ? std::optional(std::move(body)) : std::nullopt;
}

BodyPiece Body::next(std::span<char> room) {
    comes_in_pieces_ = true;
    if (is_too_long(limits::bulk_body_max)) {
        return {.end = BodyEnd::too_large};
    }
    socket_.begin_piece();
    const std::size_t size = is_expected() ? receive(room) : 0;
    if (size > 0) {
        return {.size = size};
    }
    is_read_ = !is_expected() || !ended_early();
    return {.end = is_read_ ? BodyEnd::whole : BodyEnd::cut_short};
}

bool Body::ended_early() {
    return request_.stream().bad() || (!is_chunked_ && received_ < length_);
}

std::size_t Body::receive(std::span<char> room) {
    invite();
    std::istream& stream = request_.stream();
    stream.read(room.data(), static_cast<std::streamsize>(room.size()));
    const auto size = static_cast<std::size_t>(stream.gcount());
    received_ += size;
    return size;
}

void Body::invite() {
    if (!std::exchange(is_invited_, true) && request_.getExpectContinue()) {
        response_.sendContinue();
    }
}

}  // namespace chihaya::management

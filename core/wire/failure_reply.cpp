#include "core/wire/failure_reply.hpp"

namespace chihaya::wire {

void write_failure(ByteWriter& out, const FailureAnswer& answer) noexcept {
    out.text("d14:failure reason");
    out.string(answer.reason);
    if (answer.interval != 0) {
        out.text("8:interval");
        out.integer(answer.interval);
    }
    if (answer.min_interval != 0) {
        out.text("12:min interval");
        out.integer(answer.min_interval);
    }
    if (answer.retry_in != 0) {
        out.text("8:retry in");
        out.integer(answer.retry_in);
    }
    out.text("e");
}

}  // namespace chihaya::wire

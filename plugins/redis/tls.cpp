#include "plugins/redis/tls.hpp"

#include "plugins/redis/address.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <system_error>

namespace chihaya::redis {
namespace {

std::string queued_fault(const char* otherwise) {
    const unsigned long first = ERR_peek_error();
    const char* const reason = ERR_reason_error_string(first);
    std::string text = reason != nullptr ? reason : otherwise;
    if (ERR_SYSTEM_ERROR(first)) {
        text = std::generic_category().message(ERR_GET_REASON(first));
    }
    ERR_clear_error();
    return text;
}

// What the macro SSL_set_tlsext_host_name does, without its cast.
bool set_server_name(ssl_st& channel, std::string host) noexcept {
    return SSL_ctrl(&channel, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    host.data()) == 1;
}

bool load_files(ssl_ctx_st& context, const Parameters& parameters, std::string& fault) {
    if (parameters.tls_ca.empty()) {
        SSL_CTX_set_default_verify_paths(&context);
    } else if (SSL_CTX_load_verify_file(&context, parameters.tls_ca.c_str()) != 1) {
        fault = "tls_ca: found \"" + parameters.tls_ca + "\" (" + queued_fault("unreadable") +
                "), accepted is a PEM file of certificates; leave it out for the system's";
        return false;
    }
    if (parameters.tls_cert.empty()) {
        return true;
    }
    if (SSL_CTX_use_certificate_chain_file(&context, parameters.tls_cert.c_str()) != 1) {
        fault = "tls_cert: found \"" + parameters.tls_cert + "\" (" + queued_fault("unreadable") +
                "), accepted is a PEM file of a certificate and its chain; leave it out for none";
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(&context, parameters.tls_key.c_str(), SSL_FILETYPE_PEM) != 1) {
        fault = "tls_key: found \"" + parameters.tls_key + "\" (" + queued_fault("unreadable") +
                "), accepted is the PEM file of tls_cert's key; name the one that belongs to it";
        return false;
    }
    return true;
}

}  // namespace

void FreeTls::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

void FreeTls::operator()(ssl_st* channel) const noexcept {
    SSL_free(channel);
}

TlsContext make_tls_context(const Parameters& parameters, std::string& fault) {
    ERR_clear_error();
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    if (context == nullptr) {
        fault = "TLS: " + queued_fault("no context");
        return nullptr;
    }
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context.get(), parameters.tls_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       nullptr);
    if (!load_files(*context, parameters, fault)) {
        return nullptr;
    }
    return context;
}

TlsChannel make_tls_channel(ssl_ctx_st& context, int socket, const std::string& host) noexcept {
    ERR_clear_error();
    TlsChannel channel(SSL_new(&context));
    if (channel == nullptr || SSL_set_fd(channel.get(), socket) != 1) {
        return nullptr;
    }
    const bool is_name = !literal_address({host, default_port, {}}).has_value();
    // Neither a server name nor a common name is ever an address.
    const bool set =
        is_name ? set_server_name(*channel, host) && SSL_set1_host(channel.get(), host.c_str()) == 1
                : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(channel.get()), host.c_str()) == 1;
    if (!set) {
        return nullptr;
    }
    SSL_set_connect_state(channel.get());
    return channel;
}

std::string tls_fault(const ssl_st& channel) {
    const long verdict = SSL_get_verify_result(&channel);
    if (verdict != X509_V_OK &&
        ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        ERR_clear_error();
        return std::string("TLS: ") + X509_verify_cert_error_string(verdict);
    }
    return "TLS: " + queued_fault("closed by the server");
}

}  // namespace chihaya::redis

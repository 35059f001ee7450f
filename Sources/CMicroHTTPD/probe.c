// The smallest client there is: asks a server on this machine for one status, over TCP or TLS.
#include "internal.h"

#include <gnutls/gnutls.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static int connected_socket(const char *host, uint16_t port, uint32_t timeout_ms) {
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    if (getaddrinfo(host, service, &hints, &found) != 0) return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

enum { STATUS_LINE = 12 };  // `HTTP/1.1 200`

static int status_in(const char *reply, size_t length) {
    return length == STATUS_LINE && strncmp(reply, "HTTP/1.1 ", 9) == 0 ? atoi(reply + 9) : -1;
}

static int ask_plain(int fd, const char *request, size_t size) {
    if (send(fd, request, size, MSG_NOSIGNAL) != (ssize_t)size) return -1;
    char reply[STATUS_LINE + 1] = {0};
    size_t length = 0;
    while (length < STATUS_LINE) {
        ssize_t part = recv(fd, reply + length, STATUS_LINE - length, 0);
        if (part <= 0) return -1;
        length += (size_t)part;
    }
    return status_in(reply, length);
}

/// The certificate is not checked: this is the machine that serves it, and its name is not that of the service.
static int ask_tls(int fd, const char *request, size_t size) {
    gnutls_certificate_credentials_t credentials = NULL;
    gnutls_session_t session = NULL;
    int status = -1, code;
    if (gnutls_certificate_allocate_credentials(&credentials) == 0
        && gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) == 0 && gnutls_set_default_priority(session) == 0
        && gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) == 0) {
        gnutls_transport_set_int(session, fd);
        do code = gnutls_handshake(session);
        while (code == GNUTLS_E_INTERRUPTED);
        char reply[STATUS_LINE + 1] = {0};
        size_t length = 0;
        if (code == 0 && gnutls_record_send(session, request, size) == (ssize_t)size) {
            while (length < STATUS_LINE) {
                ssize_t part = gnutls_record_recv(session, reply + length, STATUS_LINE - length);
                if (part == GNUTLS_E_INTERRUPTED) continue;
                if (part <= 0) break;
                length += (size_t)part;
            }
            status = status_in(reply, length);
        }
    }
    if (session != NULL) gnutls_deinit(session);
    if (credentials != NULL) gnutls_certificate_free_credentials(credentials);
    return status;
}

int hs_probe(const char *host, uint16_t port, bool tls, const char *path, uint32_t timeout_ms) {
    char request[512];
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (size < 0 || (size_t)size >= sizeof request) return -1;
    int fd = connected_socket(host, port, timeout_ms);
    if (fd < 0) return -1;
    int status = tls ? ask_tls(fd, request, (size_t)size) : ask_plain(fd, request, (size_t)size);
    close(fd);
    return status;
}

// TLS on a connection: MHD does the handshake, reads and writes; this file sees to what it leaves out.
//
// The I/O thread owns the session, so everything here runs on that thread. GnuTLS's pointer for a session data base,
// which this server does not have, leads back from a session to its connection.
#include "internal.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

const char hs_tls_priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"
    ":-MAC-ALL:+AEAD:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:%SERVER_PRECEDENCE";

bool hs_speaks_tls(const hs_server *server) { return server->certificate_path != NULL; }

/// The handshake is over with the client's last message: from here on, bytes are those of requests.
static int client_finished(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                           const gnutls_datum_t *message) {
    (void)type, (void)when, (void)message;
    hs_connection *connection = gnutls_db_get_ptr(session);
    if (!incoming) return 0;
    connection->secured = true;
    connection->trickle_ns = 0;
    connection->looked_at = false;
    connection->since_ns = connection->io->now_ns;
    epoll_ctl(connection->io->handshake_epoll, EPOLL_CTL_DEL, connection->fd, NULL);
    return 0;
}

/// Sets a connection aside until the client's next handshake message. MHD itself would ask for it in a loop that never
/// waits: it forgets that a socket had nothing to read only when it reads from it outside of a handshake. Suspending within
/// its call is not in its contract, but all that happens between here and its next look at the connection is that GnuTLS
/// and MHD return, in the source of 0.9.75.
static void wait_for_message(hs_connection *connection) {
    hs_io *io = connection->io;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = connection};
    if (epoll_ctl(io->handshake_epoll, EPOLL_CTL_MOD, connection->fd, &event) != 0
        && epoll_ctl(io->handshake_epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
        return;  // out of memory: then MHD asks again and again
    }
    connection->waiting = true;
    MHD_suspend_connection(connection->mhd);
}

static void resume(hs_connection *connection) {
    connection->waiting = false;
    MHD_resume_connection(connection->mhd);
}

void hs_resume_handshakes(hs_io *io) {
    struct epoll_event events[64];
    int count = epoll_wait(io->handshake_epoll, events, 64, 0);
    for (int i = 0; i < count; i++) {
        hs_connection *connection = events[i].data.ptr;
        if (connection->waiting) resume(connection);
    }
}

void hs_abandon_handshakes(hs_io *io) {
    io->leaving = true;
    for (hs_connection *connection = io->connections.next; connection != &io->connections;
         connection = connection->next) {
        if (connection->waiting) resume(connection);
    }
}

/// Reads for GnuTLS. The first byte of a TLS client is 22; a letter is that of a method, in a request without TLS: told so in
/// the same plain text, after what is there of it has been read, or the reset of the close would overtake the reply.
static ssize_t pull(gnutls_transport_ptr_t pointer, void *bytes, size_t size) {
    hs_connection *connection = pointer;
    ssize_t count = recv(connection->fd, bytes, size, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN && !connection->secured && !connection->waiting && !connection->io->leaving) {
        wait_for_message(connection);
        errno = EAGAIN;
    }
    if (count <= 0 || connection->spoke) return count;
    connection->spoke = true;
    char first = *(const char *)bytes;
    if (first < 'A' || first > 'Z') return count;
    char dropped[4096];
    for (int turn = 0; turn < 16 && recv(connection->fd, dropped, sizeof dropped, MSG_DONTWAIT) > 0; turn++) {}
    hs_reply_raw(connection->io->server, NULL, connection->fd, NULL, 400, "tls_expected",
                 "This port speaks TLS: expected https, found a plain request");
    return 0;
}

static int wait_readable(gnutls_transport_ptr_t pointer, unsigned milliseconds) {
    struct pollfd look = {.fd = ((hs_connection *)pointer)->fd, .events = POLLIN};
    return poll(&look, 1, milliseconds == GNUTLS_INDEFINITE_TIMEOUT ? -1 : (int)milliseconds);
}

void hs_prepare_session(hs_connection *connection, struct gnutls_session_int *session) {
    connection->session = session;
    gnutls_db_set_ptr(session, connection);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, client_finished);
    gnutls_transport_set_ptr2(session, connection, (gnutls_transport_ptr_t)(intptr_t)connection->fd);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, wait_readable);
}

bool hs_session_holds_bytes(const hs_connection *connection) {
    return connection->session != NULL && gnutls_record_check_pending(connection->session) > 0;
}

void hs_session_send_last(hs_connection *connection, const char *bytes, size_t count) {
    if (!connection->secured) return;  // nothing can be said before there are keys
    if (gnutls_record_send(connection->session, bytes, count) >= 0) gnutls_bye(connection->session, GNUTLS_SHUT_WR);
}

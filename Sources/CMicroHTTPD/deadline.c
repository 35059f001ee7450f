// Deadlines. MHD knows only inactivity, which a client that trickles a byte a second never reaches; so a scan of the
// registry, four times a second, shuts the socket of a connection that is past its time, and MHD then sees it closed.
#include "internal.h"

#include <linux/tcp.h>  // not <netinet/tcp.h>, whose tcp_info stops short of the byte counters
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
    LOOK_AFTER_MS = 500,  // younger than this, no connection costs a system call here
    LINGER_MS = 1000,
};

/// Looks at the connection: how many bytes have come in, and whether the last of them has been read and no more can
/// come. MHD misses the end of a stream that arrives together with its last bytes (its epoll is edge-triggered, and
/// a short read ends its reading), and would keep half a request until its deadline.
static bool look(const hs_connection *connection, uint64_t *bytes) {
    enum { CLOSE_WAIT = 8 };  // TCP_CLOSE_WAIT, which <linux/tcp.h> leaves to <netinet/tcp.h>
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    *bytes = 0;
    if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
    *bytes = info.tcpi_bytes_received;
    int unread = 0;
    return info.tcpi_state == CLOSE_WAIT && ioctl(connection->fd, FIONREAD, &unread) == 0 && unread == 0
        && !hs_session_holds_bytes(connection);
}

static void cut(hs_io *io, hs_connection *connection, const char *message) {
    if (message != NULL && !(connection->request != NULL && connection->request->answered_raw)) {
        hs_reply_raw(io->server, connection, connection->fd, connection->request, 408, "request_timeout", message);
        if (connection->request != NULL) {
            connection->request->status = 408;
            connection->request->answered_raw = true;
        }
    }
    connection->cut = true;
    shutdown(connection->fd, SHUT_RDWR);
}

/// MHD gives no sign of a request until its first line is complete: the kernel's byte count does.
static void scan_idle(hs_io *io, hs_connection *connection, uint64_t age_ms) {
    const hs_config *config = &io->server->config;
    if (age_ms >= config->idle_timeout_ms) {
        cut(io, connection, NULL);
        return;
    }
    if (age_ms < LOOK_AFTER_MS) return;
    uint64_t bytes;
    if (connection->trickle_ns == 0) {
        if (io->scans % 4 != 0) return;  // thousands may be idle: once a second is enough
        if (look(connection, &bytes)) {
            cut(io, connection, NULL);
            return;
        }
        if (connection->looked_at && bytes > connection->bytes_seen) connection->trickle_ns = io->now_ns;
        connection->looked_at = true;
        connection->bytes_seen = bytes;
    } else if (io->now_ns - connection->trickle_ns >= config->header_timeout_ms * 1000000ull) {
        cut(io, connection, "The request line did not arrive in time");
    }
}

void hs_scan_deadlines(hs_io *io) {
    const hs_config *config = &io->server->config;
    uint64_t bytes;
    hs_connection *next;
    io->scans++;
    for (hs_connection *connection = io->connections.next; connection != &io->connections; connection = next) {
        next = connection->next;
        if (connection->cut || io->now_ns < connection->since_ns) continue;
        uint64_t age_ms = (io->now_ns - connection->since_ns) / 1000000u;
        hs_request *request = connection->request;
        switch (connection->phase) {
        case PHASE_IDLE:
            scan_idle(io, connection, age_ms);
            break;
        case PHASE_HEADERS:
            if (age_ms >= config->header_timeout_ms) {
                cut(io, connection, "The request's headers did not arrive in time");
            } else if (age_ms >= LOOK_AFTER_MS && look(connection, &bytes)) {
                cut(io, connection, NULL);
            }
            break;
        case PHASE_BODY:
            if (age_ms >= config->body_timeout_ms + request->received * 1000u / config->min_bytes_per_second) {
                cut(io, connection, "The request's body did not arrive in time");
            } else if (age_ms >= LOOK_AFTER_MS && look(connection, &bytes)) {
                cut(io, connection, NULL);
            }
            break;
        case PHASE_REPLY:
            if (age_ms >= config->write_timeout_ms + request->reply_size * 1000u / config->min_bytes_per_second) {
                cut(io, connection, NULL);
            }
            break;
        case PHASE_LINGER:  // answered, and the rest of the request only dropped
            if (age_ms >= LINGER_MS || look(connection, &bytes)) cut(io, connection, NULL);
            break;
        case PHASE_APPLICATION:
            break;  // the application's own affair; it answers 503 or 504
        }
    }
}

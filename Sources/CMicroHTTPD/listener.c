// The listening socket: bind with a readable error, accept with a limit.
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/// Never returns a valid descriptor: prints and passes −1 on.
static int refuse(int fd, const char *host, unsigned port, int number, char *error, size_t error_size) {
    if (fd >= 0) close(fd);
    const char *advice = number == EADDRINUSE      ? "; choose another --port"
                       : number == EACCES          ? "; ports below 1024 need a privilege"
                       : number == EADDRNOTAVAIL   ? "; this machine has no such address"
                                                   : "";
    bool colons = strchr(host, ':') != NULL;
    snprintf(error, error_size, "cannot listen on %s%s%s:%u: %s%s", colons ? "[" : "", host, colons ? "]" : "", port,
             strerror(number), advice);
    return -1;
}

int hs_listen(const hs_config *config, uint16_t *port, char *error, size_t error_size) {
    const char *host = config->bind_host;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)config->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE | AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    if (strcmp(host, "localhost") == 0) hints.ai_flags &= ~AI_NUMERICHOST;
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        snprintf(error, error_size, "cannot listen on \"%s\": expected an IP address such as 0.0.0.0, 127.0.0.1 or ::",
                 host);
        return -1;
    }
    struct sockaddr_storage address = {0};
    socklen_t length = found->ai_addrlen;
    memcpy(&address, found->ai_addr, length);
    freeaddrinfo(found);

    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return refuse(-1, host, config->port, errno, error, error_size);
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, (int)config->backlog) != 0
        || getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        return refuse(fd, host, config->port, errno, error, error_size);
    }
    *port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                : ((struct sockaddr_in *)&address)->sin_port);
    return fd;
}

void hs_raise_open_file_limit(uint32_t connections) {
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + 256;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);  // if the hard limit is lower still, accept backs off on EMFILE
}

/// Answers 503 at once. The socket stays open a moment: closing it with the request unread would send a reset,
/// which may overtake the reply.
static void refuse_connection(hs_server *server, int fd) {
    atomic_fetch_add_explicit(&server->refused_connections, 1, memory_order_relaxed);
    if (hs_speaks_tls(server)) {
        close(fd);  // a reply would cost a handshake, which is what there is no room for
        return;
    }
    hs_reply_raw(server, NULL, fd, NULL, 503, "too_many_connections",
                 "The server has as many connections open as it allows");
    shutdown(fd, SHUT_WR);
    uint32_t slot = server->linger_next++ % LINGER_SLOTS;
    if (server->linger[slot].fd >= 0) close(server->linger[slot].fd);
    server->linger[slot].fd = fd;
    server->linger[slot].until_ns = hs_now() + 1000000000ull;
}

void hs_close_lingering(hs_server *server, uint64_t now_ns) {
    for (uint32_t i = 0; i < LINGER_SLOTS; i++) {
        if (server->linger[i].fd < 0 || now_ns < server->linger[i].until_ns) continue;
        close(server->linger[i].fd);
        server->linger[i].fd = -1;
    }
}

void hs_accept_pending(hs_server *server) {
    // Bounded, so that a flood of connects cannot starve the connections open; when draining, to the last one.
    bool draining = atomic_load(&server->draining);
    for (int turn = 0; turn < 256 || draining; turn++) {
        struct hs_accepted accepted = {.length = sizeof accepted.address};
        accepted.fd = accept4(server->listen_fd, (struct sockaddr *)&accepted.address, &accepted.length,
                              SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted.fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            // Out of descriptors or memory: the listener stays readable, so look away for a while.
            if (errno != EAGAIN) server->accept_again_ns = hs_now() + 10000000ull;
            return;
        }
        if (atomic_load(&server->open_connections) >= server->config.max_connections) {
            refuse_connection(server, accepted.fd);
            continue;
        }
        atomic_fetch_add(&server->open_connections, 1);
        hs_hand_over_connection(&server->io[server->next_io++ % server->config.io_threads], &accepted);
    }
}

// An open-loop HTTP load generator: requests are due at a fixed rate whatever the server does, and a latency counts
// from the moment its request was due. (wrk is closed-loop: a slow server slows it down, and there is no overload.)
//
//   open-loop PORT CONNECTIONS REQUEST-FILE RATE:SECONDS [RATE:SECONDS …]
//
// REQUEST-FILE holds one HTTP/1.1 request as it goes over the wire, to 127.0.0.1. Each RATE:SECONDS is a phase; the
// next one begins where the last ends, without a pause. A request waits for a free connection for PATIENCE at most,
// then it counts as unsent. Prints one JSON object with the phases' statuses and latencies and a line of time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "statistics.h"

enum { MAX_PHASES = 8, HEAD_LIMIT = 4096, EVENTS = 512 };
static const uint64_t SECOND = 1000000000u, PATIENCE = 1000000000u, LAST_REPLIES = 5000000000u;

typedef struct {
    double rate;
    uint64_t begin, end;  // nanoseconds after the start
    uint64_t requests;    // due in it
    statistics result;
} phase;

typedef struct connection {
    int fd;
    bool connected, busy, closing;
    uint64_t due;          // of the request it carries, nanoseconds after the start
    size_t sent;
    int status;            // of the reply, 0 while its head is not complete
    long long body_left;
    size_t head_length;
    char head[HEAD_LIMIT];
    struct connection *next_free;
} connection;

static phase phases[MAX_PHASES];
static int phase_count;
static connection *connections, *free_connections;
static char *request;
static size_t request_length;
static struct sockaddr_in server;
static int epoll;
static uint64_t started, reconnections;
static size_t outstanding;

static void fail(const char *what) {
    fprintf(stderr, "open-loop: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec - started;
}

static statistics *statistics_at(uint64_t due) {
    for (int i = 0; i < phase_count - 1; i++) {
        if (due < phases[i].end) return &phases[i].result;
    }
    return &phases[phase_count - 1].result;
}

static void release(connection *c) {
    c->busy = false;
    c->next_free = free_connections;
    free_connections = c;
}

static void open_connection(connection *c) {
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) fail("socket");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->connected = c->busy = c->closing = false;
    if (connect(c->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) fail("connect");
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0) fail("epoll_ctl");
}

/// Ends a connection and makes it anew; a request on it that has no reply is lost.
static void replace(connection *c) {
    if (c->busy) {
        statistics_add(statistics_at(c->due), c->due, now(), 0);
        outstanding--;
    } else if (c->connected) {  // it is in the list of free ones
        connection **link = &free_connections;
        while (*link != NULL && *link != c) link = &(*link)->next_free;
        if (*link == c) *link = c->next_free;
    }
    close(c->fd);
    reconnections++;
    open_connection(c);
}

static void send_rest(connection *c) {
    while (c->sent < request_length) {
        ssize_t count = send(c->fd, request + c->sent, request_length - c->sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count < 0) return;  // the end of the connection is read, too
        c->sent += (size_t)count;
    }
}

static void begin_request(connection *c, uint64_t due) {
    c->busy = true;
    c->due = due;
    c->sent = c->head_length = 0;
    c->status = 0;
    c->body_left = 0;
    outstanding++;
    send_rest(c);
}

/// Reads the head when it is complete; returns how many of `count` bytes belong to it, or -1 when it is not a reply.
static ssize_t take_head(connection *c, const char *bytes, size_t count) {
    size_t before = c->head_length, room = HEAD_LIMIT - 1 - before;
    size_t copied = count < room ? count : room;
    memcpy(c->head + before, bytes, copied);
    c->head_length += copied;
    c->head[c->head_length] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (end == NULL) return copied == count ? (ssize_t)count : -1;
    end[2] = 0;
    if (sscanf(c->head, "HTTP/1.1 %d", &c->status) != 1) return -1;
    char *length = strcasestr(c->head, "\r\ncontent-length:");
    if (length != NULL) c->body_left = strtoll(length + 17, NULL, 10);
    c->closing = strcasestr(c->head, "\r\nconnection: close") != NULL;
    return (ssize_t)((size_t)(end - c->head) + 4 - before);
}

/// Takes what has arrived. False when the connection is of no more use.
static bool receive(connection *c) {
    static char buffer[1 << 16];
    for (;;) {
        ssize_t count = recv(c->fd, buffer, sizeof buffer, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        if (count == 0 || !c->busy) return false;
        ssize_t used = 0;
        if (c->status == 0 && (used = take_head(c, buffer, (size_t)count)) < 0) return false;
        if (c->status == 0) continue;
        c->body_left -= count - used;
        if (c->body_left > 0) continue;
        statistics_add(statistics_at(c->due), c->due, now(), c->status);
        outstanding--;
        if (c->closing) {
            c->busy = c->connected = false;
            return false;
        }
        release(c);
    }
}

static void handle_event(connection *c, uint32_t events) {
    if (events & (EPOLLERR | EPOLLHUP)) {
        receive(c);
        replace(c);
        return;
    }
    if (!c->connected && (events & EPOLLOUT)) {
        c->connected = true;
        release(c);
    } else if (c->busy && (events & EPOLLOUT)) {
        send_rest(c);
    }
    if ((events & EPOLLIN) && !receive(c)) replace(c);
}

static void wait_for_events(uint64_t until) {
    struct epoll_event events[EVENTS];
    uint64_t time = now(), nanoseconds = until > time ? until - time : 0;
    struct timespec timeout = {(time_t)(nanoseconds / SECOND), (long)(nanoseconds % SECOND)};
    int count = epoll_pwait2(epoll, events, EVENTS, &timeout, NULL);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2");
    for (int i = 0; i < count; i++) handle_event(events[i].data.ptr, events[i].events);
}

/// Sends the requests of one phase as they fall due.
static void run_phase(phase *p) {
    uint64_t next = 0;
    while (next < p->requests) {
        uint64_t due = p->begin + (uint64_t)((double)next / p->rate * (double)SECOND), time = now();
        if (due > time) {
            wait_for_events(due);
        } else if (free_connections != NULL) {
            connection *c = free_connections;
            free_connections = c->next_free;
            begin_request(c, due);
            next++;
            if (next % 64 == 0) wait_for_events(0);
        } else if (time - due > PATIENCE) {
            statistics_unsent(&p->result, due);
            next++;
        } else {
            uint64_t end = due + PATIENCE + 1;
            wait_for_events(end < time + SECOND / 100 ? end : time + SECOND / 100);
        }
    }
}

static void read_request(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail(path);
    long length = ftell(file);
    rewind(file);
    request = malloc((size_t)length + 1);
    if (request == NULL || fread(request, 1, (size_t)length, file) != (size_t)length) fail(path);
    request_length = (size_t)length;
    fclose(file);
}

static void read_phases(char **arguments, int count) {
    uint64_t begin = 0;
    for (phase_count = 0; phase_count < count && phase_count < MAX_PHASES; phase_count++) {
        phase *p = &phases[phase_count];
        double seconds = 0;
        if (sscanf(arguments[phase_count], "%lf:%lf", &p->rate, &seconds) != 2 || p->rate <= 0 || seconds <= 0 ||
            seconds > 3600) {
            fprintf(stderr, "open-loop: expected RATE:SECONDS, found %s\n", arguments[phase_count]);
            exit(2);
        }
        p->begin = begin;
        p->end = begin += (uint64_t)(seconds * (double)SECOND);
        p->requests = (uint64_t)(p->rate * seconds);
        statistics_begin(&p->result, p->begin, p->end);
    }
}

int main(int argc, char **argv) {
    if (argc < 5 || atoi(argv[2]) < 1) {
        fprintf(stderr, "usage: open-loop PORT CONNECTIONS REQUEST-FILE RATE:SECONDS …\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t count = (size_t)atoi(argv[2]), open_now = 0;
    read_request(argv[3]);
    read_phases(argv + 4, argc - 4);
    connections = calloc(count, sizeof *connections);
    epoll = epoll_create1(0);
    if (connections == NULL || epoll < 0) fail("cannot begin");
    started = now();
    while (open_now < count) {  // a few at a time: the backlog is not what is measured
        for (size_t i = 0; i < 64 && open_now < count; i++) open_connection(&connections[open_now++]);
        wait_for_events(now() + SECOND / 500);
    }
    started += now();
    for (int i = 0; i < phase_count; i++) run_phase(&phases[i]);
    uint64_t end = now() + LAST_REPLIES;
    while (outstanding > 0 && now() < end) wait_for_events(now() + SECOND / 100);
    for (size_t i = 0; i < count; i++) {  // without a reply within that time: lost
        if (connections[i].busy) statistics_add(statistics_at(connections[i].due), connections[i].due, now(), 0);
    }
    printf("{\"reconnections\": %llu, \"phases\": [", (unsigned long long)reconnections);
    for (int i = 0; i < phase_count; i++) {
        printf("%s{\"rate\": %.1f, \"due\": %llu, ", i > 0 ? ", " : "", phases[i].rate,
               (unsigned long long)phases[i].requests);
        statistics_print(&phases[i].result);
        printf("}");
    }
    printf("]}\n");
    return 0;
}

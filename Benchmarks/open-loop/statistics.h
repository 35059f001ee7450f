// What became of the requests of one phase, and when.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Latencies in buckets of 1/32 of a power of two of microseconds: at most 3 % wide, up to 2^32 µs.
enum { BUCKETS = 32 * 28 };

typedef struct {
    uint64_t count, buckets[BUCKETS];
    double longest_ms;
} latencies;

// One step of 50 ms, by when the requests were due.
typedef struct {
    uint32_t answered, refused, failed, unsent;
    float longest_ms;  // of those answered
} moment;

typedef struct {
    uint64_t begin;
    size_t moment_count;
    moment *moments;
    uint64_t statuses[600];  // 0 counts requests without a reply
    uint64_t unsent;
    latencies answered, refused;  // 2xx; 429 and 503
} statistics;

void statistics_begin(statistics *result, uint64_t begin, uint64_t end);
/// A request that was due at `due` was answered with `status` at `time`; 0 when it was lost.
void statistics_add(statistics *result, uint64_t due, uint64_t time, int status);
void statistics_unsent(statistics *result, uint64_t due);
/// Members of a JSON object, without the braces.
void statistics_print(const statistics *result);

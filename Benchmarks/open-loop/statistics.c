#include "statistics.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t STEP = 50000000u;

static size_t bucket_of(uint64_t microseconds) {
    if (microseconds < 32) return (size_t)microseconds;
    int power = 63 - __builtin_clzll(microseconds);  // ≥ 5
    size_t bucket = (size_t)(power - 4) * 32 + (size_t)((microseconds >> (power - 5)) & 31);
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double milliseconds_of(size_t bucket) {  // its upper end
    if (bucket < 32) return (double)(bucket + 1) / 1000;
    return (double)((33 + bucket % 32) << (bucket / 32 - 1)) / 1000;
}

static void add(latencies *all, uint64_t nanoseconds) {
    all->count++;
    all->buckets[bucket_of(nanoseconds / 1000)]++;
    double milliseconds = (double)nanoseconds / 1e6;
    if (milliseconds > all->longest_ms) all->longest_ms = milliseconds;
}

static double percentile(const latencies *all, double share) {
    uint64_t seen = 0, wanted = (uint64_t)((double)all->count * share);
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += all->buckets[i];
        if (seen > wanted) return milliseconds_of(i) < all->longest_ms ? milliseconds_of(i) : all->longest_ms;
    }
    return all->longest_ms;
}

static moment *moment_of(statistics *result, uint64_t due) {
    size_t index = (size_t)((due - result->begin) / STEP);
    return &result->moments[index < result->moment_count ? index : result->moment_count - 1];
}

void statistics_begin(statistics *result, uint64_t begin, uint64_t end) {
    result->begin = begin;
    result->moment_count = (size_t)((end - begin + STEP - 1) / STEP);
    result->moments = calloc(result->moment_count, sizeof *result->moments);
    if (result->moments == NULL) abort();
}

void statistics_add(statistics *result, uint64_t due, uint64_t time, int status) {
    moment *then = moment_of(result, due);
    uint64_t taken = time - due;
    result->statuses[status >= 0 && status < 600 ? status : 0]++;
    if (status >= 200 && status < 300) {
        add(&result->answered, taken);
        then->answered++;
        if ((float)taken / 1e6f > then->longest_ms) then->longest_ms = (float)taken / 1e6f;
    } else if (status == 429 || status == 503) {
        add(&result->refused, taken);
        then->refused++;
    } else {
        then->failed++;
    }
}

void statistics_unsent(statistics *result, uint64_t due) {
    result->unsent++;
    moment_of(result, due)->unsent++;
}

static void print_latencies(const char *name, const latencies *all) {
    printf(", \"%s\": {\"count\": %llu, \"p50\": %.3f, \"p99\": %.3f, \"longest\": %.3f}", name,
           (unsigned long long)all->count, percentile(all, 0.5), percentile(all, 0.99), all->longest_ms);
}

void statistics_print(const statistics *result) {
    printf("\"unsent\": %llu, \"statuses\": {", (unsigned long long)result->unsent);
    const char *comma = "";
    for (int status = 0; status < 600; status++) {
        if (result->statuses[status] == 0) continue;
        printf("%s\"%d\": %llu", comma, status, (unsigned long long)result->statuses[status]);
        comma = ", ";
    }
    printf("}");
    print_latencies("answered", &result->answered);
    print_latencies("refused", &result->refused);
    printf(", \"step_ms\": %llu, \"line\": [", (unsigned long long)(STEP / 1000000));
    for (size_t i = 0; i < result->moment_count; i++) {
        const moment *then = &result->moments[i];
        printf("%s[%u, %u, %u, %u, %.2f]", i > 0 ? ", " : "", then->answered, then->refused, then->failed, then->unsent,
               (double)then->longest_ms);
    }
    printf("]");
}

#include <malloc.h>

#include "CMicroHTTPD.h"

void hs_keep_heap_small(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);  // a value set is a value kept: glibc would raise it with every large block
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

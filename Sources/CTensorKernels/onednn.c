#include "onednn.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/// libgomp's; declared here because omp.h belongs to another compiler's headers.
extern void omp_set_num_threads(int count);

void tk_thread_begin(void) { omp_set_num_threads(1); }

/// Room for `count` floats, rounded up to whole cache lines.
static size_t float_bytes(size_t count) { return count == 0 ? 64 : (count * sizeof(float) + 63) / 64 * 64; }

float *tk_allocate_scratch(size_t count) {
    void *floats = NULL;
    if (count > SIZE_MAX / sizeof(float) - 64 || posix_memalign(&floats, 64, float_bytes(count)) != 0) return NULL;
    return floats;
}

float *tk_allocate_floats(size_t count) {
    if (count > SIZE_MAX / sizeof(float) - 64) return NULL;
    // Arenas are walked across rows at every step: with huge pages that costs few address translations.
    const size_t huge = (size_t)2 << 20, bytes = float_bytes(count);
    void *floats = NULL;
    if (posix_memalign(&floats, bytes >= huge ? huge : 64, bytes) != 0) return NULL;
    if (bytes >= huge) madvise(floats, bytes, MADV_HUGEPAGE);
    return memset(floats, 0, bytes);
}

static dnnl_engine_t shared_engine;

static void create_engine(void) {
    if (dnnl_engine_create(&shared_engine, dnnl_cpu, 0) != dnnl_success) shared_engine = NULL;
}

dnnl_engine_t tk_engine(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, create_engine);
    return shared_engine;
}

dnnl_memory_desc_t tk_matrix_desc(int64_t rows, int64_t columns, dnnl_data_type_t type) {
    dnnl_memory_desc_t desc;
    dnnl_memory_desc_init_by_tag(&desc, 2, (dnnl_dims_t){rows, columns}, type, dnnl_ab);
    return desc;
}

dnnl_memory_desc_t tk_vector_desc(int64_t count) {
    dnnl_memory_desc_t desc;
    dnnl_memory_desc_init_by_tag(&desc, 1, (dnnl_dims_t){count}, dnnl_f32, dnnl_a);
    return desc;
}

dnnl_primitive_attr_t tk_user_scratch_attributes(void) {
    dnnl_primitive_attr_t attributes;
    if (dnnl_primitive_attr_create(&attributes) != dnnl_success) return NULL;
    dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    return attributes;
}

/// The description of the memory that argument `kind` (`DNNL_ARG_…`) names.
static const dnnl_memory_desc_t *argument_desc(const_dnnl_primitive_desc_t descriptor, int kind) {
    return dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md, kind);
}

bool tk_executable_create(tk_executable *executable, dnnl_primitive_desc_t descriptor, const int *kinds, int count) {
    memset(executable, 0, sizeof *executable);
    bool complete = dnnl_primitive_create(&executable->primitive, descriptor) == dnnl_success;
    for (int i = 0; complete && i < count; i++) {
        executable->arguments[i].arg = kinds[i];
        complete = dnnl_memory_create(&executable->arguments[i].memory, argument_desc(descriptor, kinds[i]),
                                      tk_engine(), DNNL_MEMORY_NONE) == dnnl_success;
        if (complete) executable->argument_count = i + 1;
    }
    if (complete) {
        const dnnl_memory_desc_t *scratch = argument_desc(descriptor, DNNL_ARG_SCRATCHPAD);
        executable->scratch_bytes = scratch == NULL ? 0 : dnnl_memory_desc_get_size(scratch);
        if (executable->scratch_bytes > 0) {
            executable->arguments[count].arg = DNNL_ARG_SCRATCHPAD;
            complete = dnnl_memory_create(&executable->arguments[count].memory, scratch, tk_engine(),
                                          DNNL_MEMORY_NONE) == dnnl_success;
            if (complete) executable->argument_count = count + 1;
        }
    }
    dnnl_primitive_desc_destroy(descriptor);
    if (!complete) tk_executable_destroy(executable);
    return complete;
}

void tk_executable_destroy(tk_executable *executable) {
    for (int i = 0; i < executable->argument_count; i++) dnnl_memory_destroy(executable->arguments[i].memory);
    if (executable->primitive != NULL) dnnl_primitive_destroy(executable->primitive);
    memset(executable, 0, sizeof *executable);
}

/// Scratch memory of the calling thread, shared by all it runs; freed when the thread ends.
typedef struct {
    void *bytes;
    size_t size;
} scratch_memory;

static pthread_key_t scratch_key;

static void free_scratch(void *scratch) {
    free(((scratch_memory *)scratch)->bytes);
    free(scratch);
}

static void create_scratch_key(void) { pthread_key_create(&scratch_key, free_scratch); }

static void *thread_scratch(size_t size) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static _Thread_local scratch_memory *mine;
    if (mine != NULL && mine->size >= size) return mine->bytes;
    pthread_once(&once, create_scratch_key);
    if (mine == NULL) {
        if ((mine = calloc(1, sizeof *mine)) == NULL) return NULL;
        pthread_setspecific(scratch_key, mine);
    }
    void *grown = NULL;
    if (posix_memalign(&grown, 4096, size) != 0) return NULL;
    free(mine->bytes);
    mine->bytes = grown, mine->size = size;
    return grown;
}

tk_status tk_executable_run(tk_executable *executable, dnnl_stream_t stream, void *const *data) {
    for (int i = 0; i < executable->argument_count; i++) {
        bool is_scratch = executable->arguments[i].arg == DNNL_ARG_SCRATCHPAD;
        void *bytes = is_scratch ? thread_scratch(executable->scratch_bytes) : data[i];
        if (is_scratch && bytes == NULL) return TK_OUT_OF_MEMORY;
        dnnl_memory_set_data_handle(executable->arguments[i].memory, bytes);
    }
    dnnl_status_t status = dnnl_primitive_execute(executable->primitive, stream, executable->argument_count,
                                                  executable->arguments);
    return status == dnnl_success ? TK_OK : TK_RUNTIME_ERROR;
}

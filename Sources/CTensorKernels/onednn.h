/// What the files that speak oneDNN share. Written against 2.6 (Debian 12); only these files would change for 3.x.
#ifndef TK_ONEDNN_H
#define TK_ONEDNN_H

#include <dnnl.h>
#include <stdbool.h>

#include "CTensorKernels.h"

/// The processor; NULL when oneDNN cannot start. Thread-safe; lives as long as the process.
dnnl_engine_t tk_engine(void);

dnnl_memory_desc_t tk_matrix_desc(int64_t rows, int64_t columns, dnnl_data_type_t type);
dnnl_memory_desc_t tk_vector_desc(int64_t count);

/// A primitive with its memory objects: everything one thread needs to run it, but a stream.
/// Scratch memory is ours (`dnnl_scratchpad_mode_user`), because oneDNN's own is bound to the creating thread; one block
/// per thread serves all primitives, which run one after the other.
typedef struct {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[6];
    int argument_count;
    size_t scratch_bytes;  ///< Taken from the thread that runs it.
} tk_executable;

/// Creates the primitive of `descriptor` and memory objects without data for `kinds`. Attributes must ask for user
/// scratch memory. Consumes `descriptor`. False when oneDNN refuses; `executable` is then empty.
bool tk_executable_create(tk_executable *executable, dnnl_primitive_desc_t descriptor, const int *kinds, int count);
void tk_executable_destroy(tk_executable *executable);
/// Runs with `data[i]` behind `kinds[i]` of the creation.
tk_status tk_executable_run(tk_executable *executable, dnnl_stream_t stream, void *const *data);
/// Attributes with user scratch memory; NULL when memory is short.
dnnl_primitive_attr_t tk_user_scratch_attributes(void);

#endif

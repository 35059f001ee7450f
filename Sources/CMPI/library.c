// Finds Open MPI at run time.

#include "library.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char name[] = "libmpi.so.40";

bool mpi_fail(mpi_failure *failure, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->message, sizeof failure->message, format, arguments);
    va_end(arguments);
    return false;
}

bool mpi_library_open(mpi_library *library, mpi_failure *failure) {
    // Global, because the plugins that Open MPI opens in its turn look for its symbols there.
    void *opened = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    if (opened == NULL)
        return mpi_fail(failure, "mpirun started this process, but Open MPI's library cannot be opened (%s); "
                                 "on Debian: apt-get install libopenmpi3", dlerror());
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"MPI_Get_library_version", &library->get_library_version},
        {"MPI_Init_thread", &library->init_thread},
        {"MPI_Comm_rank", &library->comm_rank},
        {"MPI_Comm_size", &library->comm_size},
        {"MPI_Comm_set_errhandler", &library->comm_set_errhandler},
        {"MPI_Allreduce", &library->allreduce},
        {"MPI_Bcast", &library->bcast},
        {"MPI_Barrier", &library->barrier},
        {"MPI_Error_string", &library->error_string},
        {"MPI_Finalize", &library->finalize},
        {"MPI_Abort", &library->abort},
        {"ompi_mpi_comm_world", &library->world},
        {"ompi_mpi_float", &library->type_float},
        {"ompi_mpi_double", &library->type_double},
        {"ompi_mpi_byte", &library->type_byte},
        {"ompi_mpi_op_sum", &library->sum},
        {"ompi_mpi_errors_return", &library->errors_return},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(opened, symbols[i].name);
        if (symbol == NULL)
            return mpi_fail(failure, "%s: expected Open MPI 3, 4 or 5 (on Debian: libopenmpi3), found a library without %s",
                            name, symbols[i].name);
        memcpy(symbols[i].place, &symbol, sizeof symbol);
    }
    // Asked before anything else: with another library the handles would be nonsense.
    char version[MPI_TEXT_CAPACITY] = "";
    int length = 0;
    library->get_library_version(version, &length);
    version[strcspn(version, "\n")] = '\0';
    int major = 0;
    if (sscanf(version, "Open MPI v%d.", &major) != 1 || major < 3)
        return mpi_fail(failure, "%s: expected Open MPI 3, 4 or 5 (on Debian: libopenmpi3), found \"%.200s\"", name, version);
    return true;
}

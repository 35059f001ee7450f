// The processes of one run, and what they tell each other.

#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static mpi_library library;
static bool joined;

/// A count in the environment; 0 if there is none.
static int count_of(const char *variable) {
    const char *text = getenv(variable);
    const long count = text != NULL ? strtol(text, NULL, 10) : 0;
    return count > 0 && count < 1 << 24 ? (int)count : 0;
}

int mpi_launched_count(void) {
    const int count = count_of("OMPI_COMM_WORLD_SIZE");
    if (count > 0) return count;
    // The launchers of MPICH, Intel MPI and MVAPICH. N processes that each believe to be alone would overwrite each
    // other's files.
    return count_of("PMI_SIZE") > 1 || count_of("MPI_LOCALNRANKS") > 1 ? 0 : 1;
}

int mpi_launched_here(void) {
    const int count = count_of("OMPI_COMM_WORLD_LOCAL_SIZE");
    return count > 0 ? count : 1;
}

/// Whether `code` is success, else what it means.
static bool check(int code, const char *what, mpi_failure *failure) {
    if (code == 0) return true;
    char text[MPI_TEXT_CAPACITY] = "";
    int length = 0;
    library.error_string(code, text, &length);
    return mpi_fail(failure, "MPI: %s failed: %.400s", what, text);
}

bool mpi_join(int *rank, int *count, mpi_failure *failure) {
    if (!mpi_library_open(&library, failure)) return false;
    // A process that waits looks for news all the time. It should let others have the processor meanwhile: a machine
    // with something else to do would otherwise train several times slower. What the user has set stays.
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    int provided = 0;
    if (!check(library.init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread", failure)) return false;
    joined = true;
    if (provided < MPI_THREAD_FUNNELED)
        return mpi_fail(failure, "MPI: this Open MPI was built without threads; install one with them, such as Debian's");
    // By default an error ends the process inside the library; we have better messages and files to look after.
    return check(library.comm_set_errhandler(library.world, library.errors_return), "MPI_Comm_set_errhandler", failure) &&
           check(library.comm_rank(library.world, rank), "MPI_Comm_rank", failure) &&
           check(library.comm_size(library.world, count), "MPI_Comm_size", failure);
}

/// MPI counts with int; more than this goes in several parts.
enum { LARGEST_PART = 1 << 28 };

static bool sum(char *values, size_t count, size_t width, mpi_handle type, mpi_failure *failure) {
    for (size_t start = 0; start < count; start += LARGEST_PART) {
        const size_t part = count - start < LARGEST_PART ? count - start : LARGEST_PART;
        const int code =
            library.allreduce(MPI_IN_PLACE, values + start * width, (int)part, type, library.sum, library.world);
        if (!check(code, "MPI_Allreduce", failure)) return false;
    }
    return true;
}

bool mpi_sum_floats(float *values, size_t count, mpi_failure *failure) {
    return sum((char *)values, count, sizeof *values, library.type_float, failure);
}

bool mpi_sum_doubles(double *values, size_t count, mpi_failure *failure) {
    return sum((char *)values, count, sizeof *values, library.type_double, failure);
}

bool mpi_broadcast(void *bytes, size_t count, mpi_failure *failure) {
    for (size_t start = 0; start < count; start += LARGEST_PART) {
        const size_t part = count - start < LARGEST_PART ? count - start : LARGEST_PART;
        const int code = library.bcast((char *)bytes + start, (int)part, library.type_byte, 0, library.world);
        if (!check(code, "MPI_Bcast", failure)) return false;
    }
    return true;
}

bool mpi_barrier(mpi_failure *failure) { return check(library.barrier(library.world), "MPI_Barrier", failure); }

void mpi_leave(void) {
    if (joined) library.finalize();
    joined = false;
}

void mpi_abort(int status) {
    fflush(NULL);  // MPI_Abort ends this process, too, and not by way of exit
    if (joined) library.abort(library.world, status);
    _exit(status);
}

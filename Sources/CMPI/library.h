/// Open MPI's library, opened by hand; not part of the door.
#ifndef CMPI_LIBRARY_H
#define CMPI_LIBRARY_H

#include "CMPI.h"

typedef struct ompi_handle *mpi_handle;

enum {
    MPI_THREAD_FUNNELED = 1,
    MPI_TEXT_CAPACITY = 8192,  ///< Generous: 256 in Open MPI 4, and the standard lets it grow.
};

/// MPI_IN_PLACE: the result takes the place of the operand.
#define MPI_IN_PLACE ((const void *)1)

/// The functions and handles used, with prototypes of the MPI 3.1 standard.
typedef struct {
    int (*init_thread)(int *argc, char ***argv, int required, int *provided);
    int (*comm_rank)(mpi_handle communicator, int *rank);
    int (*comm_size)(mpi_handle communicator, int *size);
    int (*comm_set_errhandler)(mpi_handle communicator, mpi_handle handler);
    int (*allreduce)(const void *send, void *receive, int count, mpi_handle type, mpi_handle operation,
                     mpi_handle communicator);
    int (*bcast)(void *buffer, int count, mpi_handle type, int root, mpi_handle communicator);
    int (*barrier)(mpi_handle communicator);
    int (*error_string)(int code, char *text, int *length);
    int (*get_library_version)(char *text, int *length);
    int (*finalize)(void);
    int (*abort)(mpi_handle communicator, int status);
    mpi_handle world, type_float, type_double, type_byte, sum, errors_return;
} mpi_library;

/// Fills `library` from libmpi.so.40, if that is Open MPI.
bool mpi_library_open(mpi_library *library, mpi_failure *failure);
/// Writes a message; returns false, so that a caller can return it.
bool mpi_fail(mpi_failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

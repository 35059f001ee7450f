/// The one door to MPI: the processes that `mpirun -n N` starts add up numbers through it.
///
/// Nothing is linked and no header of MPI's is needed: the library is opened (dlopen) when the environment says that
/// mpirun started this process, and only then. Training on several machines is rare, and should cost those who do not
/// do it no package; nor does the trainer's build have to choose among the MPIs of a cluster.
///
/// What makes that possible is Open MPI's own interface: since 3.0 its library is `libmpi.so.40`, and its handles
/// (MPI_COMM_WORLD, MPI_FLOAT, MPI_SUM, …) are addresses of exported variables, which its mpi.h hides behind macros.
/// MPICH and its kin use numbers for handles and another file name; they are refused with a sentence that says so.
///
/// The thread that called `mpi_join` makes all other calls (MPI_THREAD_FUNNELED), but for `mpi_abort`.
#ifndef CMPI_H
#define CMPI_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/// Why a call failed: one line for a terminal.
typedef struct {
    char message[512];
} mpi_failure;

/// The number of processes that mpirun started together, of which this is one; 1 if it was not mpirun, and 0 if it was
/// the mpirun of another MPI, which Open MPI cannot join.
int mpi_launched_count(void);
/// How many of them are on this machine.
int mpi_launched_here(void);

/// Opens the library and meets the others. Every process calls it once, before it does anything worth money.
bool mpi_join(int *rank, int *count, mpi_failure *failure);
/// values[i] = Σ over the processes of their values[i]; the same bits in every process.
bool mpi_sum_floats(float *values, size_t count, mpi_failure *failure);
bool mpi_sum_doubles(double *values, size_t count, mpi_failure *failure);
/// Gives every process the `count` bytes of process 0.
bool mpi_broadcast(void *bytes, size_t count, mpi_failure *failure);
/// Returns when all processes have called it.
bool mpi_barrier(mpi_failure *failure);
/// The orderly end, which waits for all others to come to theirs. Nothing else may follow.
void mpi_leave(void);
/// Ends all processes with `status`: for errors that the others do not know of, who would wait for ever.
_Noreturn void mpi_abort(int status);

#pragma clang assume_nonnull end
#endif

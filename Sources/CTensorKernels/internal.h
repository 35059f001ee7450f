/// Shared by the files of this module; not part of the door.
#ifndef TK_INTERNAL_H
#define TK_INTERNAL_H

/// Compiles a function once per instruction-set level and picks at load time: no global flags, so the binary still
/// starts on any x86-64 machine.
#if defined(__x86_64__) && defined(__ELF__)
#define TK_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TK_VECTORISED
#endif

/// In front of a loop over elements that may run in place, which the compiler would answer with its scalar version.
#define TK_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")

#define TK_INLINE static inline __attribute__((always_inline))

#endif

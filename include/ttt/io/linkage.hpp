// Where definitions live. Header-only by default: `ttt.hpp` includes the `.ipp` files and TTT_INLINE is `inline`.
// With TTT_SEPARATE_COMPILATION (set by the linked target `ttt_runtime`) headers only declare, and one library
// holds the definitions that need simdjson, PCRE2, Unicode tables, threads and the kernels of every ISA.
#pragma once

#if defined(TTT_SEPARATE_COMPILATION)
#define TTT_INLINE
#else
#define TTT_INLINE inline
#endif

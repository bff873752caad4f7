#pragma once

#include <stdint.h>

/// Heap allocations made by the calling thread since it started.
uint64_t malloc_count_this_thread(void);

/// What a program can say of memory to the processor.
#pragma once

/// Brings the line at `address` near, so that reading it soon need not wait. The address may be any.
static inline void cmemory_prefetch(const void *address) {
    __builtin_prefetch(address);
}

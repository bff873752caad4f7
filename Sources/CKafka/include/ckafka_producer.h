#pragma once

#include "ckafka_consumer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- producer */

typedef struct ckafka_producer ckafka_producer;

/*
 * `partitioner` is `murmur2_random` (where Java producers put their keys) unless given;
 * `transactional.id` makes it transactional, `enable.idempotence` idempotent.
 */
ckafka_producer *ckafka_producer_create(
    const ckafka_property *properties, size_t property_count, ckafka_error *error);

ckafka_logs *ckafka_producer_logs(ckafka_producer *producer);
ckafka_statistics ckafka_producer_statistics(ckafka_producer *producer);

/* Registers a topic to send to and returns its index, the same for the same name. -1: refused. */
int32_t ckafka_producer_topic(ckafka_producer *producer, const char *name, ckafka_error *error);

/* One record to send. The field order is that of `Events.OutputBatch.Slot`. */
typedef struct ckafka_output_slot {
    int32_t topic;     /* index, from `ckafka_producer_topic` */
    int32_t partition; /* -1: by the partitioner. The records of a topic name it all, or none does:
                          else keys and partitions would not go together. */
    uint32_t key_start;
    int32_t key_count; /* -1: no key */
    uint32_t value_start;
    int32_t value_count; /* -1: a tombstone */
    uint32_t headers_start;
    int32_t headers_count; /* bytes, encoded as in `ckafka_batch`; 0: none */
    int64_t timestamp;     /* -1: now. Kafka's earliest is 1 here: what is older becomes 1 */
} ckafka_output_slot;

/*
 * Queues the records slots[first ..< first + count], whose offsets point into `bytes`; they are
 * copied. Returns how many were accepted. Fewer than `count`: `error` says why, and the record that
 * it concerns is slots[first + result]:
 *   CKAFKA_CODE_QUEUE_FULL  back-pressure: poll (with a timeout) and go on from there;
 *   anything else           that record cannot be sent (too large, malformed headers), or the
 *                           producer cannot go on (`is_fatal`, `requires_abort`).
 */
size_t ckafka_producer_send(
    ckafka_producer *producer, const uint8_t *bytes, const ckafka_output_slot *slots, size_t first,
    size_t count, ckafka_error *error);

/* What became of the records so far. Counted since creation. */
typedef struct ckafka_delivery {
    uint64_t accepted;   /* by `send` */
    uint64_t delivered;  /* acknowledged by the broker */
    uint64_t failed;     /* given up; purged by an abort too */
    uint64_t outstanding; /* accepted - delivered - failed */
} ckafka_delivery;

/* Serves delivery reports, errors and statistics for up to `timeout_ms`, returning when the first
 * were served. */
void ckafka_producer_poll(ckafka_producer *producer, int32_t timeout_ms);
ckafka_delivery ckafka_producer_delivery(ckafka_producer *producer);

/* Behind the highest offset that a record of this topic (its index) and partition was acknowledged
 * with, of those whose slot named the partition; CKAFKA_OFFSET_NONE: none yet. A broker may
 * acknowledge without telling an offset, so that more is written than this says. */
int64_t ckafka_producer_written(
    const ckafka_producer *producer, int32_t topic, int32_t partition);

/* The first record that failed since the last call, with its topic in the text. False: none.
 * Records purged by an abort are not counted as failures of their own. */
bool ckafka_producer_take_failure(ckafka_producer *producer, ckafka_error *error);

/* As `ckafka_consumer_next_error`. */
bool ckafka_producer_next_error(ckafka_producer *producer, ckafka_error *error);

/* Waits until nothing is outstanding. False with CKAFKA_CODE_TIMED_OUT: something still is. That
 * every record was *delivered* is told by `take_failure`. */
bool ckafka_producer_flush(ckafka_producer *producer, int32_t timeout_ms, ckafka_error *error);

/* Drops what is queued or in flight; it counts as failed. For a shutdown without a broker. */
void ckafka_producer_purge(ckafka_producer *producer);

/*
 * Transactions. Each call blocks, bounded by the transaction timeout. On failure decide in this
 * order: `is_fatal` (destroy the producer, build a new one), `requires_abort` (abort, rewind),
 * `is_retriable` (call again with the same arguments); none of them: treat as fatal.
 */
bool ckafka_producer_init_transactions(ckafka_producer *producer, ckafka_error *error);
bool ckafka_producer_begin_transaction(ckafka_producer *producer, ckafka_error *error);
/* Adds the group's offsets (with metadata) to the open transaction. */
bool ckafka_producer_send_offsets(
    ckafka_producer *producer, const ckafka_partition *partitions, size_t count,
    const ckafka_group_metadata *metadata, ckafka_error *error);
bool ckafka_producer_commit_transaction(ckafka_producer *producer, ckafka_error *error);
bool ckafka_producer_abort_transaction(ckafka_producer *producer, ckafka_error *error);

/* The error that made this producer useless, if one did. */
bool ckafka_producer_fatal_error(ckafka_producer *producer, ckafka_error *error);

/* Frees the producer. Does not flush: what is outstanding is lost, an open transaction stays open
 * until its timeout or the next `init_transactions`. NULL is allowed. */
void ckafka_producer_destroy(ckafka_producer *producer);

#ifdef __cplusplus
}
#endif

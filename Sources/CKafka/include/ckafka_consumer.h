#pragma once

#include "ckafka_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- batches */

/* One record in a batch. The field order is that of `Events.RecordBatch.Slot`. */
typedef struct ckafka_slot {
    uint32_t key_start;
    int32_t key_count; /* -1: no key */
    uint32_t value_start;
    int32_t value_count; /* -1: a tombstone */
    uint32_t headers_start;
    int32_t headers_count; /* bytes; 0: no headers */
    int64_t offset;
    int64_t timestamp; /* -1: none */
} ckafka_slot;

/*
 * The records of one partition, flat: `slots` point into `bytes`, and 64 zeroed bytes that may be
 * read follow `byte_count`. The memory is kept and reused; it stays valid and unchanged until the
 * batch is next fetched into, or destroyed. A batch belongs to no consumer and survives it.
 *
 * Headers, flat: repeated [u32 name length][name][i32 value length, -1: null][value], the lengths
 * little-endian.
 */
typedef struct ckafka_batch {
    const uint8_t *bytes;
    size_t byte_count;
    const ckafka_slot *slots;
    size_t count;
    int64_t position;      /* the next offset: behind the last record and the control records after
                              it. CKAFKA_OFFSET_NONE while not known. */
    bool reached_end;      /* the end of the partition lies at `position`
                              (needs enable.partition.eof=true) */
    bool has_more;         /* a limit ended the fetch; more is there already */
    size_t byte_capacity;  /* the shim's */
    size_t slot_capacity;  /* the shim's */
} ckafka_batch;

/* NULL when there is no memory. */
ckafka_batch *ckafka_batch_create(void);
/* NULL is allowed. */
void ckafka_batch_destroy(ckafka_batch *batch);

/* ---------------------------------------------------------------- consumer */

/*
 * A member of a consumer group (or, never subscribed, a reader of partitions that it assigns to
 * itself). The stream thread's loop:
 *
 *     ckafka_consumer_wait(consumer, timeout)          one blocking call for everything
 *     ckafka_consumer_next_error(consumer, &error)     until false
 *     ckafka_consumer_rebalance(consumer)              non-NULL: answer it
 *     ckafka_consumer_fetch(consumer, index, batch...) for each partition that is ready
 *
 * Every assigned partition has a queue of its own, and an index. A partition that nobody fetches
 * fills its queue (queued.min.messages, queued.max.messages.kbytes: per partition) and then holds
 * back itself alone.
 */
typedef struct ckafka_consumer ckafka_consumer;

/*
 * Properties are librdkafka's. `group.id` must be there (librdkafka cannot assign without one; it
 * joins no group until `subscribe`). `enable.auto.commit` and `enable.auto.offset.store` are off
 * and refuse to be turned on: offsets are the caller's. So does `log.queue`: it is the shim's.
 * `auto.offset.reset` is `error` (an offset that is gone is reported by `fetch`, and the caller
 * seeks: nothing is skipped or read again behind its back) and `enable.partition.eof` is `true`,
 * unless given.
 *
 * NULL: `error` says why, and `error->property_index` which property, if one is to blame.
 */
ckafka_consumer *ckafka_consumer_create(
    const ckafka_property *properties, size_t property_count, ckafka_error *error);

ckafka_logs *ckafka_consumer_logs(ckafka_consumer *consumer);
ckafka_statistics ckafka_consumer_statistics(ckafka_consumer *consumer);

/* Joins the group for these topics (a name that begins with '^' is a regular expression). Replaces
 * an earlier subscription. Returns at once: the assignment comes as a rebalance. */
bool ckafka_consumer_subscribe(
    ckafka_consumer *consumer, const char *const *topics, size_t topic_count, ckafka_error *error);

/*
 * Waits until something is there: a rebalance to answer, an error, records of a partition that is
 * not held, or a wake; at most `timeout_ms`. Serves librdkafka meanwhile (rebalances, statistics,
 * commit results) and counts as a poll for `max.poll.interval.ms`, as does `fetch`. Returns at once
 * when something is there already, so it never misses what came between two calls.
 */
typedef struct ckafka_ready {
    bool has_rebalance;
    bool has_error;
    bool was_woken;
    int32_t partition_count; /* how many partitions are ready, held ones not counted */
} ckafka_ready;

ckafka_ready ckafka_consumer_wait(ckafka_consumer *consumer, int32_t timeout_ms);

/* Makes the wait that is under way, or else the next one, return at once. From any thread. */
void ckafka_consumer_wake(ckafka_consumer *consumer);

/*
 * Takes the oldest error that concerns the consumer as a whole, or a topic that is not fetched yet:
 * brokers away, authentication, unknown topics, `max.poll.interval.ms` exceeded, a commit that
 * failed behind `commit_async`, a fatal error. Most are information: librdkafka goes on trying
 * unless `is_fatal`. False: there is none.
 */
bool ckafka_consumer_next_error(ckafka_consumer *consumer, ckafka_error *error);

/* -- rebalance: the shim reports, the caller decides -- */

typedef enum ckafka_rebalance_kind {
    CKAFKA_REBALANCE_ASSIGN = 1, /* partitions are ours (cooperative: these are added) */
    CKAFKA_REBALANCE_REVOKE = 2, /* partitions go: commit, then unassign */
    CKAFKA_REBALANCE_LOST = 3,   /* partitions are gone: abort, never commit, then unassign */
} ckafka_rebalance_kind;

typedef enum ckafka_rebalance_protocol {
    CKAFKA_PROTOCOL_EAGER = 1,       /* answer with assign / unassign */
    CKAFKA_PROTOCOL_COOPERATIVE = 2, /* answer with incremental_assign / incremental_unassign */
} ckafka_rebalance_protocol;

typedef struct ckafka_rebalance {
    ckafka_rebalance_kind kind;
    ckafka_rebalance_protocol protocol;
    const ckafka_partition *partitions; /* topic and partition; offset is CKAFKA_OFFSET_NONE */
    size_t count;                       /* may be 0: an empty (addition to the) assignment */
} ckafka_rebalance;

/*
 * The rebalance that waits for its answer; NULL: none. It stays, and the group waits for us, until
 * one of the four calls below answers it; `wait` and `fetch` go on working in between, and must be
 * called often enough for `max.poll.interval.ms`. Valid until it is answered.
 *
 * Between the moment that librdkafka begins a rebalance and the answer it fetches nothing.
 */
const ckafka_rebalance *ckafka_consumer_rebalance(ckafka_consumer *consumer);

/*
 * Replaces the assignment: answers ASSIGN of the eager protocol, and starts a consumer that is not
 * subscribed. `partitions[i].offset` is where to begin: an offset, CKAFKA_OFFSET_BEGINNING or END.
 * (Ask `committed` for the group's offset: the metadata is needed anyway.) Writes the index of each
 * partition to `indices[i]` (the same as before for a partition that stays); an index is valid
 * until its partition is unassigned, then it may be used anew.
 *
 * The four calls fail with CKAFKA_CODE_STATE, and change nothing, when another answer is waited
 * for, or none while subscribed. On any failure the rebalance goes on waiting for its answer.
 */
bool ckafka_consumer_assign(
    ckafka_consumer *consumer, const ckafka_partition *partitions, size_t count, int32_t *indices,
    ckafka_error *error);
/* Answers REVOKE and LOST of the eager protocol: no partition is left, no index valid. */
bool ckafka_consumer_unassign(ckafka_consumer *consumer, ckafka_error *error);
/* Answers ASSIGN of the cooperative protocol. As `assign`, but adds. A consumer that is not
 * subscribed may call this and its counterpart at any time: partitions that stay read on
 * undisturbed (seek those, they are refused here). */
bool ckafka_consumer_incremental_assign(
    ckafka_consumer *consumer, const ckafka_partition *partitions, size_t count, int32_t *indices,
    ckafka_error *error);
/* Answers REVOKE and LOST of the cooperative protocol: takes these partitions away. They may be the
 * rebalance's own `partitions`; one that was never assigned is passed over. */
bool ckafka_consumer_incremental_unassign(
    ckafka_consumer *consumer, const ckafka_partition *partitions, size_t count,
    ckafka_error *error);

/* True from when the group counts us as gone until the next (un)assign: do not commit. */
bool ckafka_consumer_assignment_lost(ckafka_consumer *consumer);

/* -- records -- */

/* The index of an assigned partition; -1: not assigned. */
int32_t ckafka_consumer_index(ckafka_consumer *consumer, const char *topic, int32_t partition);

/* True when `fetch` of this partition has something to say. */
bool ckafka_consumer_is_ready(ckafka_consumer *consumer, int32_t index);

/* Held: the partition's records do not end a `wait`. For a task that is full, or restoring. Local
 * to the shim; librdkafka goes on filling the partition's queue up to its limit. */
void ckafka_consumer_hold(ckafka_consumer *consumer, int32_t index, bool is_held);

/*
 * Replaces what `batch` holds by what the partition's queue holds, without waiting: up to
 * `max_records`, and up to the record that reaches `max_bytes` (at most 1,000,000,000). Records
 * come in offset order, each once.
 *
 * False: the partition reported `error` (`code`, `text`; e.g. the offset is out of range, no
 * authorisation); `batch` is then empty. Records that came before the error were handed out by the
 * call before. librdkafka goes on trying unless `is_fatal`, but for
 * CKAFKA_CODE_NO_OFFSET_TO_START_AT: that partition stands still until it is sought.
 */
bool ckafka_consumer_fetch(
    ckafka_consumer *consumer, int32_t index, ckafka_batch *batch, size_t max_records,
    size_t max_bytes, ckafka_error *error);

/* Goes on from `offset` (an offset, CKAFKA_OFFSET_BEGINNING or END); what was prefetched is
 * dropped. A rewind after an abort. */
bool ckafka_consumer_seek(
    ckafka_consumer *consumer, int32_t index, int64_t offset, ckafka_error *error);

/* -- offsets -- */

/*
 * Commits `offset` (the next one to read) and `metadata` of each partition and waits for the
 * answer. CKAFKA_CODE_TIMED_OUT: the outcome is not known. A member of a group commits only what is
 * assigned to it (CKAFKA_CODE_STATE otherwise) and not lost (CKAFKA_CODE_ASSIGNMENT_LOST).
 */
bool ckafka_consumer_commit(
    ckafka_consumer *consumer, const ckafka_partition *partitions, size_t count, int32_t timeout_ms,
    ckafka_error *error);

/* The same without waiting. A failure comes through `next_error`; `commits_in_flight` counts. */
bool ckafka_consumer_commit_async(
    ckafka_consumer *consumer, const ckafka_partition *partitions, size_t count,
    ckafka_error *error);
int32_t ckafka_consumer_commits_in_flight(ckafka_consumer *consumer);

/* The group's committed offsets and metadata: `offset` is CKAFKA_OFFSET_NONE where there is none.
 * Offsets of transactions that are still open are waited for. Destroy the list. NULL: failed. */
ckafka_partition_list *ckafka_consumer_committed(
    ckafka_consumer *consumer, const ckafka_partition *partitions, size_t count, int32_t timeout_ms,
    ckafka_error *error);

/* The first offset and the end of a partition, asked of the broker. With `read_committed` the end
 * lies before the first transaction that is still open. */
bool ckafka_consumer_watermarks(
    ckafka_consumer *consumer, const char *topic, int32_t partition, int32_t timeout_ms,
    int64_t *low, int64_t *high, ckafka_error *error);
/* The same as the last fetch response told, for lag, without asking. False: not known yet. */
bool ckafka_consumer_cached_watermarks(
    ckafka_consumer *consumer, int32_t index, int64_t *low, int64_t *high);

/* Who we are in the group at this moment, for `ckafka_producer_send_offsets`. NULL: not in a group.
 * Take it afresh for each transaction, after the last rebalance was answered. */
typedef struct ckafka_group_metadata ckafka_group_metadata;
ckafka_group_metadata *ckafka_consumer_group_metadata(ckafka_consumer *consumer);
/* The group's generation; -1: no member. A broker takes offsets of such metadata unchecked (from
 * Kafka's protocol before fencing), so they must not be sent. */
int32_t ckafka_group_metadata_generation(const ckafka_group_metadata *metadata);
/* NULL is allowed. */
void ckafka_group_metadata_destroy(ckafka_group_metadata *metadata);

/* -- the end -- */

/*
 * Leaves the group, from any state: a rebalance that is not answered yet is answered, partitions
 * are unassigned without a commit (commit before). At most about `timeout_ms`; false: the group
 * could not be told in time (broker away) and will notice by itself. Logs and errors can still be
 * read. Idempotent.
 */
bool ckafka_consumer_close(ckafka_consumer *consumer, int32_t timeout_ms, ckafka_error *error);

/*
 * Frees the consumer, closing it first (within 5 seconds) if that was not done. Takes milliseconds
 * after a clean close, otherwise up to 1 second; what librdkafka does not let go of by then is left
 * behind with its threads. NULL is allowed.
 */
void ckafka_consumer_destroy(ckafka_consumer *consumer);

#ifdef __cplusplus
}
#endif

#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>

#include "CKafka.h"

/* Errors. */

/* No error. */
void error_clear(ckafka_error *error);
/* A code with the text that belongs to it, or with `text` where librdkafka knows more. */
void error_set(ckafka_error *error, rd_kafka_resp_err_t code, const char *text);
/* Takes and frees `source`; NULL clears. True when there was no error. */
bool error_take(ckafka_error *error, rd_kafka_error_t *source);
/* True when `code` is no error. */
bool error_from_code(ckafka_error *error, rd_kafka_resp_err_t code);
/* The error that an instance has met behind the scenes, with the cause behind _FATAL. */
void error_from_instance(ckafka_error *error, rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         const char *text);

/* Copies a text into a fixed field, cut off at its end, always with a NUL. */
void text_copy(char *target, size_t capacity, const char *text);

/* A ring of errors that nobody has asked for yet; the oldest give way. */
enum { ERROR_RING_CAPACITY = 32 };

typedef struct error_ring {
    ckafka_error items[ERROR_RING_CAPACITY];
    size_t first;
    size_t count;
} error_ring;

void error_ring_add(error_ring *ring, const ckafka_error *error);
bool error_ring_take(error_ring *ring, ckafka_error *error);

/* Logs. */

ckafka_logs *logs_create(void);
void logs_destroy(ckafka_logs *logs);
void logs_add(ckafka_logs *logs, int level, const char *facility, const char *text);

/* What every handle has. It is the `opaque` of its librdkafka instance. */
typedef struct client {
    rd_kafka_t *rk;
    ckafka_logs *logs;
    error_ring errors;
    char *statistics;
    size_t statistics_count;
    uint64_t statistics_sequence;
} client;

/*
 * How an instance is made. `defaults` are set before the caller's properties, which may override
 * them; `fixed` are set too, and a caller's property of that name with another value is refused.
 * `required` must be among the caller's properties (NULL: nothing must). `prepare` adds the
 * callbacks of the kind (NULL: none).
 */
typedef struct client_recipe {
    rd_kafka_type_t type;
    const ckafka_property *defaults;
    size_t default_count;
    const ckafka_property *fixed;
    size_t fixed_count;
    const char *required;
    void (*prepare)(rd_kafka_conf_t *conf);
} client_recipe;

bool client_open(client *client, const client_recipe *recipe, const ckafka_property *properties,
                 size_t property_count, ckafka_error *error);
/*
 * Destroys the instance, then what the client owns. False: librdkafka did not end in time (it waits
 * for a thread that sits in a name lookup, or in a state that it never leaves), and its threads may
 * still use the memory: the caller leaves its own alone. A leak is better than a hang.
 */
bool client_close(client *client, int destroy_flags, int32_t timeout_ms);

/* What an instance gets that has nothing left to wait for. */
enum { CLIENT_CLOSE_TIMEOUT_MS = 5000 };

ckafka_statistics client_statistics(const client *client);

/* The property of this name; NULL: not there. */
const ckafka_property *property_find(const ckafka_property *properties, size_t count,
                                     const char *name);

/* A clock that only goes forward. */
int64_t clock_ms(void);

/* Lists of partitions. */

/* librdkafka's list of these partitions, with offsets and metadata. */
rd_kafka_topic_partition_list_t *list_from_partitions(const ckafka_partition *partitions,
                                                      size_t count);
/* Our copy of librdkafka's list. NULL is taken for an empty list. */
ckafka_partition_list *list_copy(const rd_kafka_topic_partition_list_t *source);
/* Writes offsets and codes of `source` back to the partitions of the same name. False, with the
 * first of them in `error`: a partition has an error of its own. */
bool list_write_back(ckafka_partition *partitions, size_t count,
                     const rd_kafka_topic_partition_list_t *source, ckafka_error *error);
/* The first partition's own error, if there is one, with its name. True when there is none. */
bool list_check(ckafka_error *error, const rd_kafka_topic_partition_list_t *list);

/* Replaces each partition's `offset`, a time or a logical offset, by the offset it stands for. */
bool list_offsets(rd_kafka_t *rk, ckafka_partition *partitions, size_t count, int32_t timeout_ms,
                  ckafka_error *error);

/* The first offset and the end of a partition. Where the end lies depends on the instance's
 * `isolation.level`. */
bool list_watermarks(rd_kafka_t *rk, const char *topic, int32_t partition, int32_t timeout_ms,
                     int64_t *low, int64_t *high, ckafka_error *error);

/* Batches. */

/* Room for `count` more bytes and the padding behind them. False: no memory. */
bool batch_reserve_bytes(ckafka_batch *batch, size_t count);
/* Room for one more slot. False: no memory. */
bool batch_reserve_slot(ckafka_batch *batch);
void batch_clear(ckafka_batch *batch);
/* Appends a message with its headers. False, and nothing is appended: no memory. */
bool batch_append(ckafka_batch *batch, const rd_kafka_message_t *message);
/* Zeroes the padding behind the bytes. */
void batch_seal(ckafka_batch *batch);

struct ckafka_group_metadata {
    rd_kafka_consumer_group_metadata_t *metadata;
};

/* Memory that a process cannot go on without: small, and asked for outside of the data path. */
void *checked_calloc(size_t count, size_t size);
/* NULL is taken for "". */
char *checked_strdup(const char *text);

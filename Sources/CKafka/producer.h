#pragma once

#include "internal.h"

/* What the delivery reports told of a partition's offsets. */
typedef struct written_offset {
    int64_t behind; /* the highest offset that a record was acknowledged with, and 1; 0: none */
    /* The last record came without its offset, and the next may be counted on from that. */
    bool is_unknown;
    int64_t next_unknown;
} written_offset;

/* A topic that records are sent to. Its address is the opaque of the records that name their
 * partition themselves, so it never moves. */
typedef struct producer_topic {
    rd_kafka_topic_t *handle;
    written_offset *written; /* by partition */
    size_t written_capacity;
} producer_topic;

struct ckafka_producer {
    client client; /* first: librdkafka's opaque is the address of both */
    producer_topic **topics;
    size_t topic_count;
    size_t topic_capacity;
    uint64_t accepted;
    uint64_t delivered;
    uint64_t failed;
    ckafka_error first_failure; /* since it was last taken; code 0: none */
    bool is_in_transaction;
};

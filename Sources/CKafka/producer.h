#pragma once

#include "internal.h"

struct ckafka_producer {
    client client; /* first: librdkafka's opaque is the address of both */
    rd_kafka_topic_t **topics;
    size_t topic_count;
    size_t topic_capacity;
    uint64_t accepted;
    uint64_t delivered;
    uint64_t failed;
    ckafka_error first_failure; /* since it was last taken; code 0: none */
    bool is_in_transaction;
};

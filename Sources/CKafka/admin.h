#pragma once

#include "internal.h"

struct ckafka_admin {
    client client; /* first: librdkafka's opaque is the address of both */
};

/* One admin request: its options, and the queue that its result comes to. */
typedef struct admin_request {
    rd_kafka_AdminOptions_t *options;
    rd_kafka_queue_t *queue;
    int32_t timeout_ms;
} admin_request;

admin_request request_begin(ckafka_admin *admin, rd_kafka_admin_op_t operation, int32_t timeout_ms);
/* Waits for the result and frees the request. NULL: it failed as a whole, and `error` says why. */
rd_kafka_event_t *request_finish(admin_request *request, ckafka_error *error);

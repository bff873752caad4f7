#include <stdlib.h>
#include <string.h>

#include "admin.h"

/* librdkafka takes no longer one. */
enum { MAXIMUM_TIMEOUT_MS = 3600000 };

/* librdkafka's own timer ends a request; we only look a little longer than that for its result. */
enum { RESULT_MARGIN_MS = 2000 };

/* What would make the client a member of a group, or the producer of a transaction. */
static bool is_left_out(const char *name) {
    static const char *const names[] = {"group.id", "group.instance.id", "transactional.id",
                                        "enable.idempotence"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

ckafka_admin *ckafka_admin_create(const ckafka_property *properties, size_t property_count,
                                  ckafka_error *error) {
    /* A consumer, because a producer's metadata requests create the topics that they ask for. */
    static const ckafka_property fixed[] = {{"log.queue", "false"}};
    static const client_recipe recipe = {
        .type = RD_KAFKA_CONSUMER,
        .fixed = fixed,
        .fixed_count = sizeof(fixed) / sizeof(*fixed),
    };
    ckafka_property *kept = checked_calloc(property_count + 1, sizeof(*kept));
    int32_t *kept_index = checked_calloc(property_count + 1, sizeof(*kept_index));
    size_t kept_count = 0;
    for (size_t i = 0; i < property_count; i++) {
        if (is_left_out(properties[i].name)) continue;
        kept_index[kept_count] = (int32_t)i;
        kept[kept_count++] = properties[i];
    }
    ckafka_admin *admin = checked_calloc(1, sizeof(*admin));
    if (!client_open(&admin->client, &recipe, kept, kept_count, error)) {
        if (error->property_index >= 0) error->property_index = kept_index[error->property_index];
        free(admin);
        admin = NULL;
    }
    free(kept_index);
    free(kept);
    return admin;
}

ckafka_logs *ckafka_admin_logs(ckafka_admin *admin) { return admin->client.logs; }

bool ckafka_admin_next_error(ckafka_admin *admin, ckafka_error *error) {
    rd_kafka_poll(admin->client.rk, 0);
    return error_ring_take(&admin->client.errors, error);
}

void ckafka_admin_destroy(ckafka_admin *admin) {
    if (!admin) return;
    if (client_close(&admin->client, 0, CLIENT_CLOSE_TIMEOUT_MS)) free(admin);
}

admin_request request_begin(ckafka_admin *admin, rd_kafka_admin_op_t operation,
                            int32_t timeout_ms) {
    rd_kafka_t *rk = admin->client.rk;
    admin_request request = {
        .options = rd_kafka_AdminOptions_new(rk, operation),
        .queue = rd_kafka_queue_new(rk),
        .timeout_ms =
            timeout_ms < 0 || timeout_ms > MAXIMUM_TIMEOUT_MS ? MAXIMUM_TIMEOUT_MS : timeout_ms,
    };
    char reason[256];
    rd_kafka_AdminOptions_set_request_timeout(request.options, request.timeout_ms, reason,
                                              sizeof(reason));
    return request;
}

rd_kafka_event_t *request_finish(admin_request *request, ckafka_error *error) {
    rd_kafka_event_t *event =
        rd_kafka_queue_poll(request->queue, request->timeout_ms + RESULT_MARGIN_MS);
    rd_kafka_AdminOptions_destroy(request->options);
    rd_kafka_queue_destroy(request->queue);
    if (!event) {
        error_set(error, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL);
        return NULL;
    }
    error_set(error, rd_kafka_event_error(event), rd_kafka_event_error_string(event));
    if (error->code == CKAFKA_CODE_NONE) return event;
    rd_kafka_event_destroy(event);
    return NULL;
}

#include <string.h>

#include "producer.h"

/* One length of the flat encoding of headers; false: the bytes end before it does. */
static bool read_length(const uint8_t **cursor, const uint8_t *end, uint32_t *value) {
    const uint8_t *at = *cursor;
    if (end - at < 4) return false;
    *value = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
             (uint32_t)at[3] << 24;
    *cursor = at + 4;
    return true;
}

/* Adds the next header; false: malformed. */
static bool read_header(rd_kafka_headers_t *headers, const uint8_t **cursor, const uint8_t *end) {
    uint32_t name_count;
    uint32_t value_count;
    if (!read_length(cursor, end, &name_count) || (size_t)(end - *cursor) < name_count)
        return false;
    const char *name = (const char *)*cursor;
    *cursor += name_count;
    if (!read_length(cursor, end, &value_count)) return false;
    const uint8_t *value = *cursor;
    if (value_count == UINT32_MAX) {
        rd_kafka_header_add(headers, name, name_count, NULL, 0);
        return true;
    }
    if ((size_t)(end - value) < value_count) return false;
    rd_kafka_header_add(headers, name, name_count, value, value_count);
    *cursor += value_count;
    return true;
}

/* NULL: malformed. */
static rd_kafka_headers_t *read_headers(const uint8_t *bytes, size_t count) {
    const uint8_t *end = bytes + count;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
    while (bytes < end) {
        if (read_header(headers, &bytes, end)) continue;
        rd_kafka_headers_destroy(headers);
        return NULL;
    }
    return headers;
}

/* librdkafka takes NULL for absent, so what is empty needs an address: any will do. */
static void *address(const uint8_t *bytes, uint32_t start, int32_t count) {
    static const uint8_t nothing;
    if (count < 0) return NULL;
    return (void *)(count == 0 ? &nothing : bytes + start);
}

/* librdkafka reads 0 as the present time, and Kafka knows no time before 1970. */
static int64_t timestamp(const ckafka_output_slot *slot) {
    if (slot->timestamp == -1) return 0;
    return slot->timestamp > 0 ? slot->timestamp : 1;
}

enum { VALUES_WITHOUT_HEADERS = 7, VALUES_WITH_HEADERS = 8 };

static rd_kafka_error_t *produce(ckafka_producer *producer, const uint8_t *bytes,
                                 const ckafka_output_slot *slot) {
    producer_topic *topic = producer->topics[slot->topic];
    rd_kafka_vu_t values[VALUES_WITH_HEADERS] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic->handle},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = slot->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = address(bytes, slot->key_start, slot->key_count),
                   .size = slot->key_count > 0 ? (size_t)slot->key_count : 0}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = address(bytes, slot->value_start, slot->value_count),
                   .size = slot->value_count > 0 ? (size_t)slot->value_count : 0}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = timestamp(slot)},
        /* The delivery report then notes the offset. */
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = slot->partition >= 0 ? topic : NULL},
    };
    if (slot->headers_count <= 0)
        return rd_kafka_produceva(producer->client.rk, values, VALUES_WITHOUT_HEADERS);

    rd_kafka_headers_t *headers =
        read_headers(bytes + slot->headers_start, (size_t)slot->headers_count);
    if (!headers)
        return rd_kafka_error_new(RD_KAFKA_RESP_ERR__INVALID_ARG,
                                  "The record's headers are malformed");
    values[VALUES_WITHOUT_HEADERS] =
        (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    rd_kafka_error_t *failure =
        rd_kafka_produceva(producer->client.rk, values, VALUES_WITH_HEADERS);
    /* librdkafka owns the headers only of what it accepted. */
    if (failure) rd_kafka_headers_destroy(headers);
    return failure;
}

static void classify(ckafka_producer *producer, rd_kafka_error_t *failure, ckafka_error *error) {
    error_take(error, failure);
    if (error->is_fatal)
        error_from_instance(error, producer->client.rk, RD_KAFKA_RESP_ERR__FATAL, error->text);
    /* A transaction that can only be aborted refuses records with _STATE, and says no more. */
    error->requires_abort = error->requires_abort || (producer->is_in_transaction &&
                                                      error->code == RD_KAFKA_RESP_ERR__STATE);
}

size_t ckafka_producer_send(ckafka_producer *producer, const uint8_t *bytes,
                            const ckafka_output_slot *slots, size_t first, size_t count,
                            ckafka_error *error) {
    error_clear(error);
    for (size_t i = 0; i < count; i++) {
        const ckafka_output_slot *slot = &slots[first + i];
        if (slot->topic < 0 || (size_t)slot->topic >= producer->topic_count) {
            error_set(error, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
                      "The record's topic was not registered with this producer");
            return i;
        }
        rd_kafka_error_t *failure = produce(producer, bytes, slot);
        if (failure) {
            classify(producer, failure, error);
            return i;
        }
        producer->accepted++;
    }
    return count;
}

#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Readable bytes that must follow the last record: simdjson reads past the end. */
enum { BATCH_PADDING = 64 };

ckafka_batch *ckafka_batch_create(void) {
    ckafka_batch *batch = calloc(1, sizeof(*batch));
    if (!batch) return NULL;
    batch->position = CKAFKA_OFFSET_NONE;
    if (!batch_reserve_bytes(batch, 0) || !batch_reserve_slot(batch)) {
        ckafka_batch_destroy(batch);
        return NULL;
    }
    return batch;
}

void ckafka_batch_destroy(ckafka_batch *batch) {
    if (!batch) return;
    free((void *)batch->bytes);
    free((void *)batch->slots);
    free(batch);
}

bool batch_reserve_bytes(ckafka_batch *batch, size_t count) {
    size_t needed = batch->byte_count + count + BATCH_PADDING;
    if (needed <= batch->byte_capacity) return true;
    size_t capacity = batch->byte_capacity * 2;
    if (capacity < needed) capacity = needed;
    if (capacity < 4096) capacity = 4096;
    uint8_t *bytes = realloc((void *)batch->bytes, capacity);
    if (!bytes) return false;
    batch->bytes = bytes;
    batch->byte_capacity = capacity;
    return true;
}

bool batch_reserve_slot(ckafka_batch *batch) {
    if (batch->count < batch->slot_capacity) return true;
    size_t capacity = batch->slot_capacity < 64 ? 64 : batch->slot_capacity * 2;
    ckafka_slot *slots = realloc((void *)batch->slots, capacity * sizeof(*slots));
    if (!slots) return false;
    batch->slots = slots;
    batch->slot_capacity = capacity;
    return true;
}

void batch_clear(ckafka_batch *batch) {
    batch->byte_count = 0;
    batch->count = 0;
    batch->reached_end = false;
    batch->has_more = false;
}

void batch_seal(ckafka_batch *batch) {
    memset((uint8_t *)batch->bytes + batch->byte_count, 0, BATCH_PADDING);
}

/* Appends without a check: room was reserved. */
static uint32_t put(ckafka_batch *batch, const void *source, size_t count) {
    uint32_t start = (uint32_t)batch->byte_count;
    if (count > 0) memcpy((uint8_t *)batch->bytes + start, source, count);
    batch->byte_count += count;
    return start;
}

static void put_length(ckafka_batch *batch, uint32_t value) {
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    put(batch, bytes, sizeof(bytes));
}

static size_t headers_size(const rd_kafka_headers_t *headers) {
    const char *name;
    const void *value;
    size_t value_count;
    size_t size = 0;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &value_count) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR;
         i++)
        size += 8 + strlen(name) + value_count;
    return size;
}

static void put_headers(ckafka_batch *batch, const rd_kafka_headers_t *headers) {
    const char *name;
    const void *value;
    size_t value_count;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &value_count) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        size_t name_count = strlen(name);
        put_length(batch, (uint32_t)name_count);
        put(batch, name, name_count);
        put_length(batch, value ? (uint32_t)value_count : UINT32_MAX);
        put(batch, value, value ? value_count : 0);
    }
}

bool batch_append(ckafka_batch *batch, const rd_kafka_message_t *message) {
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) headers = NULL;
    size_t header_count = headers ? headers_size(headers) : 0;
    /* librdkafka gives a count with the NULL of a key or a value that is absent: it is 0. */
    size_t key_count = message->key ? message->key_len : 0;
    size_t value_count = message->payload ? message->len : 0;
    if (!batch_reserve_slot(batch) ||
        !batch_reserve_bytes(batch, key_count + value_count + header_count))
        return false;

    ckafka_slot *slot = (ckafka_slot *)&batch->slots[batch->count];
    rd_kafka_timestamp_type_t kind;
    slot->offset = message->offset;
    slot->timestamp = rd_kafka_message_timestamp(message, &kind);
    slot->key_start = put(batch, message->key, key_count);
    slot->key_count = message->key ? (int32_t)key_count : -1;
    slot->value_start = put(batch, message->payload, value_count);
    slot->value_count = message->payload ? (int32_t)value_count : -1;
    slot->headers_start = (uint32_t)batch->byte_count;
    slot->headers_count = (int32_t)header_count;
    if (headers) put_headers(batch, headers);
    batch->count++;
    return true;
}

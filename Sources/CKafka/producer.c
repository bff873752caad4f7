#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producer.h"

static void grow_written(producer_topic *topic, size_t needed) {
    size_t capacity = topic->written_capacity == 0 ? 16 : topic->written_capacity * 2;
    if (capacity < needed) capacity = needed;
    written_offset *written = checked_calloc(capacity, sizeof(*written));
    if (topic->written_capacity > 0)
        memcpy(written, topic->written, topic->written_capacity * sizeof(*written));
    free(topic->written);
    topic->written = written;
    topic->written_capacity = capacity;
}

/*
 * A broker that has the records of a request already does not tell where, and librdkafka 2.0.2
 * then numbers them all the same: from a negative offset on, until they look like real ones. A
 * number that continues such a row is none.
 */
static void note_written(const rd_kafka_message_t *message) {
    producer_topic *topic = message->_private;
    if (!topic || message->partition < 0) return;
    size_t partition = (size_t)message->partition;
    if (partition >= topic->written_capacity) grow_written(topic, partition + 1);
    written_offset *written = &topic->written[partition];
    bool continues = written->is_unknown && message->offset == written->next_unknown;
    written->is_unknown = message->offset < 0 || continues;
    written->next_unknown = message->offset + 1;
    if (!written->is_unknown && written->behind <= message->offset)
        written->behind = message->offset + 1;
}

static void count_delivery(ckafka_producer *producer, const rd_kafka_message_t *message) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer->delivered++;
        note_written(message);
        return;
    }
    producer->failed++;
    /* What an abort (or a purge) threw away failed for a cause that was told already. */
    bool was_purged = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                      message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (was_purged || producer->first_failure.code != CKAFKA_CODE_NONE) return;
    char text[512];
    snprintf(text, sizeof(text), "%s [%d]: %s",
             message->rkt ? rd_kafka_topic_name(message->rkt) : "?", message->partition,
             rd_kafka_err2str(message->err));
    error_from_instance(&producer->first_failure, producer->client.rk, message->err, text);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
    (void)rk;
    count_delivery(opaque, message);
}

static void prepare(rd_kafka_conf_t *conf) { rd_kafka_conf_set_dr_msg_cb(conf, on_delivery); }

ckafka_producer *ckafka_producer_create(const ckafka_property *properties, size_t property_count,
                                        ckafka_error *error) {
    static const ckafka_property defaults[] = {{"partitioner", "murmur2_random"}};
    static const ckafka_property fixed[] = {{"log.queue", "false"}};
    static const client_recipe recipe = {
        .type = RD_KAFKA_PRODUCER,
        .defaults = defaults,
        .default_count = sizeof(defaults) / sizeof(*defaults),
        .fixed = fixed,
        .fixed_count = sizeof(fixed) / sizeof(*fixed),
        .prepare = prepare,
    };
    ckafka_producer *producer = checked_calloc(1, sizeof(*producer));
    if (!client_open(&producer->client, &recipe, properties, property_count, error)) {
        free(producer);
        return NULL;
    }
    error_clear(&producer->first_failure);
    return producer;
}

ckafka_logs *ckafka_producer_logs(ckafka_producer *producer) { return producer->client.logs; }

ckafka_statistics ckafka_producer_statistics(ckafka_producer *producer) {
    return client_statistics(&producer->client);
}

static void grow_topics(ckafka_producer *producer) {
    size_t capacity = producer->topic_count == 0 ? 16 : producer->topic_count * 2;
    producer_topic **topics = checked_calloc(capacity, sizeof(*topics));
    if (producer->topic_count > 0)
        memcpy(topics, producer->topics, producer->topic_count * sizeof(*topics));
    free(producer->topics);
    producer->topics = topics;
    producer->topic_capacity = capacity;
}

int32_t ckafka_producer_topic(ckafka_producer *producer, const char *name, ckafka_error *error) {
    error_clear(error);
    for (size_t i = 0; i < producer->topic_count; i++)
        if (strcmp(rd_kafka_topic_name(producer->topics[i]->handle), name) == 0)
            return (int32_t)i;
    if (producer->topic_count == producer->topic_capacity) grow_topics(producer);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer->client.rk, name, NULL);
    if (!handle) {
        error_from_code(error, rd_kafka_last_error());
        return -1;
    }
    producer_topic *topic = checked_calloc(1, sizeof(*topic));
    topic->handle = handle;
    producer->topics[producer->topic_count] = topic;
    return (int32_t)producer->topic_count++;
}

int64_t ckafka_producer_written(const ckafka_producer *producer, int32_t topic,
                                int32_t partition) {
    if (topic < 0 || (size_t)topic >= producer->topic_count) return CKAFKA_OFFSET_NONE;
    const producer_topic *known = producer->topics[topic];
    if (partition < 0 || (size_t)partition >= known->written_capacity) return CKAFKA_OFFSET_NONE;
    int64_t behind = known->written[partition].behind;
    return behind > 0 ? behind : CKAFKA_OFFSET_NONE;
}

void ckafka_producer_poll(ckafka_producer *producer, int32_t timeout_ms) {
    rd_kafka_poll(producer->client.rk, timeout_ms);
}

ckafka_delivery ckafka_producer_delivery(ckafka_producer *producer) {
    return (ckafka_delivery){
        .accepted = producer->accepted,
        .delivered = producer->delivered,
        .failed = producer->failed,
        .outstanding = producer->accepted - producer->delivered - producer->failed,
    };
}

bool ckafka_producer_take_failure(ckafka_producer *producer, ckafka_error *error) {
    *error = producer->first_failure;
    error_clear(&producer->first_failure);
    return error->code != CKAFKA_CODE_NONE;
}

bool ckafka_producer_next_error(ckafka_producer *producer, ckafka_error *error) {
    return error_ring_take(&producer->client.errors, error);
}

bool ckafka_producer_flush(ckafka_producer *producer, int32_t timeout_ms, ckafka_error *error) {
    return error_from_code(error, rd_kafka_flush(producer->client.rk, timeout_ms));
}

void ckafka_producer_purge(ckafka_producer *producer) {
    rd_kafka_purge(producer->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    /* The reports of what was dropped lie ready: count them. */
    rd_kafka_poll(producer->client.rk, 0);
}

bool ckafka_producer_fatal_error(ckafka_producer *producer, ckafka_error *error) {
    error_clear(error);
    char text[512];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->client.rk, text, sizeof(text));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    error_set(error, code, text);
    error->is_fatal = true;
    error->is_retriable = false;
    return true;
}

void ckafka_producer_destroy(ckafka_producer *producer) {
    if (!producer) return;
    for (size_t i = 0; i < producer->topic_count; i++)
        rd_kafka_topic_destroy(producer->topics[i]->handle);
    /* Otherwise librdkafka complains in its log of what is lost; the caller knows. */
    rd_kafka_purge(producer->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                            RD_KAFKA_PURGE_F_NON_BLOCKING);
    /* Its last reports are still served while it closes, and they look at the topics. */
    if (!client_close(&producer->client, 0, CLIENT_CLOSE_TIMEOUT_MS)) return;
    for (size_t i = 0; i < producer->topic_count; i++) {
        free(producer->topics[i]->written);
        free(producer->topics[i]);
    }
    free(producer->topics);
    free(producer);
}

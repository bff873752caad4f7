#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer.h"

/*
 * Whether these may be committed now. A member that commits what is not assigned to it is answered
 * that it is unknown, whereupon librdkafka 2.0.2 gives up its membership and joins again, for ever.
 */
static bool may_commit(ckafka_consumer *consumer, const ckafka_partition *partitions, size_t count,
                       ckafka_error *error) {
    error_clear(error);
    if (!consumer->is_subscribed) return true;
    if (ckafka_consumer_assignment_lost(consumer)) {
        error_set(error, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, NULL);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (partition_named(consumer, partitions[i].topic, partitions[i].partition)) continue;
        char text[512];
        snprintf(text, sizeof(text), "%s [%d] is not assigned to this consumer: nothing committed",
                 partitions[i].topic, partitions[i].partition);
        error_set(error, RD_KAFKA_RESP_ERR__STATE, text);
        return false;
    }
    return true;
}

bool ckafka_consumer_commit(ckafka_consumer *consumer, const ckafka_partition *partitions,
                            size_t count, int32_t timeout_ms, ckafka_error *error) {
    if (!may_commit(consumer, partitions, count, error)) return false;
    rd_kafka_t *rk = consumer->client.rk;
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, count);
    /* A queue of our own bounds the wait: `rd_kafka_commit` waits for as long as it takes. */
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    bool committed = error_from_code(error, rd_kafka_commit_queue(rk, list, queue, NULL, NULL));
    if (committed) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);
        if (event) {
            committed =
                error_from_code(error, rd_kafka_event_error(event)) &&
                list_check(error, rd_kafka_event_topic_partition_list(event));
            rd_kafka_event_destroy(event);
        } else {
            committed = error_from_code(error, RD_KAFKA_RESP_ERR__TIMED_OUT);
        }
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    return committed;
}

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *offsets, void *opaque) {
    (void)rk;
    ckafka_consumer *consumer = opaque;
    consumer->commits_in_flight--;
    ckafka_error error;
    if (error_from_code(&error, code) && list_check(&error, offsets)) return;
    error_ring_add(&consumer->client.errors, &error);
}

bool ckafka_consumer_commit_async(ckafka_consumer *consumer, const ckafka_partition *partitions,
                                  size_t count, ckafka_error *error) {
    if (!may_commit(consumer, partitions, count, error)) return false;
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, count);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(consumer->client.rk, list,
                                                     consumer->main_queue, on_commit, consumer);
    rd_kafka_topic_partition_list_destroy(list);
    if (!error_from_code(error, code)) return false;
    consumer->commits_in_flight++;
    return true;
}

int32_t ckafka_consumer_commits_in_flight(ckafka_consumer *consumer) {
    return consumer->commits_in_flight;
}

ckafka_partition_list *ckafka_consumer_committed(ckafka_consumer *consumer,
                                                 const ckafka_partition *partitions, size_t count,
                                                 int32_t timeout_ms, ckafka_error *error) {
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, count);
    rd_kafka_resp_err_t code = rd_kafka_committed(consumer->client.rk, list, timeout_ms);
    ckafka_partition_list *result = NULL;
    if (error_from_code(error, code) && list_check(error, list)) result = list_copy(list);
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

bool ckafka_consumer_watermarks(ckafka_consumer *consumer, const char *topic, int32_t partition,
                                int32_t timeout_ms, int64_t *low, int64_t *high,
                                ckafka_error *error) {
    return list_watermarks(consumer->client.rk, topic, partition, timeout_ms, low, high, error);
}

bool ckafka_consumer_cached_watermarks(ckafka_consumer *consumer, int32_t index, int64_t *low,
                                       int64_t *high) {
    assigned_partition *partition = partition_at(consumer, index);
    return partition &&
           rd_kafka_get_watermark_offsets(consumer->client.rk, partition->topic,
                                          partition->partition, low,
                                          high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           *low >= 0 && *high >= 0;
}

ckafka_group_metadata *ckafka_consumer_group_metadata(ckafka_consumer *consumer) {
    rd_kafka_consumer_group_metadata_t *metadata =
        rd_kafka_consumer_group_metadata(consumer->client.rk);
    if (!metadata) return NULL;
    ckafka_group_metadata *result = checked_calloc(1, sizeof(*result));
    result->metadata = metadata;
    return result;
}

int32_t ckafka_group_metadata_generation(const ckafka_group_metadata *metadata) {
    /* librdkafka has no getter, but a serialised form: a mark, then the generation. */
    static const char mark[] = "CGMDv2:";
    void *bytes = NULL;
    size_t size = 0;
    int32_t generation = -1;
    rd_kafka_error_t *failure =
        rd_kafka_consumer_group_metadata_write(metadata->metadata, &bytes, &size);
    if (failure) {
        rd_kafka_error_destroy(failure);
        return generation;
    }
    size_t start = sizeof(mark) - 1;
    if (size >= start + sizeof(generation) && memcmp(bytes, mark, start) == 0)
        memcpy(&generation, (const char *)bytes + start, sizeof(generation));
    rd_kafka_mem_free(NULL, bytes);
    return generation;
}

void ckafka_group_metadata_destroy(ckafka_group_metadata *metadata) {
    if (!metadata) return;
    rd_kafka_consumer_group_metadata_destroy(metadata->metadata);
    free(metadata);
}

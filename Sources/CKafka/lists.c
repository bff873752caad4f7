#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

rd_kafka_topic_partition_list_t *list_from_partitions(const ckafka_partition *partitions,
                                                      size_t count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        const ckafka_partition *source = &partitions[i];
        rd_kafka_topic_partition_t *item =
            rd_kafka_topic_partition_list_add(list, source->topic, source->partition);
        item->offset = source->offset;
        if (source->metadata) {
            /* The list frees it with librdkafka's allocator, which is the C library's. */
            item->metadata = checked_strdup(source->metadata);
            item->metadata_size = strlen(source->metadata);
        }
    }
    return list;
}

static char *metadata_text(const rd_kafka_topic_partition_t *item) {
    if (!item->metadata) return NULL;
    char *text = checked_calloc(1, item->metadata_size + 1);
    memcpy(text, item->metadata, item->metadata_size);
    return text;
}

ckafka_partition_list *list_copy(const rd_kafka_topic_partition_list_t *source) {
    ckafka_partition_list *list = checked_calloc(1, sizeof(*list));
    if (!source) return list;
    list->count = (size_t)source->cnt;
    list->items = checked_calloc(list->count + 1, sizeof(*list->items));
    for (size_t i = 0; i < list->count; i++) {
        const rd_kafka_topic_partition_t *item = &source->elems[i];
        list->items[i] = (ckafka_partition){.topic = checked_strdup(item->topic),
                                            .partition = item->partition,
                                            .code = item->err,
                                            .offset = item->offset,
                                            .metadata = metadata_text(item)};
    }
    return list;
}

void ckafka_partition_list_destroy(ckafka_partition_list *list) {
    if (!list) return;
    for (size_t i = 0; i < list->count; i++) {
        free((char *)list->items[i].topic);
        free((char *)list->items[i].metadata);
    }
    free(list->items);
    free(list);
}

bool list_write_back(ckafka_partition *partitions, size_t count,
                     const rd_kafka_topic_partition_list_t *source, ckafka_error *error) {
    for (size_t i = 0; i < count; i++) {
        /* The search does not write, though its parameter is not const. */
        const rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_find(
            (rd_kafka_topic_partition_list_t *)source, partitions[i].topic,
            partitions[i].partition);
        if (!item) continue;
        partitions[i].offset = item->offset;
        partitions[i].code = item->err;
    }
    return list_check(error, source);
}

bool list_check(ckafka_error *error, const rd_kafka_topic_partition_list_t *list) {
    for (int i = 0; list && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *item = &list->elems[i];
        if (item->err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        char text[512];
        snprintf(text, sizeof(text), "%s [%d]: %s", item->topic, item->partition,
                 rd_kafka_err2str(item->err));
        error_set(error, item->err, text);
        return false;
    }
    return true;
}

bool list_offsets(rd_kafka_t *rk, ckafka_partition *partitions, size_t count, int32_t timeout_ms,
                  ckafka_error *error) {
    if (count == 0) return error_from_code(error, RD_KAFKA_RESP_ERR_NO_ERROR);
    /* Kafka's request has -1 for the end and -2 for the beginning among its times, and so have our
     * offsets. This call keeps to its time limit; `rd_kafka_query_watermark_offsets` does not. */
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, count);
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, list, timeout_ms);
    bool listed =
        error_from_code(error, code) && list_write_back(partitions, count, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return listed;
}

bool list_watermarks(rd_kafka_t *rk, const char *topic, int32_t partition, int32_t timeout_ms,
                     int64_t *low, int64_t *high, ckafka_error *error) {
    ckafka_partition first = {
        .topic = topic, .partition = partition, .offset = CKAFKA_OFFSET_BEGINNING};
    ckafka_partition end = {.topic = topic, .partition = partition, .offset = CKAFKA_OFFSET_END};
    int64_t until = clock_ms() + timeout_ms;
    if (!list_offsets(rk, &first, 1, timeout_ms, error)) return false;
    int64_t left = until - clock_ms();
    if (!list_offsets(rk, &end, 1, left > 0 ? (int32_t)left : 0, error)) return false;
    *low = first.offset;
    *high = end.offset;
    return true;
}

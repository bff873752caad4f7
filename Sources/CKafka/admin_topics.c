#include <stdlib.h>
#include <string.h>

#include "admin.h"

/* The results of a request come in the order of the request, but are matched by name. */
static void fill_results(const rd_kafka_topic_result_t **source, size_t source_count,
                         const char *name, ckafka_error *result) {
    for (size_t i = 0; i < source_count; i++) {
        if (strcmp(rd_kafka_topic_result_name(source[i]), name) != 0) continue;
        error_set(result, rd_kafka_topic_result_error(source[i]),
                  rd_kafka_topic_result_error_string(source[i]));
        return;
    }
    error_set(result, RD_KAFKA_RESP_ERR__BAD_MSG, "The broker did not answer for this topic");
}

/* NULL: librdkafka refuses the topic, and `error` says why. */
static rd_kafka_NewTopic_t *new_topic(const ckafka_new_topic *source, ckafka_error *error) {
    char reason[512];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(source->name, source->partition_count, source->replication_factor,
                              reason, sizeof(reason));
    if (!topic) {
        error_set(error, RD_KAFKA_RESP_ERR__INVALID_ARG, reason);
        return NULL;
    }
    for (size_t i = 0; i < source->configuration_count; i++)
        rd_kafka_NewTopic_set_config(topic, source->configuration[i].name,
                                     source->configuration[i].value);
    return topic;
}

bool ckafka_admin_create_topics(ckafka_admin *admin, const ckafka_new_topic *topics, size_t count,
                                int32_t timeout_ms, ckafka_error *results, ckafka_error *error) {
    error_clear(error);
    if (count == 0) return true;
    rd_kafka_NewTopic_t **list = checked_calloc(count, sizeof(*list));
    size_t made = 0;
    while (made < count && (list[made] = new_topic(&topics[made], error))) made++;
    rd_kafka_event_t *event = NULL;
    if (made == count) {
        admin_request request = request_begin(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
        rd_kafka_CreateTopics(admin->client.rk, list, count, request.options, request.queue);
        event = request_finish(&request, error);
    }
    rd_kafka_NewTopic_destroy_array(list, made);
    free(list);
    if (!event) return false;
    size_t source_count = 0;
    const rd_kafka_topic_result_t **source = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event), &source_count);
    for (size_t i = 0; i < count; i++)
        fill_results(source, source_count, topics[i].name, &results[i]);
    rd_kafka_event_destroy(event);
    return true;
}

bool ckafka_admin_delete_topics(ckafka_admin *admin, const char *const *names, size_t count,
                                int32_t timeout_ms, ckafka_error *results, ckafka_error *error) {
    error_clear(error);
    if (count == 0) return true;
    rd_kafka_DeleteTopic_t **list = checked_calloc(count, sizeof(*list));
    for (size_t i = 0; i < count; i++) list[i] = rd_kafka_DeleteTopic_new(names[i]);
    admin_request request = request_begin(admin, RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout_ms);
    rd_kafka_DeleteTopics(admin->client.rk, list, count, request.options, request.queue);
    rd_kafka_event_t *event = request_finish(&request, error);
    rd_kafka_DeleteTopic_destroy_array(list, count);
    free(list);
    if (!event) return false;
    size_t source_count = 0;
    const rd_kafka_topic_result_t **source = rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(event), &source_count);
    for (size_t i = 0; i < count; i++) fill_results(source, source_count, names[i], &results[i]);
    rd_kafka_event_destroy(event);
    return true;
}

/* -- description -- */

static int32_t leaderless_count(const rd_kafka_metadata_topic_t *source) {
    int32_t count = 0;
    for (int i = 0; i < source->partition_cnt; i++)
        if (source->partitions[i].leader < 0) count++;
    return count;
}

static ckafka_topic describe(const rd_kafka_metadata_topic_t *source) {
    return (ckafka_topic){
        .name = checked_strdup(source->topic),
        .code = source->err,
        .partition_count = source->partition_cnt,
        .leaderless_count = leaderless_count(source),
        .replication_factor = source->partition_cnt > 0 ? source->partitions[0].replica_cnt : 0,
    };
}

static bool describe_one(ckafka_admin *admin, const char *name, int32_t timeout_ms,
                         ckafka_topic *topic, ckafka_error *error) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(admin->client.rk, name, NULL);
    if (!handle) return error_from_code(error, rd_kafka_last_error());
    const rd_kafka_metadata_t *metadata = NULL;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(admin->client.rk, 0, handle, &metadata, timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (!error_from_code(error, code)) return false;
    if (metadata->topic_cnt == 1)
        *topic = describe(&metadata->topics[0]);
    else
        *topic = (ckafka_topic){.name = checked_strdup(name),
                                .code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART};
    rd_kafka_metadata_destroy(metadata);
    return true;
}

static ckafka_topic_list *describe_all(ckafka_admin *admin, int32_t timeout_ms,
                                       ckafka_error *error) {
    const rd_kafka_metadata_t *metadata = NULL;
    if (!error_from_code(error,
                         rd_kafka_metadata(admin->client.rk, 1, NULL, &metadata, timeout_ms)))
        return NULL;
    ckafka_topic_list *list = checked_calloc(1, sizeof(*list));
    list->count = (size_t)metadata->topic_cnt;
    list->items = checked_calloc(list->count + 1, sizeof(*list->items));
    for (size_t i = 0; i < list->count; i++) list->items[i] = describe(&metadata->topics[i]);
    rd_kafka_metadata_destroy(metadata);
    return list;
}

ckafka_topic_list *ckafka_admin_describe_topics(ckafka_admin *admin, const char *const *names,
                                                size_t count, int32_t timeout_ms,
                                                ckafka_error *error) {
    error_clear(error);
    if (!names) return describe_all(admin, timeout_ms, error);
    int64_t until = clock_ms() + timeout_ms;
    ckafka_topic_list *list = checked_calloc(1, sizeof(*list));
    list->items = checked_calloc(count + 1, sizeof(*list->items));
    for (size_t i = 0; i < count; i++) {
        int64_t left = until - clock_ms();
        if (!describe_one(admin, names[i], left > 0 ? (int32_t)left : 0, &list->items[i], error)) {
            ckafka_topic_list_destroy(list);
            return NULL;
        }
        list->count++;
    }
    return list;
}

void ckafka_topic_list_destroy(ckafka_topic_list *list) {
    if (!list) return;
    for (size_t i = 0; i < list->count; i++) free((char *)list->items[i].name);
    free(list->items);
    free(list);
}

#include "producer.h"

/* librdkafka bounds each of these calls by the transaction timeout when it is given no limit; with a
 * shorter one a commit that timed out could not be told from one that is under way. */
enum { NO_LIMIT = -1 };

bool ckafka_producer_init_transactions(ckafka_producer *producer, ckafka_error *error) {
    return error_take(error, rd_kafka_init_transactions(producer->client.rk, NO_LIMIT));
}

bool ckafka_producer_begin_transaction(ckafka_producer *producer, ckafka_error *error) {
    if (!error_take(error, rd_kafka_begin_transaction(producer->client.rk))) return false;
    producer->is_in_transaction = true;
    return true;
}

bool ckafka_producer_send_offsets(ckafka_producer *producer, const ckafka_partition *partitions,
                                  size_t count, const ckafka_group_metadata *metadata,
                                  ckafka_error *error) {
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, count);
    bool sent =
        error_take(error, rd_kafka_send_offsets_to_transaction(producer->client.rk, list,
                                                               metadata->metadata, NO_LIMIT));
    rd_kafka_topic_partition_list_destroy(list);
    return sent;
}

bool ckafka_producer_commit_transaction(ckafka_producer *producer, ckafka_error *error) {
    if (!error_take(error, rd_kafka_commit_transaction(producer->client.rk, NO_LIMIT)))
        return false;
    producer->is_in_transaction = false;
    return true;
}

bool ckafka_producer_abort_transaction(ckafka_producer *producer, ckafka_error *error) {
    if (!error_take(error, rd_kafka_abort_transaction(producer->client.rk, NO_LIMIT)))
        return false;
    producer->is_in_transaction = false;
    return true;
}

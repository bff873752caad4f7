#include <stdlib.h>
#include <string.h>

#include "consumer.h"

/* A batch stays addressable by the 31 bits that `Events` has for a position in it. */
static const size_t maximum_batch_bytes = 1000000000;

assigned_partition *partition_at(ckafka_consumer *consumer, int32_t index) {
    if (index < 0 || (size_t)index >= consumer->partition_capacity) return NULL;
    return consumer->partitions[index];
}

assigned_partition *partition_named(ckafka_consumer *consumer, const char *topic,
                                    int32_t number) {
    for (size_t i = 0; i < consumer->partition_capacity; i++) {
        assigned_partition *partition = consumer->partitions[i];
        if (partition && partition->partition == number && strcmp(partition->topic, topic) == 0)
            return partition;
    }
    return NULL;
}

bool is_listed(const assigned_partition *partition, const ckafka_partition *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (list[i].partition == partition->partition &&
            strcmp(list[i].topic, partition->topic) == 0)
            return true;
    return false;
}

int32_t ckafka_consumer_index(ckafka_consumer *consumer, const char *topic, int32_t partition) {
    assigned_partition *found = partition_named(consumer, topic, partition);
    return found ? found->index : -1;
}

rd_kafka_topic_partition_list_t *positions(ckafka_consumer *consumer,
                                           const ckafka_partition *except, size_t except_count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (size_t i = 0; i < consumer->partition_capacity; i++) {
        assigned_partition *partition = consumer->partitions[i];
        if (!partition || is_listed(partition, except, except_count)) continue;
        rd_kafka_topic_partition_list_add(list, partition->topic, partition->partition)->offset =
            partition->position;
        /* It will begin anew: what lies in its queue is outdated, and what comes behind that is not
         * announced. */
        partition_set_ready(partition, true);
    }
    return list;
}

/* -- ready and held -- */

static bool is_counted(const assigned_partition *partition) {
    return partition->is_ready && !partition->is_held;
}

/* Sets both flags and keeps the count of ready partitions right. */
static void set_flags(assigned_partition *partition, bool is_ready, bool is_held) {
    ckafka_consumer *consumer = partition->consumer;
    bool was_counted = is_counted(partition);
    partition->is_ready = is_ready;
    partition->is_held = is_held;
    if (is_counted(partition) == was_counted) return;
    consumer->ready_count += was_counted ? -1 : 1;
    if (!was_counted) pthread_cond_signal(&consumer->something_came);
}

void partition_set_ready(assigned_partition *partition, bool is_ready) {
    pthread_mutex_lock(&partition->consumer->lock);
    set_flags(partition, is_ready, partition->is_held);
    pthread_mutex_unlock(&partition->consumer->lock);
}

/* Called by librdkafka's threads when the partition's queue stops being empty. */
static void on_partition_queue(rd_kafka_t *rk, void *opaque) {
    (void)rk;
    partition_set_ready(opaque, true);
}

bool ckafka_consumer_is_ready(ckafka_consumer *consumer, int32_t index) {
    assigned_partition *partition = partition_at(consumer, index);
    if (!partition) return false;
    pthread_mutex_lock(&consumer->lock);
    bool is_ready = partition->is_ready;
    pthread_mutex_unlock(&consumer->lock);
    return is_ready;
}

void ckafka_consumer_hold(ckafka_consumer *consumer, int32_t index, bool is_held) {
    assigned_partition *partition = partition_at(consumer, index);
    if (!partition) return;
    pthread_mutex_lock(&consumer->lock);
    set_flags(partition, partition->is_ready, is_held);
    pthread_mutex_unlock(&consumer->lock);
}

/* -- assigned and unassigned -- */

static int32_t free_index(ckafka_consumer *consumer) {
    for (size_t i = 0; i < consumer->partition_capacity; i++)
        if (!consumer->partitions[i]) return (int32_t)i;
    size_t old = consumer->partition_capacity;
    size_t capacity = old == 0 ? 16 : old * 2;
    assigned_partition **partitions = checked_calloc(capacity, sizeof(*partitions));
    if (old > 0) memcpy(partitions, consumer->partitions, old * sizeof(*partitions));
    free(consumer->partitions);
    consumer->partitions = partitions;
    consumer->partition_capacity = capacity;
    return (int32_t)old;
}

static void discard(rd_kafka_message_t *message, void *opaque) {
    (void)message;
    (void)opaque;
}

/*
 * Asks for the leaders of a topic that the client doesn't know yet. Assigning doesn't: 2.0.2 looks
 * for topics without leaders only once in a second, and until then nothing is fetched. A new handle
 * of a topic asks at once, or as soon as there is a connection; for a topic that is known it asks
 * nothing. The client keeps the topic when the handle is gone.
 */
static void look_up_leaders(rd_kafka_t *rk, const char *name) {
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    if (topic) rd_kafka_topic_destroy(topic);
}

assigned_partition *partition_add(ckafka_consumer *consumer, const ckafka_partition *source) {
    assigned_partition *partition = checked_calloc(1, sizeof(*partition));
    partition->consumer = consumer;
    partition->topic = checked_strdup(source->topic);
    partition->partition = source->partition;
    partition->position = source->offset;
    partition->index = free_index(consumer);
    consumer->partitions[partition->index] = partition;
    error_clear(&partition->error);

    look_up_leaders(consumer->client.rk, source->topic);
    partition->queue =
        rd_kafka_queue_get_partition(consumer->client.rk, source->topic, source->partition);
    rd_kafka_queue_forward(partition->queue, NULL);
    /* An error of the time before may have come after its end, and errors are never outdated. */
    rd_kafka_consume_callback_queue(partition->queue, 0, discard, NULL);
    rd_kafka_queue_cb_event_enable(partition->queue, on_partition_queue, partition);
    return partition;
}

void partition_remove(ckafka_consumer *consumer, assigned_partition *partition) {
    /* librdkafka keeps its side of a partition for ever, so the callback must let go of ours; and
     * nobody would ever read what is left in the queue. */
    rd_kafka_queue_cb_event_enable(partition->queue, NULL, NULL);
    rd_kafka_consume_callback_queue(partition->queue, 0, discard, NULL);
    rd_kafka_queue_destroy(partition->queue);
    partition_set_ready(partition, false);
    consumer->partitions[partition->index] = NULL;
    free(partition->topic);
    free(partition);
}

void partitions_remove_all(ckafka_consumer *consumer) {
    for (size_t i = 0; i < consumer->partition_capacity; i++)
        if (consumer->partitions[i]) partition_remove(consumer, consumer->partitions[i]);
}

/* -- records -- */

typedef struct fetch {
    assigned_partition *partition;
    ckafka_batch *batch;
    size_t max_records;
    size_t max_bytes;
    bool is_out_of_memory;
    bool is_outdated; /* an error came of where the partition was before */
} fetch;

/* Stops serving: librdkafka puts what it had not handed out yet back in front of the queue. */
static void stop(const fetch *fetch) {
    fetch->batch->has_more = true;
    rd_kafka_yield(fetch->partition->consumer->client.rk);
}

/*
 * An offset that is gone is reported by 2.0.2 also when the partition was told to begin elsewhere
 * meanwhile, and then the partition stands still there. (Members of a group are told elsewhere only
 * after they fetched.)
 */
static bool is_outdated(const assigned_partition *partition, const rd_kafka_message_t *message) {
    return message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET &&
           !partition->consumer->is_subscribed && partition->position >= 0 &&
           message->offset != partition->position;
}

static void on_error_message(fetch *fetch, const rd_kafka_message_t *message) {
    assigned_partition *partition = fetch->partition;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        partition->position = message->offset;
        fetch->batch->reached_end = true;
        return;
    }
    if (is_outdated(partition, message))
        fetch->is_outdated = true;
    else
        error_from_instance(&partition->error, partition->consumer->client.rk, message->err,
                            rd_kafka_message_errstr(message));
    stop(fetch);
}

static void on_message(rd_kafka_message_t *message, void *opaque) {
    fetch *fetch = opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        on_error_message(fetch, message);
        return;
    }
    ckafka_batch *batch = fetch->batch;
    if (!batch_append(batch, message)) {
        fetch->is_out_of_memory = true;
        stop(fetch);
        return;
    }
    batch->reached_end = false;
    fetch->partition->position = message->offset + 1;
    if (batch->count >= fetch->max_records || batch->byte_count >= fetch->max_bytes) stop(fetch);
}

/*
 * Begins to fetch a partition anew. librdkafka stops fetching one whose offset is gone
 * (auto.offset.reset=error) and then refuses to seek it.
 */
static bool restart(assigned_partition *partition, int64_t offset, ckafka_error *error) {
    ckafka_consumer *consumer = partition->consumer;
    rd_kafka_t *rk = consumer->client.rk;
    const char *protocol = rd_kafka_rebalance_protocol(rk);
    partition->position = offset;
    if (protocol && strcmp(protocol, "EAGER") == 0) {
        /* The eager protocol knows only whole assignments. */
        rd_kafka_topic_partition_list_t *all = positions(consumer, NULL, 0);
        bool assigned = error_from_code(error, rd_kafka_assign(rk, all));
        rd_kafka_topic_partition_list_destroy(all);
        return assigned;
    }
    const ckafka_partition begin = {
        .topic = partition->topic, .partition = partition->partition, .offset = offset};
    rd_kafka_topic_partition_list_t *list = list_from_partitions(&begin, 1);
    bool assigned = error_take(error, rd_kafka_incremental_unassign(rk, list)) &&
                    error_take(error, rd_kafka_incremental_assign(rk, list));
    rd_kafka_topic_partition_list_destroy(list);
    return assigned;
}

static bool seek(assigned_partition *partition, int64_t offset, ckafka_error *error) {
    const ckafka_partition target = {
        .topic = partition->topic, .partition = partition->partition, .offset = offset};
    rd_kafka_topic_partition_list_t *list = list_from_partitions(&target, 1);
    /* -1, because 2.0.2 takes the time limit for a thousandth of what it says. */
    bool sought = error_take(
        error, rd_kafka_seek_partitions(partition->consumer->client.rk, list, -1));
    sought = sought && list_check(error, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!sought && error->code == RD_KAFKA_RESP_ERR__STATE && !partition->consumer->rebalance)
        sought = restart(partition, offset, error);
    return sought;
}

/* librdkafka passes over control records by itself: only it knows their offsets. */
static void step_over_control_records(assigned_partition *partition) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *item =
        rd_kafka_topic_partition_list_add(list, partition->topic, partition->partition);
    if (rd_kafka_position(partition->consumer->client.rk, list) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        item->offset > partition->position)
        partition->position = item->offset;
    rd_kafka_topic_partition_list_destroy(list);
}

/*
 * Lets librdkafka see that the queue has room again. 2.0.2 stops to fetch a partition whose queue
 * is full and looks at it only when something happens on the leader's connection, or after a whole
 * second. So something happens there: a request for an offset, whose answer nobody waits for.
 */
static void refill(assigned_partition *partition, const ckafka_batch *batch) {
    ckafka_consumer *consumer = partition->consumer;
    partition->taken_bytes += batch->byte_count;
    partition->taken_records += batch->count;
    if (partition->taken_bytes < consumer->refill_bytes &&
        partition->taken_records < consumer->refill_records)
        return;
    partition->taken_bytes = 0;
    partition->taken_records = 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, partition->topic, partition->partition)->offset =
        RD_KAFKA_OFFSET_END;
    rd_kafka_offsets_for_times(consumer->client.rk, list, 0);
    rd_kafka_topic_partition_list_destroy(list);
}

static bool report_error(assigned_partition *partition, ckafka_error *error) {
    *error = partition->error;
    error_clear(&partition->error);
    return false;
}

/* A record was taken from the queue for which there was no memory: it must come again. False: it
 * was the first, so there is nothing to hand out but the error. */
static bool go_back(assigned_partition *partition, const ckafka_batch *batch,
                    ckafka_error *error) {
    ckafka_error ignored;
    seek(partition, partition->position, &ignored);
    if (batch->count > 0) return true;
    error_set(error, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE,
              "There is no memory for the next record");
    return false;
}

bool ckafka_consumer_fetch(ckafka_consumer *consumer, int32_t index, ckafka_batch *batch,
                           size_t max_records, size_t max_bytes, ckafka_error *error) {
    error_clear(error);
    batch_clear(batch);
    batch->position = CKAFKA_OFFSET_NONE;
    assigned_partition *partition = partition_at(consumer, index);
    if (!partition) {
        error_set(error, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "The partition is not assigned");
        return false;
    }
    if (partition->error.code != CKAFKA_CODE_NONE) return report_error(partition, error);
    if (max_records > 0 && ckafka_consumer_is_ready(consumer, index)) {
        fetch fetch = {
            .partition = partition,
            .batch = batch,
            .max_records = max_records,
            .max_bytes = max_bytes < maximum_batch_bytes ? max_bytes : maximum_batch_bytes,
        };
        /* First the flag, then the queue: what comes in between sets the flag again. */
        partition_set_ready(partition, false);
        rd_kafka_consume_callback_queue(partition->queue, 0, on_message, &fetch);
        if (batch->has_more) partition_set_ready(partition, true);
        if (fetch.is_out_of_memory && !go_back(partition, batch, error)) return false;
        if (fetch.is_outdated && !restart(partition, partition->position, error) &&
            batch->count == 0)
            return false;
        if (batch->count == 0 && partition->error.code != CKAFKA_CODE_NONE)
            return report_error(partition, error);
        if (!fetch.is_out_of_memory) step_over_control_records(partition);
        if (batch->count > 0) refill(partition, batch);
    }
    batch_seal(batch);
    if (partition->position >= 0) batch->position = partition->position;
    return true;
}

bool ckafka_consumer_seek(ckafka_consumer *consumer, int32_t index, int64_t offset,
                          ckafka_error *error) {
    assigned_partition *partition = partition_at(consumer, index);
    if (!partition) {
        error_set(error, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "The partition is not assigned");
        return false;
    }
    if (offset < 0 && offset != CKAFKA_OFFSET_BEGINNING && offset != CKAFKA_OFFSET_END) {
        error_set(error, RD_KAFKA_RESP_ERR__INVALID_ARG,
                  "A partition goes on from an offset, the beginning or the end");
        return false;
    }
    if (!seek(partition, offset, error)) return false;
    partition->position = offset;
    error_clear(&partition->error);
    /* What lies in the queue is outdated, and what comes behind it is not announced. */
    partition_set_ready(partition, true);
    return true;
}

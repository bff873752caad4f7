#include <stdlib.h>
#include <string.h>

#include "consumer.h"

/*
 * The callback reports and returns. librdkafka 2.0.2 is content with that: it stays in its state
 * WAIT_ASSIGN_CALL or WAIT_UNASSIGN_CALL, heartbeats go on, polling is safe, and the group waits
 * for the (un)assign call that answers, whichever thread makes it and whenever.
 */
void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                  void *opaque) {
    ckafka_consumer *consumer = opaque;
    pending_rebalance *rebalance = checked_calloc(1, sizeof(*rebalance));
    rebalance->partitions = list_copy(list);
    for (size_t i = 0; i < rebalance->partitions->count; i++)
        rebalance->partitions->items[i].offset = CKAFKA_OFFSET_NONE;

    const char *protocol = rd_kafka_rebalance_protocol(rk);
    rebalance->view.protocol = protocol && strcmp(protocol, "COOPERATIVE") == 0
                                   ? CKAFKA_PROTOCOL_COOPERATIVE
                                   : CKAFKA_PROTOCOL_EAGER;
    rebalance->view.kind = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? CKAFKA_REBALANCE_ASSIGN
                           : rd_kafka_assignment_lost(rk)               ? CKAFKA_REBALANCE_LOST
                                                                        : CKAFKA_REBALANCE_REVOKE;
    if (rebalance->view.kind == CKAFKA_REBALANCE_ASSIGN) consumer->was_assigned = true;
    rebalance->view.partitions = rebalance->partitions->items;
    rebalance->view.count = rebalance->partitions->count;

    pending_rebalance **last = &consumer->rebalance;
    while (*last) last = &(*last)->next;
    *last = rebalance;
}

const ckafka_rebalance *ckafka_consumer_rebalance(ckafka_consumer *consumer) {
    return consumer->rebalance ? &consumer->rebalance->view : NULL;
}

void rebalance_finish(ckafka_consumer *consumer) {
    pending_rebalance *rebalance = consumer->rebalance;
    if (!rebalance) return;
    consumer->rebalance = rebalance->next;
    ckafka_partition_list_destroy(rebalance->partitions);
    free(rebalance);
}

/* Whether this answer is the one that is waited for; without a group, any is. */
static bool is_expected(ckafka_consumer *consumer, bool adds, ckafka_rebalance_protocol protocol,
                        ckafka_error *error) {
    error_clear(error);
    const ckafka_rebalance *rebalance = ckafka_consumer_rebalance(consumer);
    if (!rebalance) {
        if (!consumer->is_subscribed && !consumer->is_closed) return true;
        error_set(error, RD_KAFKA_RESP_ERR__STATE,
                  "The group assigns partitions, and no rebalance waits for an answer");
        return false;
    }
    if (rebalance->protocol != protocol) {
        error_set(error, RD_KAFKA_RESP_ERR__STATE,
                  protocol == CKAFKA_PROTOCOL_EAGER
                      ? "The rebalance is cooperative: answer it with the incremental calls"
                      : "The rebalance is eager: answer it with assign or unassign");
        return false;
    }
    if ((rebalance->kind == CKAFKA_REBALANCE_ASSIGN) != adds) {
        error_set(error, RD_KAFKA_RESP_ERR__STATE,
                  adds ? "A revocation waits for its answer: unassign"
                       : "An assignment waits for its answer: assign");
        return false;
    }
    return true;
}

static bool starts_are_valid(const ckafka_partition *partitions, size_t count,
                             ckafka_error *error) {
    for (size_t i = 0; i < count; i++) {
        int64_t offset = partitions[i].offset;
        if (offset >= 0 || offset == CKAFKA_OFFSET_BEGINNING || offset == CKAFKA_OFFSET_END)
            continue;
        error_set(error, RD_KAFKA_RESP_ERR__INVALID_ARG,
                  "A partition begins at an offset, at the beginning or at the end");
        return false;
    }
    return true;
}

/* Removes those that are (`listed`) or are not in the list. */
static void remove_where(ckafka_consumer *consumer, const ckafka_partition *partitions,
                         size_t count, bool listed) {
    for (size_t i = 0; i < consumer->partition_capacity; i++) {
        assigned_partition *partition = consumer->partitions[i];
        if (partition && is_listed(partition, partitions, count) == listed)
            partition_remove(consumer, partition);
    }
}

/*
 * Makes the partitions that stay go on exactly where the caller is.
 *
 * librdkafka 2.0.2 pauses every assigned partition when it reports a rebalance, from a thread of
 * its own, throws away what was prefetched, and resumes at the offset that it noted then. A record
 * that was being handed to us at that very moment would come a second time. So we seek, always.
 */
static void rewind_to_positions(ckafka_consumer *consumer, const ckafka_partition *added,
                                size_t added_count) {
    /* Without a group there was no rebalance: nothing was paused, and what was prefetched stays. */
    if (!consumer->is_subscribed) return;
    rd_kafka_topic_partition_list_t *list = positions(consumer, added, added_count);
    /* A seek fails only for a partition that is not fetched: one whose error was reported, which
     * the caller seeks, or one that has yet to begin. The time limit is -1 because 2.0.2 takes it
     * for a thousandth of what it says. */
    if (list->cnt > 0) {
        rd_kafka_error_t *error = rd_kafka_seek_partitions(consumer->client.rk, list, -1);
        if (error) rd_kafka_error_destroy(error);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

/* Splits off the queues before librdkafka starts to fetch: no record reaches the main queue. */
static void add_partitions(ckafka_consumer *consumer, const ckafka_partition *partitions,
                           size_t count, int32_t *indices) {
    for (size_t i = 0; i < count; i++) {
        assigned_partition *known =
            partition_named(consumer, partitions[i].topic, partitions[i].partition);
        if (!known) known = partition_add(consumer, &partitions[i]);
        indices[i] = known->index;
    }
}

/* A new beginning: what the partition's queue held belongs to the time before. */
static void begin_at(ckafka_consumer *consumer, const ckafka_partition *partitions, size_t count,
                     const int32_t *indices) {
    for (size_t i = 0; i < count; i++) {
        assigned_partition *partition = partition_at(consumer, indices[i]);
        partition->position = partitions[i].offset;
        error_clear(&partition->error);
        partition_set_ready(partition, true);
    }
}

bool ckafka_consumer_assign(ckafka_consumer *consumer, const ckafka_partition *partitions,
                            size_t count, int32_t *indices, ckafka_error *error) {
    if (!is_expected(consumer, true, CKAFKA_PROTOCOL_EAGER, error) ||
        !starts_are_valid(partitions, count, error))
        return false;
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, count);
    add_partitions(consumer, partitions, count, indices);
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!error_from_code(error, code)) {
        remove_where(consumer, partitions, count, true);
        return false;
    }
    remove_where(consumer, partitions, count, false);
    begin_at(consumer, partitions, count, indices);
    rebalance_finish(consumer);
    return true;
}

bool ckafka_consumer_unassign(ckafka_consumer *consumer, ckafka_error *error) {
    if (!is_expected(consumer, false, CKAFKA_PROTOCOL_EAGER, error)) return false;
    if (!error_from_code(error, rd_kafka_assign(consumer->client.rk, NULL))) return false;
    partitions_remove_all(consumer);
    rebalance_finish(consumer);
    return true;
}

bool ckafka_consumer_incremental_assign(ckafka_consumer *consumer,
                                        const ckafka_partition *partitions, size_t count,
                                        int32_t *indices, ckafka_error *error) {
    if (!is_expected(consumer, true, CKAFKA_PROTOCOL_COOPERATIVE, error) ||
        !starts_are_valid(partitions, count, error))
        return false;
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, count);
    add_partitions(consumer, partitions, count, indices);
    rd_kafka_error_t *failure = rd_kafka_incremental_assign(consumer->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!error_take(error, failure)) {
        remove_where(consumer, partitions, count, true);
        return false;
    }
    begin_at(consumer, partitions, count, indices);
    rewind_to_positions(consumer, partitions, count);
    rebalance_finish(consumer);
    return true;
}

/* Only what is assigned can be unassigned: librdkafka refuses the whole list otherwise. */
static rd_kafka_topic_partition_list_t *assigned_of(ckafka_consumer *consumer,
                                                    const ckafka_partition *partitions,
                                                    size_t count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        if (partition_named(consumer, partitions[i].topic, partitions[i].partition))
            rd_kafka_topic_partition_list_add(list, partitions[i].topic, partitions[i].partition);
    return list;
}

bool ckafka_consumer_incremental_unassign(ckafka_consumer *consumer,
                                          const ckafka_partition *partitions, size_t count,
                                          ckafka_error *error) {
    if (!is_expected(consumer, false, CKAFKA_PROTOCOL_COOPERATIVE, error)) return false;
    rd_kafka_topic_partition_list_t *list = assigned_of(consumer, partitions, count);
    rd_kafka_error_t *failure = rd_kafka_incremental_unassign(consumer->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!error_take(error, failure)) return false;
    remove_where(consumer, partitions, count, true);
    rewind_to_positions(consumer, NULL, 0);
    rebalance_finish(consumer);
    return true;
}

bool ckafka_consumer_assignment_lost(ckafka_consumer *consumer) {
    return rd_kafka_assignment_lost(consumer->client.rk);
}

/* Those of the list that are (`assigned`) or are not in librdkafka's current assignment. */
static rd_kafka_topic_partition_list_t *list_where(rd_kafka_t *rk,
                                                   const ckafka_partition_list *list,
                                                   bool assigned) {
    rd_kafka_topic_partition_list_t *current = NULL;
    rd_kafka_topic_partition_list_t *result = rd_kafka_topic_partition_list_new((int)list->count);
    rd_kafka_assignment(rk, &current);
    for (size_t i = 0; i < list->count; i++) {
        const ckafka_partition *item = &list->items[i];
        bool is_assigned =
            current && rd_kafka_topic_partition_list_find(current, item->topic, item->partition);
        if (is_assigned == assigned)
            rd_kafka_topic_partition_list_add(result, item->topic, item->partition)->offset =
                RD_KAFKA_OFFSET_END;
    }
    if (current) rd_kafka_topic_partition_list_destroy(current);
    return result;
}

static void dismiss_cooperative(rd_kafka_t *rk, const pending_rebalance *rebalance) {
    /* Once reported, an assignment counts as ours: it is taken, and then revoked from us. */
    bool adds = rebalance->view.kind == CKAFKA_REBALANCE_ASSIGN;
    rd_kafka_topic_partition_list_t *list = list_where(rk, rebalance->partitions, !adds);
    rd_kafka_error_t *failure = adds ? rd_kafka_incremental_assign(rk, list)
                                     : rd_kafka_incremental_unassign(rk, list);
    if (failure) rd_kafka_error_destroy(failure);
    rd_kafka_topic_partition_list_destroy(list);
}

static void dismiss_eager(rd_kafka_t *rk, const pending_rebalance *rebalance) {
    if (rebalance->view.kind != CKAFKA_REBALANCE_ASSIGN) {
        rd_kafka_assign(rk, NULL);
        return;
    }
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
    rd_kafka_assign(rk, none);
    rd_kafka_topic_partition_list_destroy(none);
}

void rebalance_dismiss(ckafka_consumer *consumer) {
    while (consumer->rebalance) {
        if (consumer->rebalance->view.protocol == CKAFKA_PROTOCOL_COOPERATIVE)
            dismiss_cooperative(consumer->client.rk, consumer->rebalance);
        else
            dismiss_eager(consumer->client.rk, consumer->rebalance);
        rebalance_finish(consumer);
    }
}

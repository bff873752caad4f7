#pragma once

#include "internal.h"

/* An assigned partition. Its address is the opaque of its queue's callback, so it never moves. */
typedef struct assigned_partition {
    ckafka_consumer *consumer;
    rd_kafka_queue_t *queue;
    char *topic;
    int32_t partition;
    int32_t index;
    /* The next offset to hand out, or where it was told to begin. After a cooperative rebalance the
     * partition goes on from here (see `rewind_to_positions`). */
    int64_t position;
    /* What was taken from the queue since librdkafka was last made to look at it. */
    size_t taken_bytes;
    size_t taken_records;
    ckafka_error error; /* met behind records that were handed out first; code 0: none */
    /* Both under the consumer's lock. */
    bool is_ready;
    bool is_held;
} assigned_partition;

/* A rebalance that was reported and waits for its answer. */
typedef struct pending_rebalance {
    ckafka_rebalance view;
    ckafka_partition_list *partitions;
    struct pending_rebalance *next;
} pending_rebalance;

struct ckafka_consumer {
    client client; /* first: librdkafka's opaque is the address of both */
    rd_kafka_queue_t *main_queue;
    bool is_static_member; /* has a group.instance.id */
    bool is_cooperative;   /* by its partition.assignment.strategy */
    bool was_assigned;     /* an assignment was reported, be it of nothing */
    bool is_subscribed;
    bool is_closed;     /* by us */
    bool is_terminated; /* by librdkafka */
    int32_t commits_in_flight;
    /* After how much taken from a partition's queue librdkafka is made to look at it again. */
    size_t refill_bytes;
    size_t refill_records;

    pending_rebalance *rebalance; /* the oldest first */

    /* Indexed by `assigned_partition.index`; NULL where an index is free. */
    assigned_partition **partitions;
    size_t partition_capacity;

    /* What librdkafka's threads touch, through the queues' callbacks. */
    pthread_mutex_t lock;
    pthread_cond_t something_came;
    bool main_queue_has_events;
    bool was_woken;
    int32_t ready_count; /* partitions that are ready and not held */
};

/* consumer_partitions.c */

assigned_partition *partition_at(ckafka_consumer *consumer, int32_t index);
assigned_partition *partition_named(ckafka_consumer *consumer, const char *topic,
                                    int32_t partition);
bool is_listed(const assigned_partition *partition, const ckafka_partition *list, size_t count);
/* Where the assigned partitions, but for those in `except`, are to go on from. Marks them ready. */
rd_kafka_topic_partition_list_t *positions(ckafka_consumer *consumer,
                                           const ckafka_partition *except, size_t except_count);
/* Gives the partition a queue of its own, before librdkafka begins to fetch it. */
assigned_partition *partition_add(ckafka_consumer *consumer, const ckafka_partition *source);
/* Drops what the queue still holds and frees the index. librdkafka must have unassigned it. */
void partition_remove(ckafka_consumer *consumer, assigned_partition *partition);
void partitions_remove_all(ckafka_consumer *consumer);
void partition_set_ready(assigned_partition *partition, bool is_ready);

/* consumer_rebalance.c */

void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                  void *opaque);
void rebalance_finish(ckafka_consumer *consumer);
/* Answers what waits with the least that lets the group go on: nothing is read any more. */
void rebalance_dismiss(ckafka_consumer *consumer);

/* consumer.c */

/* Serves the main queue until it is empty, without waiting. */
void consumer_serve(ckafka_consumer *consumer);

#include <stdlib.h>

#include "consumer.h"

/* What `ckafka_consumer_destroy` gives a consumer that was not closed. */
enum { DESTROY_TIMEOUT_MS = 5000 };

/* A consumer that could not leave its group waits on, for a commit that nobody answers, until the
 * session timeout. It does so without us. */
enum { ABANDON_TIMEOUT_MS = 1000 };

enum { SETTLE_INTERVAL_MS = 10 };

static bool is_assigned(rd_kafka_t *rk) {
    rd_kafka_topic_partition_list_t *list = NULL;
    if (rd_kafka_assignment(rk, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    bool result = list->cnt > 0;
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

/* librdkafka forgets its member id when it leaves. */
static bool is_member(rd_kafka_t *rk) {
    char *id = rd_kafka_memberid(rk);
    bool result = id && *id != '\0';
    if (id) rd_kafka_mem_free(rk, id);
    return result;
}

/*
 * Leaves the group while the consumer is still alive. librdkafka 2.0.2 hangs for ever in its own
 * close when an assignment arrives after it began: the answer is then taken for an unassign, which
 * does not end the state that waits for the assign. An unsubscribe is put off until the rebalance
 * that is under way is over; after it no assignment can come.
 */
static void leave_group(ckafka_consumer *consumer, int64_t until) {
    rd_kafka_t *rk = consumer->client.rk;
    rd_kafka_unsubscribe(rk);
    do {
        consumer_serve(consumer);
        rebalance_dismiss(consumer);
        if (!is_assigned(rk) && !is_member(rk)) return;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, SETTLE_INTERVAL_MS);
        if (message) rd_kafka_message_destroy(message);
    } while (clock_ms() < until);
}

/* librdkafka's own close, served until it is done. */
static bool terminate(ckafka_consumer *consumer, int64_t until, ckafka_error *error) {
    rd_kafka_t *rk = consumer->client.rk;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    bool began = error_take(error, rd_kafka_consumer_close_queue(rk, queue));
    while (began && !rd_kafka_consumer_closed(rk) && clock_ms() < until) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(queue, SETTLE_INTERVAL_MS);
        if (message) rd_kafka_message_destroy(message);
        while (consumer->rebalance) {
            /* While it terminates, librdkafka takes every (un)assign for an unassign. */
            rd_kafka_assign(rk, NULL);
            rebalance_finish(consumer);
        }
    }
    rd_kafka_queue_destroy(queue);
    if (!began) return false;
    if (rd_kafka_consumer_closed(rk)) return true;
    error_set(error, RD_KAFKA_RESP_ERR__TIMED_OUT,
              "The consumer could not leave its group in time");
    return false;
}

bool ckafka_consumer_close(ckafka_consumer *consumer, int32_t timeout_ms, ckafka_error *error) {
    error_clear(error);
    if (consumer->is_closed) return true;
    int64_t now = clock_ms();
    /* A static member must not leave: it comes back to its partitions before its session ends. */
    if (consumer->is_subscribed && !consumer->is_static_member)
        leave_group(consumer, now + timeout_ms - timeout_ms / 4);
    else
        rebalance_dismiss(consumer);
    consumer->is_terminated = terminate(consumer, now + timeout_ms, error);
    consumer->is_closed = true;
    /* Not before librdkafka is through with them: it counts on the queues while it unassigns. */
    partitions_remove_all(consumer);
    return consumer->is_terminated;
}

/*
 * librdkafka before 2.3.0 fails an assertion, and the process with it, when it frees a cooperative
 * member that joined its group and was not assigned anything yet (confluentinc/librdkafka#4312).
 */
static bool must_not_be_freed(const ckafka_consumer *consumer) {
    return consumer->is_cooperative && consumer->is_subscribed && !consumer->was_assigned &&
           rd_kafka_version() < 0x020300ff;
}

/* A flag that librdkafka 2.0.2 knows and does not publish: its threads end, its memory stays. */
enum { DESTROY_F_IMMEDIATE = 0x4 };

/* Destroys the instance. False: it lives on, and so must the memory that it may touch. */
static bool destroy_instance(ckafka_consumer *consumer) {
    if (must_not_be_freed(consumer)) {
        rd_kafka_destroy_flags(consumer->client.rk, DESTROY_F_IMMEDIATE);
        return false;
    }
    if (consumer->is_terminated)
        return client_close(&consumer->client, 0, CLIENT_CLOSE_TIMEOUT_MS);
    return client_close(&consumer->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE,
                        ABANDON_TIMEOUT_MS);
}

void ckafka_consumer_destroy(ckafka_consumer *consumer) {
    if (!consumer) return;
    ckafka_error ignored;
    ckafka_consumer_close(consumer, DESTROY_TIMEOUT_MS, &ignored);
    rd_kafka_queue_cb_event_enable(consumer->main_queue, NULL, NULL);
    rd_kafka_queue_destroy(consumer->main_queue);
    while (consumer->rebalance) rebalance_finish(consumer);
    free(consumer->partitions);
    consumer->partitions = NULL;
    if (!destroy_instance(consumer)) return;
    pthread_cond_destroy(&consumer->something_came);
    pthread_mutex_destroy(&consumer->lock);
    free(consumer);
}

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer.h"

/* How often a wait looks in on librdkafka although no queue called: it must count as polling. */
enum { SERVE_INTERVAL_MS = 500 };

/* Called by librdkafka's threads, with the queue's lock held: it takes our lock and nothing else,
 * and we never call librdkafka while we hold ours. */
static void on_main_queue(rd_kafka_t *rk, void *opaque) {
    (void)rk;
    ckafka_consumer *consumer = opaque;
    pthread_mutex_lock(&consumer->lock);
    consumer->main_queue_has_events = true;
    pthread_cond_signal(&consumer->something_came);
    pthread_mutex_unlock(&consumer->lock);
}

static void prepare(rd_kafka_conf_t *conf) {
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
}

static void make_lock(ckafka_consumer *consumer) {
    pthread_mutex_init(&consumer->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&consumer->something_came, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void note_membership(ckafka_consumer *consumer, const ckafka_property *properties,
                            size_t count) {
    const ckafka_property *strategy =
        property_find(properties, count, "partition.assignment.strategy");
    consumer->is_cooperative = strategy && strstr(strategy->value, "cooperative") != NULL;
    consumer->is_static_member = property_find(properties, count, "group.instance.id") != NULL;
}

/* A property of librdkafka that is a number; its own default where the caller gave none. */
static size_t number_of(const ckafka_property *properties, size_t count, const char *name,
                        size_t otherwise) {
    size_t value = otherwise;
    /* The last of a name counts. */
    for (size_t i = 0; i < count; i++)
        if (strcmp(properties[i].name, name) == 0)
            value = strtoul(properties[i].value, NULL, 10);
    return value;
}

/* A quarter of what a queue may hold. */
static void note_limits(ckafka_consumer *consumer, const ckafka_property *properties,
                        size_t count) {
    consumer->refill_bytes =
        number_of(properties, count, "queued.max.messages.kbytes", 65536) * 1024 / 4;
    consumer->refill_records = number_of(properties, count, "queued.min.messages", 100000) / 4;
}

ckafka_consumer *ckafka_consumer_create(const ckafka_property *properties, size_t property_count,
                                        ckafka_error *error) {
    static const ckafka_property defaults[] = {
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
    };
    static const ckafka_property fixed[] = {
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"log.queue", "false"},
    };
    static const client_recipe recipe = {
        .type = RD_KAFKA_CONSUMER,
        .defaults = defaults,
        .default_count = sizeof(defaults) / sizeof(*defaults),
        .fixed = fixed,
        .fixed_count = sizeof(fixed) / sizeof(*fixed),
        .required = "group.id",
        .prepare = prepare,
    };
    ckafka_consumer *consumer = checked_calloc(1, sizeof(*consumer));
    if (!client_open(&consumer->client, &recipe, properties, property_count, error)) {
        free(consumer);
        return NULL;
    }
    make_lock(consumer);
    note_membership(consumer, properties, property_count);
    note_limits(consumer, properties, property_count);
    rd_kafka_poll_set_consumer(consumer->client.rk);
    consumer->main_queue = rd_kafka_queue_get_consumer(consumer->client.rk);
    rd_kafka_queue_cb_event_enable(consumer->main_queue, on_main_queue, consumer);
    /* A queue calls when it stops being empty; this one may have stopped already. */
    consumer->main_queue_has_events = true;
    return consumer;
}

ckafka_logs *ckafka_consumer_logs(ckafka_consumer *consumer) { return consumer->client.logs; }

ckafka_statistics ckafka_consumer_statistics(ckafka_consumer *consumer) {
    return client_statistics(&consumer->client);
}

bool ckafka_consumer_subscribe(ckafka_consumer *consumer, const char *const *topics,
                               size_t topic_count, ckafka_error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)topic_count);
    for (size_t i = 0; i < topic_count; i++)
        rd_kafka_topic_partition_list_add(list, topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!error_from_code(error, code)) return false;
    consumer->is_subscribed = true;
    return true;
}

/* Records come through the partitions' queues; what the main queue returns are errors. */
static void note_main_queue_message(ckafka_consumer *consumer, rd_kafka_message_t *message) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
        message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ckafka_error error;
        error_from_instance(&error, consumer->client.rk, message->err,
                            rd_kafka_message_errstr(message));
        error_ring_add(&consumer->client.errors, &error);
    }
    rd_kafka_message_destroy(message);
}

void consumer_serve(ckafka_consumer *consumer) {
    if (consumer->is_closed) return;
    pthread_mutex_lock(&consumer->lock);
    consumer->main_queue_has_events = false;
    pthread_mutex_unlock(&consumer->lock);
    rd_kafka_message_t *message;
    while ((message = rd_kafka_consumer_poll(consumer->client.rk, 0)))
        note_main_queue_message(consumer, message);
}

/* Sleeps until a queue calls, somebody wakes us, `until`, or it is time to look in. */
static void sleep_until(ckafka_consumer *consumer, int64_t until, bool is_endless) {
    int64_t now = clock_ms();
    int64_t at = now + SERVE_INTERVAL_MS;
    if (!is_endless && until < at) at = until;
    const struct timespec deadline = {.tv_sec = at / 1000, .tv_nsec = (at % 1000) * 1000000};
    pthread_mutex_lock(&consumer->lock);
    while (!consumer->main_queue_has_events && !consumer->was_woken && consumer->ready_count == 0)
        if (pthread_cond_timedwait(&consumer->something_came, &consumer->lock, &deadline) != 0)
            break;
    pthread_mutex_unlock(&consumer->lock);
}

static ckafka_ready take_ready(ckafka_consumer *consumer) {
    pthread_mutex_lock(&consumer->lock);
    ckafka_ready ready = {
        .has_rebalance = consumer->rebalance != NULL,
        .has_error = consumer->client.errors.count > 0,
        .was_woken = consumer->was_woken,
        .partition_count = consumer->ready_count,
    };
    consumer->was_woken = false;
    pthread_mutex_unlock(&consumer->lock);
    return ready;
}

ckafka_ready ckafka_consumer_wait(ckafka_consumer *consumer, int32_t timeout_ms) {
    int64_t until = clock_ms() + timeout_ms;
    for (;;) {
        consumer_serve(consumer);
        ckafka_ready ready = take_ready(consumer);
        if (ready.has_rebalance || ready.has_error || ready.was_woken ||
            ready.partition_count > 0 || (timeout_ms >= 0 && clock_ms() >= until))
            return ready;
        sleep_until(consumer, until, timeout_ms < 0);
    }
}

void ckafka_consumer_wake(ckafka_consumer *consumer) {
    pthread_mutex_lock(&consumer->lock);
    consumer->was_woken = true;
    pthread_cond_signal(&consumer->something_came);
    pthread_mutex_unlock(&consumer->lock);
}

bool ckafka_consumer_next_error(ckafka_consumer *consumer, ckafka_error *error) {
    return error_ring_take(&consumer->client.errors, error);
}

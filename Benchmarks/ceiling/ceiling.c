/*
 * The ceiling of the benchmark: consumes COUNT messages of one topic and produces each, unchanged
 * (key, value, headers, timestamp), to another, with plain librdkafka and nothing else.
 *
 *     cc -O2 ceiling.c -lrdkafka -o ceiling
 *     ceiling BOOTSTRAP FROM TO COUNT PARTITIONS [consumer.NAME=VALUE | producer.NAME=VALUE]...
 *
 * Prints one line of JSON. The clock runs from the first message consumed to the last delivered.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static long delivered;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
    (void)rk, (void)opaque;
    if (!message->err) delivered++;
}

static void fail(const char *reason) {
    fprintf(stderr, "ceiling: %s\n", reason);
    exit(1);
}

/* Takes "NAME=VALUE". */
static void set(rd_kafka_conf_t *conf, const char *setting) {
    char name[128], reason[512];
    const char *equals = strchr(setting, '=');
    if (!equals) fail(setting);
    snprintf(name, sizeof(name), "%.*s", (int)(equals - setting), setting);
    if (rd_kafka_conf_set(conf, name, equals + 1, reason, sizeof(reason))) fail(reason);
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf, int argc, char **argv) {
    const char *prefix = type == RD_KAFKA_CONSUMER ? "consumer." : "producer.";
    for (int i = 6; i < argc; i++)
        if (strncmp(argv[i], prefix, 9) == 0) set(conf, argv[i] + 9);
    char reason[512];
    rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], reason, sizeof(reason));
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (!rk) fail(reason);
    return rk;
}

static rd_kafka_t *consumer(int argc, char **argv) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "group.id=ceiling");
    set(conf, "enable.auto.commit=false");
    set(conf, "enable.auto.offset.store=false");
    set(conf, "queued.min.messages=500000");
    rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, conf, argc, argv);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (int i = 0; i < atoi(argv[5]); i++)
        rd_kafka_topic_partition_list_add(list, argv[2], i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rk;
}

static rd_kafka_t *producer(int argc, char **argv) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "linger.ms=5");
    set(conf, "partitioner=murmur2_random");
    set(conf, "queue.buffering.max.messages=500000");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return client(RD_KAFKA_PRODUCER, conf, argc, argv);
}

static void forward(rd_kafka_t *rk, rd_kafka_topic_t *topic, rd_kafka_message_t *message) {
    rd_kafka_headers_t *headers = NULL;
    rd_kafka_timestamp_type_t kind;
    int has_headers = !rd_kafka_message_detach_headers(message, &headers);
    rd_kafka_vu_t values[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {message->key, message->key_len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {message->payload, message->len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = rd_kafka_message_timestamp(message, &kind)},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error;
    while ((error = rd_kafka_produceva(rk, values, has_headers ? 6 : 5))) {
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            fail(rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        rd_kafka_poll(rk, 100);
    }
}

int main(int argc, char **argv) {
    if (argc < 6) fail("arguments: BOOTSTRAP FROM TO COUNT PARTITIONS [consumer.NAME=VALUE]...");
    long count = atol(argv[4]), consumed = 0;
    rd_kafka_t *input = consumer(argc, argv), *output = producer(argc, argv);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(output, argv[3], NULL);
    struct timespec start = {0}, end;
    while (consumed < count) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(input, 100);
        if (!message) continue;
        if (message->err) fail(rd_kafka_message_errstr(message));
        if (consumed == 0) clock_gettime(CLOCK_MONOTONIC, &start);
        forward(output, topic, message);
        rd_kafka_message_destroy(message);
        if (++consumed % 1000 == 0) rd_kafka_poll(output, 0);
    }
    rd_kafka_flush(output, 60000);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"name\":\"ceiling\",\"messages\":%ld,\"delivered\":%ld,\"seconds\":%.3f,"
           "\"messages_per_second\":%.0f,\"peak_rss_kib\":%ld}\n",
           consumed, delivered, seconds, (double)consumed / seconds, usage.ru_maxrss);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(output);
    rd_kafka_destroy(input);
    return delivered == count ? 0 : 1;
}

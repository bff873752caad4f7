/* For pthread_timedjoin_np. */
#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

/* What librdkafka itself redacts, and what later versions and Java call by these names. */
static const char *const secret_names[] = {
    "sasl.password",      "sasl.username",          "sasl.oauthbearer.config",
    "ssl.key.password",   "ssl.key.pem",            "ssl_key",
    "ssl.keystore.password", "sasl.oauthbearer.client.secret", "sasl.jaas.config",
    "ssl.truststore.password", "ssl.keystore.key",
};

bool ckafka_property_is_secret(const char *name) {
    for (size_t i = 0; i < sizeof(secret_names) / sizeof(*secret_names); i++)
        if (strcmp(name, secret_names[i]) == 0) return true;
    return false;
}

/* Blots out each secret value in a text: librdkafka quotes the value that it refuses. */
static void redact(char *text, const ckafka_property *properties, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *secret = properties[i].value;
        if (!ckafka_property_is_secret(properties[i].name) || *secret == '\0') continue;
        size_t length = strlen(secret);
        for (char *found = strstr(text, secret); found; found = strstr(found + length, secret))
            memset(found, '*', length);
    }
}

/* The property that a reason of `rd_kafka_new` speaks of: the longest name that occurs in it. */
static int32_t property_named_in(const char *text, const ckafka_property *properties,
                                 size_t count) {
    int32_t index = -1;
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(properties[i].name);
        if (length > longest && strstr(text, properties[i].name)) {
            index = (int32_t)i;
            longest = length;
        }
    }
    return index;
}

const ckafka_property *property_find(const ckafka_property *properties, size_t count,
                                     const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(properties[i].name, name) == 0) return &properties[i];
    return NULL;
}

static bool refuse(ckafka_error *error, int32_t index, const char *text) {
    error_set(error, RD_KAFKA_RESP_ERR__INVALID_ARG, text);
    error->is_retriable = false;
    error->property_index = index;
    return false;
}

/* The recipe's own settings; they are ours, so a refusal is a bug that the reason names. */
static bool apply_own(rd_kafka_conf_t *conf, const ckafka_property *own, size_t count,
                      ckafka_error *error) {
    char reason[512];
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_conf_set(conf, own[i].name, own[i].value, reason, sizeof(reason)) !=
            RD_KAFKA_CONF_OK)
            return refuse(error, -1, reason);
    return true;
}

/* librdkafka reads a number from "30s" and passes over the rest. */
static bool is_cut(rd_kafka_conf_t *conf, const ckafka_property *property) {
    char taken[64];
    size_t size = sizeof(taken);
    if (rd_kafka_conf_get(conf, property->name, taken, &size) != RD_KAFKA_CONF_OK) return false;
    size_t length = strspn(taken, "-0123456789");
    return length > 0 && taken[length] == '\0' && strlen(property->value) > length &&
           strncmp(property->value, taken, length) == 0;
}

static bool apply(rd_kafka_conf_t *conf, const client_recipe *recipe,
                  const ckafka_property *properties, size_t count, ckafka_error *error) {
    char reason[512];
    for (size_t i = 0; i < count; i++) {
        const ckafka_property *property = &properties[i];
        const ckafka_property *fixed =
            property_find(recipe->fixed, recipe->fixed_count, property->name);
        if (fixed && strcmp(property->value, fixed->value) != 0) {
            snprintf(reason, sizeof(reason),
                     "\"%s\" is always %s here and cannot be changed: leave it out", fixed->name,
                     fixed->value);
            return refuse(error, (int32_t)i, reason);
        }
        if (rd_kafka_conf_set(conf, property->name, property->value, reason, sizeof(reason)) !=
            RD_KAFKA_CONF_OK) {
            redact(reason, properties, count);
            return refuse(error, (int32_t)i, reason);
        }
        if (is_cut(conf, property)) {
            snprintf(reason, sizeof(reason),
                     "\"%s\" takes a whole number without a unit, as librdkafka does: %.64s",
                     property->name, property->value);
            return refuse(error, (int32_t)i, reason);
        }
    }
    return true;
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    client *client = rd_kafka_opaque(rk);
    logs_add(client->logs, level, facility, text);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    client *client = opaque;
    ckafka_error error;
    error_from_instance(&error, rk, (rd_kafka_resp_err_t)code, reason);
    error_ring_add(&client->errors, &error);
}

static int on_statistics(rd_kafka_t *rk, char *json, size_t count, void *opaque) {
    (void)rk;
    client *client = opaque;
    free(client->statistics);
    client->statistics = json;
    client->statistics_count = count;
    client->statistics_sequence++;
    return 1; /* The text is ours now. */
}

static rd_kafka_conf_t *configure(client *client, const client_recipe *recipe,
                                  const ckafka_property *properties, size_t count,
                                  ckafka_error *error) {
    if (recipe->required && !property_find(properties, count, recipe->required)) {
        char reason[128];
        snprintf(reason, sizeof(reason), "\"%s\" is required", recipe->required);
        refuse(error, -1, reason);
        return NULL;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!apply_own(conf, recipe->defaults, recipe->default_count, error) ||
        !apply_own(conf, recipe->fixed, recipe->fixed_count, error) ||
        !apply(conf, recipe, properties, count, error)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_stats_cb(conf, on_statistics);
    if (recipe->prepare) recipe->prepare(conf);
    return conf;
}

bool client_open(client *client, const client_recipe *recipe, const ckafka_property *properties,
                 size_t property_count, ckafka_error *error) {
    error_clear(error);
    rd_kafka_conf_t *conf = configure(client, recipe, properties, property_count, error);
    if (!conf) return false;

    client->logs = logs_create();
    char reason[512];
    client->rk = rd_kafka_new(recipe->type, conf, reason, sizeof(reason));
    if (client->rk) return true;

    /* On failure the configuration is still ours. */
    rd_kafka_conf_destroy(conf);
    logs_destroy(client->logs);
    client->logs = NULL;
    redact(reason, properties, property_count);
    return refuse(error, property_named_in(reason, properties, property_count), reason);
}

typedef struct destruction {
    rd_kafka_t *rk;
    int flags;
} destruction;

static void *destroy_instance(void *opaque) {
    destruction *destruction = opaque;
    rd_kafka_destroy_flags(destruction->rk, destruction->flags);
    free(destruction);
    return NULL;
}

bool client_close(client *client, int destroy_flags, int32_t timeout_ms) {
    destruction *work = checked_calloc(1, sizeof(*work));
    *work = (destruction){.rk = client->rk, .flags = destroy_flags};
    pthread_t thread;
    if (pthread_create(&thread, NULL, destroy_instance, work) != 0) {
        destroy_instance(work);
    } else {
        struct timespec deadline;
        clock_gettime(CLOCK_REALTIME, &deadline);
        deadline.tv_sec += timeout_ms / 1000;
        if (pthread_timedjoin_np(thread, NULL, &deadline) != 0) {
            pthread_detach(thread);
            return false;
        }
    }
    free(client->statistics);
    logs_destroy(client->logs);
    return true;
}

int64_t clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

ckafka_statistics client_statistics(const client *client) {
    return (ckafka_statistics){.json = client->statistics,
                               .count = client->statistics_count,
                               .sequence = client->statistics_sequence};
}

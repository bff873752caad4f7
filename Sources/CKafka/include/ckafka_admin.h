#pragma once

#include "ckafka_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- admin */

/* Every call is one round trip (or a few) to the cluster and waits at most `timeout_ms`. */
typedef struct ckafka_admin ckafka_admin;

/* Consumer and producer properties are ignored, so the application's `kafka:` section can be passed
 * as it is. */
ckafka_admin *ckafka_admin_create(
    const ckafka_property *properties, size_t property_count, ckafka_error *error);
ckafka_logs *ckafka_admin_logs(ckafka_admin *admin);
/* As `ckafka_consumer_next_error`: why a call timed out (brokers away, authentication). */
bool ckafka_admin_next_error(ckafka_admin *admin, ckafka_error *error);
/* NULL is allowed. */
void ckafka_admin_destroy(ckafka_admin *admin);

typedef struct ckafka_new_topic {
    const char *name;
    int32_t partition_count;    /* -1: the broker's default */
    int32_t replication_factor; /* -1: the broker's default */
    const ckafka_property *configuration;
    size_t configuration_count;
} ckafka_new_topic;

/* `results[i]` is topic i's own outcome (CKAFKA_CODE_TOPIC_ALREADY_EXISTS, ...). False: the request
 * as a whole failed, `results` say nothing. */
bool ckafka_admin_create_topics(
    ckafka_admin *admin, const ckafka_new_topic *topics, size_t count, int32_t timeout_ms,
    ckafka_error *results, ckafka_error *error);
bool ckafka_admin_delete_topics(
    ckafka_admin *admin, const char *const *names, size_t count, int32_t timeout_ms,
    ckafka_error *results, ckafka_error *error);

typedef struct ckafka_topic {
    const char *name;
    int32_t code; /* CKAFKA_CODE_UNKNOWN_TOPIC_OR_PARTITION: there is none */
    int32_t partition_count;
    int32_t leaderless_count;   /* partitions that nobody can write to or read from right now */
    int32_t replication_factor; /* of partition 0 */
} ckafka_topic;

typedef struct ckafka_topic_list {
    size_t count;
    ckafka_topic *items;
} ckafka_topic_list;

/* These topics, in this order; never creates one. `names` NULL: all of the cluster. */
ckafka_topic_list *ckafka_admin_describe_topics(
    ckafka_admin *admin, const char *const *names, size_t count, int32_t timeout_ms,
    ckafka_error *error);
void ckafka_topic_list_destroy(ckafka_topic_list *list);

typedef struct ckafka_configuration_entry {
    const char *name;
    const char *value; /* NULL: none, or secret */
    bool is_default;   /* not set on the topic itself */
    bool is_read_only;
    bool is_secret;
} ckafka_configuration_entry;

typedef struct ckafka_configuration {
    size_t count;
    ckafka_configuration_entry *entries;
} ckafka_configuration;

ckafka_configuration *ckafka_admin_describe_configuration(
    ckafka_admin *admin, const char *topic, int32_t timeout_ms, ckafka_error *error);
void ckafka_configuration_destroy(ckafka_configuration *configuration);

/* Sets these properties of a topic and keeps its others. (librdkafka 2.0.2 can only replace the
 * whole set, so this reads it first; two callers at once may undo each other.) */
bool ckafka_admin_alter_configuration(
    ckafka_admin *admin, const char *topic, const ckafka_property *properties,
    size_t property_count, int32_t timeout_ms, ckafka_error *error);

/*
 * The three calls that work on partitions fail when one partition fails: `error` is the first
 * one's, `code` says of each how it went, and those without an error are done.
 */

/* Deletes the records before `offset` (CKAFKA_OFFSET_END: all); out: `offset` is the new first
 * offset. */
bool ckafka_admin_delete_records(
    ckafka_admin *admin, ckafka_partition *partitions, size_t count, int32_t timeout_ms,
    ckafka_error *error);

/*
 * In: `offset` is a time in milliseconds, or CKAFKA_OFFSET_BEGINNING or END. Out: the first offset
 * whose record is not older, or the first or end offset; CKAFKA_OFFSET_END for a time behind the
 * last record. Each partition once in a call.
 */
bool ckafka_admin_list_offsets(
    ckafka_admin *admin, ckafka_partition *partitions, size_t count, int32_t timeout_ms,
    ckafka_error *error);

/* The first offset and the end of a partition. With `isolation.level=read_uncommitted` the end lies
 * behind the records of transactions that are still open, else before the first of them. */
bool ckafka_admin_watermarks(
    ckafka_admin *admin, const char *topic, int32_t partition, int32_t timeout_ms, int64_t *low,
    int64_t *high, ckafka_error *error);

/* All that a group has committed, with metadata. Destroy the list. NULL: failed. */
ckafka_partition_list *ckafka_admin_group_offsets(
    ckafka_admin *admin, const char *group, int32_t timeout_ms, ckafka_error *error);

/* Sets a group's offsets, and their metadata, while it has no members. */
bool ckafka_admin_alter_group_offsets(
    ckafka_admin *admin, const char *group, ckafka_partition *partitions, size_t count,
    int32_t timeout_ms, ckafka_error *error);

/* Forgets a group, with its offsets, while it has no members. */
bool ckafka_admin_delete_group(
    ckafka_admin *admin, const char *group, int32_t timeout_ms, ckafka_error *error);

typedef struct ckafka_group_member {
    const char *member_id;
    const char *instance_id; /* NULL: dynamic member */
    const char *client_id;
    const char *host;
    ckafka_partition_list *partitions; /* assigned; never NULL */
} ckafka_group_member;

typedef struct ckafka_group {
    const char *state;    /* "Empty", "Stable", "PreparingRebalance", ..., "Dead": no such group */
    const char *assignor; /* "range", "cooperative-sticky", ... */
    size_t member_count;
    ckafka_group_member *members;
} ckafka_group;

/* NULL: failed. */
ckafka_group *ckafka_admin_describe_group(
    ckafka_admin *admin, const char *group, int32_t timeout_ms, ckafka_error *error);
void ckafka_group_destroy(ckafka_group *group);

#ifdef __cplusplus
}
#endif

#pragma once

#include "ckafka_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- embedded cluster */

/*
 * librdkafka's in-process cluster on loopback, for demos and client tests. Topics appear on first
 * use with 4 partitions. It keeps 5 MiB or 100,000 batches of a partition, answers no admin
 * request, ignores aborts and forgets offsets committed in transactions.
 */
typedef struct ckafka_cluster ckafka_cluster;

ckafka_cluster *ckafka_cluster_create(int32_t broker_count, ckafka_error *error);
/* For `bootstrap.servers`. Valid as long as the cluster. */
const char *ckafka_cluster_bootstrap(const ckafka_cluster *cluster);
/* Fails for a topic that is there already. */
bool ckafka_cluster_create_topic(
    ckafka_cluster *cluster, const char *name, int32_t partition_count, int32_t replication_factor,
    ckafka_error *error);
/* Brokers are numbered from 1. A broker that is down refuses connections. */
bool ckafka_cluster_set_broker_up(
    ckafka_cluster *cluster, int32_t broker, bool is_up, ckafka_error *error);
/* The next `count` requests of this Kafka API key are answered with `code`. */
void ckafka_cluster_fail_requests(
    ckafka_cluster *cluster, int16_t api_key, int32_t code, size_t count);
ckafka_logs *ckafka_cluster_logs(ckafka_cluster *cluster);
/* Destroy the clients first. NULL is allowed. */
void ckafka_cluster_destroy(ckafka_cluster *cluster);

#ifdef __cplusplus
}
#endif

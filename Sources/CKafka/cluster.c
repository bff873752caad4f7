#include <stdlib.h>

#include "internal.h"

struct ckafka_cluster {
    client client; /* the instance that librdkafka keeps the cluster's books with */
    rd_kafka_mock_cluster_t *mock;
};

ckafka_cluster *ckafka_cluster_create(int32_t broker_count, ckafka_error *error) {
    static const ckafka_property fixed[] = {{"client.id", "embedded-cluster"}};
    static const client_recipe recipe = {
        .type = RD_KAFKA_PRODUCER,
        .fixed = fixed,
        .fixed_count = sizeof(fixed) / sizeof(*fixed),
    };
    ckafka_cluster *cluster = checked_calloc(1, sizeof(*cluster));
    if (!client_open(&cluster->client, &recipe, NULL, 0, error)) {
        free(cluster);
        return NULL;
    }
    cluster->mock = rd_kafka_mock_cluster_new(cluster->client.rk, broker_count);
    if (cluster->mock) return cluster;
    error_set(error, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE,
              "The embedded cluster could not listen on loopback");
    if (client_close(&cluster->client, 0, CLIENT_CLOSE_TIMEOUT_MS)) free(cluster);
    return NULL;
}

const char *ckafka_cluster_bootstrap(const ckafka_cluster *cluster) {
    return rd_kafka_mock_cluster_bootstraps(cluster->mock);
}

bool ckafka_cluster_create_topic(ckafka_cluster *cluster, const char *name,
                                 int32_t partition_count, int32_t replication_factor,
                                 ckafka_error *error) {
    return error_from_code(error, rd_kafka_mock_topic_create(cluster->mock, name, partition_count,
                                                             replication_factor));
}

bool ckafka_cluster_set_broker_up(ckafka_cluster *cluster, int32_t broker, bool is_up,
                                  ckafka_error *error) {
    return error_from_code(error, is_up ? rd_kafka_mock_broker_set_up(cluster->mock, broker)
                                        : rd_kafka_mock_broker_set_down(cluster->mock, broker));
}

void ckafka_cluster_fail_requests(ckafka_cluster *cluster, int16_t api_key, int32_t code,
                                  size_t count) {
    for (size_t i = 0; i < count; i++)
        rd_kafka_mock_push_request_errors(cluster->mock, api_key, 1, (rd_kafka_resp_err_t)code);
}

ckafka_logs *ckafka_cluster_logs(ckafka_cluster *cluster) { return cluster->client.logs; }

void ckafka_cluster_destroy(ckafka_cluster *cluster) {
    if (!cluster) return;
    rd_kafka_mock_cluster_destroy(cluster->mock);
    if (client_close(&cluster->client, 0, CLIENT_CLOSE_TIMEOUT_MS)) free(cluster);
}

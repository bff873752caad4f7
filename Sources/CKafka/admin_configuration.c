#include <stdlib.h>

#include "admin.h"

static void copy_entry(ckafka_configuration_entry *target, const rd_kafka_ConfigEntry_t *source) {
    const char *value = rd_kafka_ConfigEntry_value(source);
    rd_kafka_ConfigSource_t origin = rd_kafka_ConfigEntry_source(source);
    target->is_secret = rd_kafka_ConfigEntry_is_sensitive(source) > 0;
    target->is_read_only = rd_kafka_ConfigEntry_is_read_only(source) > 0;
    target->is_default = origin != RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
    target->name = checked_strdup(rd_kafka_ConfigEntry_name(source));
    target->value = value && !target->is_secret ? checked_strdup(value) : NULL;
}

static ckafka_configuration *copy_resource(const rd_kafka_ConfigResource_t *resource) {
    ckafka_configuration *configuration = checked_calloc(1, sizeof(*configuration));
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    configuration->entries = checked_calloc(count + 1, sizeof(*configuration->entries));
    for (size_t i = 0; i < count; i++) copy_entry(&configuration->entries[i], entries[i]);
    configuration->count = count;
    return configuration;
}

ckafka_configuration *ckafka_admin_describe_configuration(ckafka_admin *admin, const char *topic,
                                                          int32_t timeout_ms,
                                                          ckafka_error *error) {
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    admin_request request = request_begin(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
    rd_kafka_DescribeConfigs(admin->client.rk, &resource, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_finish(&request, error);
    rd_kafka_ConfigResource_destroy(resource);
    if (!event) return NULL;
    size_t count = 0;
    const rd_kafka_ConfigResource_t **results = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    ckafka_configuration *configuration = NULL;
    if (count != 1) {
        error_set(error, RD_KAFKA_RESP_ERR__BAD_MSG, "The broker did not answer for this topic");
    } else {
        error_set(error, rd_kafka_ConfigResource_error(results[0]),
                  rd_kafka_ConfigResource_error_string(results[0]));
        if (error->code == CKAFKA_CODE_NONE) configuration = copy_resource(results[0]);
    }
    rd_kafka_event_destroy(event);
    return configuration;
}

void ckafka_configuration_destroy(ckafka_configuration *configuration) {
    if (!configuration) return;
    for (size_t i = 0; i < configuration->count; i++) {
        free((char *)configuration->entries[i].name);
        free((char *)configuration->entries[i].value);
    }
    free(configuration->entries);
    free(configuration);
}

static rd_kafka_ConfigResource_t *merged(const char *topic, const ckafka_configuration *current,
                                         const ckafka_property *properties,
                                         size_t property_count) {
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    for (size_t i = 0; i < current->count; i++) {
        const ckafka_configuration_entry *entry = &current->entries[i];
        if (!entry->is_default && !entry->is_read_only && entry->value)
            rd_kafka_ConfigResource_set_config(resource, entry->name, entry->value);
    }
    for (size_t i = 0; i < property_count; i++)
        rd_kafka_ConfigResource_set_config(resource, properties[i].name, properties[i].value);
    return resource;
}

bool ckafka_admin_alter_configuration(ckafka_admin *admin, const char *topic,
                                      const ckafka_property *properties, size_t property_count,
                                      int32_t timeout_ms, ckafka_error *error) {
    int64_t until = clock_ms() + timeout_ms;
    ckafka_configuration *current =
        ckafka_admin_describe_configuration(admin, topic, timeout_ms, error);
    if (!current) return false;
    rd_kafka_ConfigResource_t *resource = merged(topic, current, properties, property_count);
    ckafka_configuration_destroy(current);

    int64_t left = until - clock_ms();
    admin_request request = request_begin(admin, RD_KAFKA_ADMIN_OP_ALTERCONFIGS,
                                          left > 0 ? (int32_t)left : 0);
    rd_kafka_AlterConfigs(admin->client.rk, &resource, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_finish(&request, error);
    rd_kafka_ConfigResource_destroy(resource);
    if (!event) return false;
    size_t count = 0;
    const rd_kafka_ConfigResource_t **results = rd_kafka_AlterConfigs_result_resources(
        rd_kafka_event_AlterConfigs_result(event), &count);
    if (count == 1)
        error_set(error, rd_kafka_ConfigResource_error(results[0]),
                  rd_kafka_ConfigResource_error_string(results[0]));
    rd_kafka_event_destroy(event);
    return error->code == CKAFKA_CODE_NONE;
}

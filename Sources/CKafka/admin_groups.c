#include <stdlib.h>

#include "admin.h"

/* -- records and offsets -- */

bool ckafka_admin_delete_records(ckafka_admin *admin, ckafka_partition *partitions, size_t count,
                                 int32_t timeout_ms, ckafka_error *error) {
    error_clear(error);
    if (count == 0) return true;
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, count);
    rd_kafka_DeleteRecords_t *deletion = rd_kafka_DeleteRecords_new(list);
    rd_kafka_topic_partition_list_destroy(list);
    admin_request request = request_begin(admin, RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout_ms);
    rd_kafka_DeleteRecords(admin->client.rk, &deletion, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_finish(&request, error);
    rd_kafka_DeleteRecords_destroy(deletion);
    if (!event) return false;
    bool deleted = list_write_back(
        partitions, count,
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event)), error);
    rd_kafka_event_destroy(event);
    return deleted;
}

bool ckafka_admin_list_offsets(ckafka_admin *admin, ckafka_partition *partitions, size_t count,
                               int32_t timeout_ms, ckafka_error *error) {
    return list_offsets(admin->client.rk, partitions, count, timeout_ms, error);
}

bool ckafka_admin_watermarks(ckafka_admin *admin, const char *topic, int32_t partition,
                             int32_t timeout_ms, int64_t *low, int64_t *high,
                             ckafka_error *error) {
    return list_watermarks(admin->client.rk, topic, partition, timeout_ms, low, high, error);
}

/* -- groups -- */

/* Reads the one group of a result. True when it has no error of its own. */
static bool check_group(const rd_kafka_group_result_t **groups, size_t count,
                        ckafka_error *error) {
    if (count != 1) {
        error_set(error, RD_KAFKA_RESP_ERR__BAD_MSG, "The broker did not answer for this group");
        return false;
    }
    const rd_kafka_error_t *failure = rd_kafka_group_result_error(groups[0]);
    error_set(error, rd_kafka_error_code(failure), rd_kafka_error_string(failure));
    return error->code == CKAFKA_CODE_NONE;
}

ckafka_partition_list *ckafka_admin_group_offsets(ckafka_admin *admin, const char *group,
                                                  int32_t timeout_ms, ckafka_error *error) {
    rd_kafka_ListConsumerGroupOffsets_t *query =
        rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
    admin_request request =
        request_begin(admin, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout_ms);
    rd_kafka_ListConsumerGroupOffsets(admin->client.rk, &query, 1, request.options,
                                      request.queue);
    rd_kafka_event_t *event = request_finish(&request, error);
    rd_kafka_ListConsumerGroupOffsets_destroy(query);
    if (!event) return NULL;
    size_t count = 0;
    const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    ckafka_partition_list *list = NULL;
    if (check_group(groups, count, error))
        list = list_copy(rd_kafka_group_result_partitions(groups[0]));
    rd_kafka_event_destroy(event);
    return list;
}

bool ckafka_admin_alter_group_offsets(ckafka_admin *admin, const char *group,
                                      ckafka_partition *partitions, size_t partition_count,
                                      int32_t timeout_ms, ckafka_error *error) {
    error_clear(error);
    if (partition_count == 0) return true;
    rd_kafka_topic_partition_list_t *list = list_from_partitions(partitions, partition_count);
    rd_kafka_AlterConsumerGroupOffsets_t *change =
        rd_kafka_AlterConsumerGroupOffsets_new(group, list);
    rd_kafka_topic_partition_list_destroy(list);
    admin_request request =
        request_begin(admin, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, timeout_ms);
    rd_kafka_AlterConsumerGroupOffsets(admin->client.rk, &change, 1, request.options,
                                       request.queue);
    rd_kafka_event_t *event = request_finish(&request, error);
    rd_kafka_AlterConsumerGroupOffsets_destroy(change);
    if (!event) return false;
    size_t count = 0;
    const rd_kafka_group_result_t **groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count);
    bool altered = check_group(groups, count, error) &&
                   list_write_back(partitions, partition_count,
                                   rd_kafka_group_result_partitions(groups[0]), error);
    rd_kafka_event_destroy(event);
    return altered;
}

bool ckafka_admin_delete_group(ckafka_admin *admin, const char *group, int32_t timeout_ms,
                               ckafka_error *error) {
    rd_kafka_DeleteGroup_t *deletion = rd_kafka_DeleteGroup_new(group);
    admin_request request = request_begin(admin, RD_KAFKA_ADMIN_OP_DELETEGROUPS, timeout_ms);
    rd_kafka_DeleteGroups(admin->client.rk, &deletion, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_finish(&request, error);
    rd_kafka_DeleteGroup_destroy(deletion);
    if (!event) return false;
    size_t count = 0;
    const rd_kafka_group_result_t **groups = rd_kafka_DeleteGroups_result_groups(
        rd_kafka_event_DeleteGroups_result(event), &count);
    bool deleted = check_group(groups, count, error);
    rd_kafka_event_destroy(event);
    return deleted;
}

/* -- description -- */

static void copy_member(ckafka_group_member *target, const rd_kafka_MemberDescription_t *source) {
    const char *instance = rd_kafka_MemberDescription_group_instance_id(source);
    target->member_id = checked_strdup(rd_kafka_MemberDescription_consumer_id(source));
    target->instance_id = instance ? checked_strdup(instance) : NULL;
    target->client_id = checked_strdup(rd_kafka_MemberDescription_client_id(source));
    target->host = checked_strdup(rd_kafka_MemberDescription_host(source));
    const rd_kafka_MemberAssignment_t *assignment =
        rd_kafka_MemberDescription_assignment(source);
    target->partitions =
        list_copy(assignment ? rd_kafka_MemberAssignment_partitions(assignment) : NULL);
}

static ckafka_group *copy_group(const rd_kafka_ConsumerGroupDescription_t *source) {
    ckafka_group *group = checked_calloc(1, sizeof(*group));
    group->state = checked_strdup(rd_kafka_consumer_group_state_name(
        rd_kafka_ConsumerGroupDescription_state(source)));
    group->assignor =
        checked_strdup(rd_kafka_ConsumerGroupDescription_partition_assignor(source));
    group->member_count = rd_kafka_ConsumerGroupDescription_member_count(source);
    group->members = checked_calloc(group->member_count + 1, sizeof(*group->members));
    for (size_t i = 0; i < group->member_count; i++)
        copy_member(&group->members[i], rd_kafka_ConsumerGroupDescription_member(source, i));
    return group;
}

ckafka_group *ckafka_admin_describe_group(ckafka_admin *admin, const char *name,
                                          int32_t timeout_ms, ckafka_error *error) {
    admin_request request =
        request_begin(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeout_ms);
    rd_kafka_DescribeConsumerGroups(admin->client.rk, &name, 1, request.options, request.queue);
    rd_kafka_event_t *event = request_finish(&request, error);
    if (!event) return NULL;
    size_t count = 0;
    const rd_kafka_ConsumerGroupDescription_t **groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &count);
    ckafka_group *group = NULL;
    if (count != 1) {
        error_set(error, RD_KAFKA_RESP_ERR__BAD_MSG, "The broker did not answer for this group");
    } else {
        const rd_kafka_error_t *failure = rd_kafka_ConsumerGroupDescription_error(groups[0]);
        error_set(error, rd_kafka_error_code(failure), rd_kafka_error_string(failure));
        if (error->code == CKAFKA_CODE_NONE) group = copy_group(groups[0]);
    }
    rd_kafka_event_destroy(event);
    return group;
}

void ckafka_group_destroy(ckafka_group *group) {
    if (!group) return;
    for (size_t i = 0; i < group->member_count; i++) {
        ckafka_group_member *member = &group->members[i];
        free((char *)member->member_id);
        free((char *)member->instance_id);
        free((char *)member->client_id);
        free((char *)member->host);
        ckafka_partition_list_destroy(member->partitions);
    }
    free(group->members);
    free((char *)group->state);
    free((char *)group->assignor);
    free(group);
}

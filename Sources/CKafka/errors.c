#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The header repeats librdkafka's numbers so that Swift sees no librdkafka header. */
#define SAME(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #ours " differs")
SAME(CKAFKA_CODE_FAIL, RD_KAFKA_RESP_ERR__FAIL);
SAME(CKAFKA_CODE_TRANSPORT, RD_KAFKA_RESP_ERR__TRANSPORT);
SAME(CKAFKA_CODE_PARTITION_EOF, RD_KAFKA_RESP_ERR__PARTITION_EOF);
SAME(CKAFKA_CODE_UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
SAME(CKAFKA_CODE_UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC);
SAME(CKAFKA_CODE_ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN);
SAME(CKAFKA_CODE_INVALID_ARGUMENT, RD_KAFKA_RESP_ERR__INVALID_ARG);
SAME(CKAFKA_CODE_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT);
SAME(CKAFKA_CODE_QUEUE_FULL, RD_KAFKA_RESP_ERR__QUEUE_FULL);
SAME(CKAFKA_CODE_STATE, RD_KAFKA_RESP_ERR__STATE);
SAME(CKAFKA_CODE_AUTHENTICATION, RD_KAFKA_RESP_ERR__AUTHENTICATION);
SAME(CKAFKA_CODE_FATAL, RD_KAFKA_RESP_ERR__FATAL);
SAME(CKAFKA_CODE_MAX_POLL_EXCEEDED, RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED);
SAME(CKAFKA_CODE_FENCED, RD_KAFKA_RESP_ERR__FENCED);
SAME(CKAFKA_CODE_ASSIGNMENT_LOST, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST);
SAME(CKAFKA_CODE_NO_OFFSET_TO_START_AT, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET);
SAME(CKAFKA_CODE_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
SAME(CKAFKA_CODE_UNKNOWN_TOPIC_OR_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
SAME(CKAFKA_CODE_MESSAGE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
SAME(CKAFKA_CODE_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
SAME(CKAFKA_CODE_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
SAME(CKAFKA_CODE_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
SAME(CKAFKA_CODE_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
SAME(CKAFKA_CODE_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
SAME(CKAFKA_CODE_TOPIC_ALREADY_EXISTS, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
SAME(CKAFKA_OFFSET_END, RD_KAFKA_OFFSET_END);
SAME(CKAFKA_OFFSET_BEGINNING, RD_KAFKA_OFFSET_BEGINNING);
SAME(CKAFKA_OFFSET_NONE, RD_KAFKA_OFFSET_INVALID);

const char *ckafka_error_name(const ckafka_error *error) { return error->name; }

const char *ckafka_error_text(const ckafka_error *error) { return error->text; }

const char *ckafka_code_name(int32_t code) { return rd_kafka_err2name((rd_kafka_resp_err_t)code); }

const char *ckafka_code_text(int32_t code) { return rd_kafka_err2str((rd_kafka_resp_err_t)code); }

const char *ckafka_library_version(void) { return rd_kafka_version_str(); }

void text_copy(char *target, size_t capacity, const char *text) {
    size_t count = text ? strlen(text) : 0;
    while (count > 0 && (text[count - 1] == '\n' || text[count - 1] == ' ')) count--;
    if (count >= capacity) {
        count = capacity - 1;
        /* A character is not cut in two: step back over UTF-8's continuation bytes. */
        while (count > 0 && ((unsigned char)text[count] & 0xC0) == 0x80) count--;
    }
    if (count > 0) memcpy(target, text, count);
    target[count] = '\0';
}

/* What goes away by itself, when it is tried again, where librdkafka gives a code and no more. */
static bool is_passing(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
        return true;
    default:
        return false;
    }
}

/* What no further call on this instance can repair. */
static bool is_final(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
        return true;
    default:
        return false;
    }
}

void error_clear(ckafka_error *error) {
    error->code = CKAFKA_CODE_NONE;
    error->property_index = -1;
    error->is_fatal = false;
    error->is_retriable = false;
    error->requires_abort = false;
    error->name[0] = '\0';
    error->text[0] = '\0';
}

void error_set(ckafka_error *error, rd_kafka_resp_err_t code, const char *text) {
    error_clear(error);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    error->code = code;
    error->is_fatal = is_final(code);
    error->is_retriable = is_passing(code);
    text_copy(error->name, sizeof(error->name), rd_kafka_err2name(code));
    text_copy(error->text, sizeof(error->text), text && *text ? text : rd_kafka_err2str(code));
}

bool error_take(ckafka_error *error, rd_kafka_error_t *source) {
    error_clear(error);
    if (!source) return true;
    error_set(error, rd_kafka_error_code(source), rd_kafka_error_string(source));
    /* librdkafka knows what a transaction can bear, and says so on the error itself: its word on
     * retrying goes before what the code alone would suggest. */
    error->is_fatal = error->is_fatal || rd_kafka_error_is_fatal(source);
    error->requires_abort = rd_kafka_error_txn_requires_abort(source);
    error->is_retriable =
        rd_kafka_error_is_retriable(source) || error->code == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    rd_kafka_error_destroy(source);
    return false;
}

bool error_from_code(ckafka_error *error, rd_kafka_resp_err_t code) {
    error_set(error, code, NULL);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void error_from_instance(ckafka_error *error, rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         const char *text) {
    if (code != RD_KAFKA_RESP_ERR__FATAL) {
        error_set(error, code, text);
        return;
    }
    char cause[512];
    rd_kafka_resp_err_t underlying = rd_kafka_fatal_error(rk, cause, sizeof(cause));
    if (underlying == RD_KAFKA_RESP_ERR_NO_ERROR)
        error_set(error, code, text);
    else
        error_set(error, underlying, cause);
    error->is_fatal = true;
    error->is_retriable = false;
}

void error_ring_add(error_ring *ring, const ckafka_error *error) {
    ring->items[(ring->first + ring->count) % ERROR_RING_CAPACITY] = *error;
    if (ring->count < ERROR_RING_CAPACITY)
        ring->count++;
    else
        ring->first = (ring->first + 1) % ERROR_RING_CAPACITY;
}

bool error_ring_take(error_ring *ring, ckafka_error *error) {
    error_clear(error);
    if (ring->count == 0) return false;
    *error = ring->items[ring->first];
    ring->first = (ring->first + 1) % ERROR_RING_CAPACITY;
    ring->count--;
    return true;
}

void *checked_calloc(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) {
        fprintf(stderr, "CKafka: out of memory (%zu bytes)\n", count * size);
        abort();
    }
    return memory;
}

char *checked_strdup(const char *text) {
    if (!text) text = "";
    size_t size = strlen(text) + 1;
    char *copy = checked_calloc(1, size);
    memcpy(copy, text, size);
    return copy;
}

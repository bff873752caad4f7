#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- errors */

/* The codes (librdkafka's, Kafka's where positive) that callers decide by. */
enum {
    CKAFKA_CODE_NONE = 0,
    CKAFKA_CODE_FAIL = -196,
    CKAFKA_CODE_TRANSPORT = -195, /* a connection broke, or could not be made */
    CKAFKA_CODE_PARTITION_EOF = -191,
    CKAFKA_CODE_UNKNOWN_PARTITION = -190,
    CKAFKA_CODE_UNKNOWN_TOPIC = -188,
    CKAFKA_CODE_ALL_BROKERS_DOWN = -187,
    CKAFKA_CODE_INVALID_ARGUMENT = -186,
    CKAFKA_CODE_TIMED_OUT = -185,
    CKAFKA_CODE_QUEUE_FULL = -184,
    CKAFKA_CODE_AUTHENTICATION = -169,
    CKAFKA_CODE_STATE = -172,
    CKAFKA_CODE_FATAL = -150,
    CKAFKA_CODE_MAX_POLL_EXCEEDED = -147,
    CKAFKA_CODE_FENCED = -144,
    CKAFKA_CODE_ASSIGNMENT_LOST = -142,
    CKAFKA_CODE_NO_OFFSET_TO_START_AT = -140, /* auto.offset.reset=error, and the offset is gone */
    CKAFKA_CODE_OFFSET_OUT_OF_RANGE = 1,
    CKAFKA_CODE_UNKNOWN_TOPIC_OR_PARTITION = 3,
    CKAFKA_CODE_MESSAGE_TOO_LARGE = 10,
    CKAFKA_CODE_ILLEGAL_GENERATION = 22,
    CKAFKA_CODE_UNKNOWN_MEMBER_ID = 25,
    CKAFKA_CODE_REBALANCE_IN_PROGRESS = 27,
    CKAFKA_CODE_TOPIC_AUTHORIZATION_FAILED = 29,
    CKAFKA_CODE_GROUP_AUTHORIZATION_FAILED = 30,
    CKAFKA_CODE_TOPIC_ALREADY_EXISTS = 36,
};

typedef struct ckafka_error {
    int32_t code;           /* 0: no error */
    int32_t property_index; /* the property that was refused; -1: none in particular */
    bool is_fatal;          /* destroy the handle and build a new one */
    bool is_retriable;      /* call the same function again with the same arguments */
    bool requires_abort;    /* abort the transaction */
    char name[64];          /* "_TIMED_OUT", "UNKNOWN_TOPIC_OR_PART", "" */
    char text[512];         /* librdkafka's own reason */
} ckafka_error;

/* The name and text of an error: valid as long as `error` is and is not written to. */
const char *ckafka_error_name(const ckafka_error *error);
const char *ckafka_error_text(const ckafka_error *error);

/* "_TIMED_OUT" for a code that stands alone, as in `ckafka_partition.code`. Static. */
const char *ckafka_code_name(int32_t code);
/* "Local: Timed out" for a code that stands alone. Static. */
const char *ckafka_code_text(int32_t code);

/* The version of librdkafka at run time, such as "2.0.2". Static. */
const char *ckafka_library_version(void);

/* ---------------------------------------------------------------- configuration */

/* One librdkafka property. `value` may be empty, not NULL. */
typedef struct ckafka_property {
    const char *name;
    const char *value;
} ckafka_property;

/* True for the properties whose values no log and no error may show ("sasl.password", ...). */
bool ckafka_property_is_secret(const char *name);

/* ---------------------------------------------------------------- logs and statistics */

/* librdkafka's log lines of one handle, in a ring until they are drained; the oldest give way. */
typedef struct ckafka_logs ckafka_logs;

typedef struct ckafka_log {
    int32_t level;     /* syslog: 0 emergency ... 3 error, 4 warning, 6 information, 7 debug */
    uint32_t dropped;  /* lines lost just before this one, because nobody drained */
    char facility[32]; /* "FAIL", "MAXPOLL", ... */
    char text[480];
} ckafka_log;

/* Takes the oldest line. False: there is none. May be called from any thread. */
bool ckafka_logs_next(ckafka_logs *logs, ckafka_log *log);
/* As `ckafka_error_text`. */
const char *ckafka_log_facility(const ckafka_log *log);
const char *ckafka_log_text(const ckafka_log *log);

/* The latest statistics of a handle (`statistics.interval.ms` > 0), as librdkafka's JSON. */
typedef struct ckafka_statistics {
    const char *json;  /* NULL: none so far. Valid until the handle is next waited on or polled. */
    size_t count;      /* bytes, without the NUL */
    uint64_t sequence; /* counts up by one with each report */
} ckafka_statistics;

/* ---------------------------------------------------------------- partitions and offsets */

enum {
    CKAFKA_OFFSET_END = -1,
    CKAFKA_OFFSET_BEGINNING = -2,
    CKAFKA_OFFSET_NONE = -1001,   /* nothing committed, or unknown */
};

/* A topic's partition with an offset. Callers fill in what the function reads. */
typedef struct ckafka_partition {
    const char *topic;
    int32_t partition;
    int32_t code; /* out: this partition's own error, 0 if none */
    int64_t offset;
    const char *metadata; /* of a committed offset; NULL: none */
} ckafka_partition;

/* A list that the shim owns, with its strings. */
typedef struct ckafka_partition_list {
    size_t count;
    ckafka_partition *items;
} ckafka_partition_list;

/* NULL is allowed. */
void ckafka_partition_list_destroy(ckafka_partition_list *list);

#ifdef __cplusplus
}
#endif

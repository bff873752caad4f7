#include <stdlib.h>

#include "internal.h"

enum { LOG_CAPACITY = 128 };

/* librdkafka logs from its own threads while the owner of the handle drains: hence the lock. */
struct ckafka_logs {
    pthread_mutex_t lock;
    size_t first;
    size_t count;
    uint32_t dropped;
    ckafka_log lines[LOG_CAPACITY];
};

ckafka_logs *logs_create(void) {
    ckafka_logs *logs = checked_calloc(1, sizeof(*logs));
    pthread_mutex_init(&logs->lock, NULL);
    return logs;
}

void logs_destroy(ckafka_logs *logs) {
    if (!logs) return;
    pthread_mutex_destroy(&logs->lock);
    free(logs);
}

void logs_add(ckafka_logs *logs, int level, const char *facility, const char *text) {
    pthread_mutex_lock(&logs->lock);
    if (logs->count == LOG_CAPACITY) {
        /* The line that is overwritten may itself stand for lines that were lost before it. */
        logs->dropped += logs->lines[logs->first].dropped + 1;
        logs->first = (logs->first + 1) % LOG_CAPACITY;
        logs->count--;
    }
    ckafka_log *line = &logs->lines[(logs->first + logs->count) % LOG_CAPACITY];
    line->level = level;
    line->dropped = 0;
    text_copy(line->facility, sizeof(line->facility), facility);
    text_copy(line->text, sizeof(line->text), text);
    logs->count++;
    pthread_mutex_unlock(&logs->lock);
}

bool ckafka_logs_next(ckafka_logs *logs, ckafka_log *log) {
    pthread_mutex_lock(&logs->lock);
    bool found = logs->count > 0;
    if (found) {
        *log = logs->lines[logs->first];
        log->dropped += logs->dropped;
        logs->dropped = 0;
        logs->first = (logs->first + 1) % LOG_CAPACITY;
        logs->count--;
    }
    pthread_mutex_unlock(&logs->lock);
    return found;
}

const char *ckafka_log_facility(const ckafka_log *log) { return log->facility; }

const char *ckafka_log_text(const ckafka_log *log) { return log->text; }

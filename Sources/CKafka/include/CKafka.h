#pragma once

/*
 * CKafka: what Millrace needs of librdkafka 2.0.2, and nothing else of it.
 *
 * Threads. A handle belongs to one thread at a time; two calls on one handle must not overlap. The
 * exceptions are named: `ckafka_consumer_wake` and `ckafka_logs_next` may be called from anywhere.
 * Different handles are independent of each other.
 *
 * Memory. What is passed in is copied before the call returns. What is handed out says how long it
 * lives. Strings are UTF-8 and end in NUL. A NULL pointer means absent, which is not empty.
 *
 * Errors. A function that can fail takes a `ckafka_error *` (never NULL), fills it in and says so
 * by its result; on success the error is cleared. Texts never hold the value of a secret property.
 *
 * Times are milliseconds. A timeout of 0 does not wait; negative waits as long as it takes, where
 * that is allowed at all.
 */

#include "ckafka_admin.h"
#include "ckafka_cluster.h"
#include "ckafka_consumer.h"
#include "ckafka_core.h"
#include "ckafka_producer.h"

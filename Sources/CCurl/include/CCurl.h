/// One blocking HTTP request through libcurl, behind a plain C interface.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct ccurl_client ccurl_client;

/// What does not change between requests. Absent strings are NULL.
typedef struct {
    long timeout_ms;
    long connect_timeout_ms;
    /// The longest answer that is read.
    size_t answer_limit;
    const char *user;
    const char *password;
    const char *bearer_token;
    const char *ca_file;
    const char *certificate_file;
    const char *key_file;
    const char *key_password;
    int verifies_peer;
} ccurl_options;

/// An answer, or why there is none.
typedef struct {
    /// The HTTP status; 0 when there is no answer.
    long status;
    /// The body, until the next request; NUL-terminated beyond its size.
    const char *body;
    size_t size;
    /// Why there is no answer, until the next request; empty when there is one.
    const char *error;
    /// Whether the same request may succeed later.
    int may_be_repeated;
} ccurl_answer;

/// A client with one connection that is kept; NULL when there is no memory. The options are
/// copied. Not for use by two threads at once.
ccurl_client *ccurl_client_create(const ccurl_options *options);
void ccurl_client_destroy(ccurl_client *client);

/// Sends a request and waits for its answer. `body` is NULL for GET; else it is posted.
ccurl_answer ccurl_client_perform(
    ccurl_client *client, const char *url, const char *body, size_t body_size);

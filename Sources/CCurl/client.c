#include "CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct ccurl_client {
    CURL *handle;
    struct curl_slist *headers;
    char *body;
    size_t size;
    size_t capacity;
    size_t limit;
    int is_too_long;
    char error[CURL_ERROR_SIZE];
};

static pthread_once_t initialised = PTHREAD_ONCE_INIT;

static void initialise(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t receive(char *bytes, size_t unit, size_t count, void *context) {
    ccurl_client *client = context;
    size_t added = unit * count;
    if (added > client->limit - client->size) {
        client->is_too_long = 1;
        return 0;
    }
    if (client->size + added + 1 > client->capacity) {
        size_t capacity = (client->size + added + 1) * 2;
        char *body = realloc(client->body, capacity);
        if (body == NULL) return 0;
        client->body = body;
        client->capacity = capacity;
    }
    memcpy(client->body + client->size, bytes, added);
    client->size += added;
    client->body[client->size] = 0;
    return added;
}

static int add_header(ccurl_client *client, const char *header) {
    struct curl_slist *headers = curl_slist_append(client->headers, header);
    if (headers == NULL) return 0;
    client->headers = headers;
    return 1;
}

static void set_security(CURL *handle, const ccurl_options *options) {
    if (options->user != NULL) {
        curl_easy_setopt(handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(handle, CURLOPT_USERNAME, options->user);
        curl_easy_setopt(handle, CURLOPT_PASSWORD, options->password ? options->password : "");
    }
    if (options->bearer_token != NULL) {
        curl_easy_setopt(handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, options->bearer_token);
    }
    if (options->ca_file != NULL) curl_easy_setopt(handle, CURLOPT_CAINFO, options->ca_file);
    if (options->certificate_file != NULL)
        curl_easy_setopt(handle, CURLOPT_SSLCERT, options->certificate_file);
    if (options->key_file != NULL) curl_easy_setopt(handle, CURLOPT_SSLKEY, options->key_file);
    if (options->key_password != NULL)
        curl_easy_setopt(handle, CURLOPT_KEYPASSWD, options->key_password);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, options->verifies_peer ? 1L : 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, options->verifies_peer ? 2L : 0L);
}

ccurl_client *ccurl_client_create(const ccurl_options *options) {
    pthread_once(&initialised, initialise);
    ccurl_client *client = calloc(1, sizeof *client);
    if (client == NULL) return NULL;
    client->handle = curl_easy_init();
    client->limit = options->answer_limit;
    client->capacity = 4096;
    client->body = calloc(1, client->capacity);
    if (client->handle == NULL || client->body == NULL ||
        !add_header(client, "Accept: application/vnd.schemaregistry.v1+json, application/json") ||
        !add_header(client, "Content-Type: application/vnd.schemaregistry.v1+json")) {
        ccurl_client_destroy(client);
        return NULL;
    }
    CURL *handle = client->handle;
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, client->error);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, options->timeout_ms);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, options->connect_timeout_ms);
    // Signals belong to the process; a redirect would carry credentials elsewhere.
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "millrace");
    set_security(handle, options);
    return client;
}

void ccurl_client_destroy(ccurl_client *client) {
    if (client == NULL) return;
    if (client->handle != NULL) curl_easy_cleanup(client->handle);
    curl_slist_free_all(client->headers);
    free(client->body);
    free(client);
}

static int may_be_repeated(CURLcode code) {
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
        return 1;
    default:
        return 0;
    }
}

ccurl_answer ccurl_client_perform(
    ccurl_client *client, const char *url, const char *body, size_t body_size) {
    ccurl_answer answer = {0, client->body, 0, client->error, 0};
    client->size = 0;
    client->body[0] = 0;
    client->error[0] = 0;
    client->is_too_long = 0;
    CURL *handle = client->handle;
    curl_easy_setopt(handle, CURLOPT_URL, url);
    if (body == NULL) {
        curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_size);
    }
    CURLcode code = curl_easy_perform(handle);
    answer.body = client->body;
    answer.size = client->size;
    if (code == CURLE_OK) {
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
        return answer;
    }
    answer.may_be_repeated = may_be_repeated(code);
    if (client->is_too_long)
        strcpy(client->error, "the answer is longer than the limit");
    else if (client->error[0] == 0)
        strncpy(client->error, curl_easy_strerror(code), CURL_ERROR_SIZE - 1);
    return answer;
}

#include <array>

#include "config/key_groups.h"

namespace stellwerk::config {
namespace {

constexpr std::array kRestKeys = std::to_array<Key>({
    {.name = "rest.address",
     .meaning = "Host name under which this master tells others to reach it. Without it: the host of the masters line "
                "or jobmanager.rpc.address, else the name of the machine."},
    {.name = "rest.bind-address",
     .meaning = "Address to listen on; 0.0.0.0 for all. Without it: jobmanager.bind-host, else only loopback where the "
                "masters line says localhost or 127.0.0.1, all addresses elsewhere.",
     .aliases = "web.address jobmanager.web.address"},
    {.name = "rest.port",
     .type = KeyType::integer,
     .fallback = "8081",
     .meaning =
         "Port for browsers, clients and other masters; 0 = any free one. A port in conf/masters comes before it.",
     .accepted = "0..65535",
     .aliases = "web.port jobmanager.web.port"},
    {.name = "rest.bind-port",
     .type = KeyType::ports,
     .meaning =
         "Ports to try for listening, for example 8081-8089; comes before rest.port and the port in conf/masters."},
    {.name = "rest.url-prefix",
     .fallback = "/",
     .meaning = "The path below which a master serves everything; the same for all masters and clients."},
    {.name = "rest.await-leader-timeout",
     .type = KeyType::duration,
     .fallback = "30 s",
     .meaning = "How long a write waits for a leader before it is answered 503.",
     .accepted = "0 ms..1 h"},
    {.name = "rest.idleness-timeout",
     .type = KeyType::duration,
     .fallback = "5 min",
     .meaning = "An open connection without a request is closed after this.",
     .accepted = "100 ms..1 d"},
    {.name = "rest.server.max-content-length",
     .type = KeyType::bytes,
     .fallback = "104857600",
     .meaning = "Largest body of a request; larger ones are answered 413.",
     .accepted = "1 kb..1 gb"},
    {.name = "rest.server.numThreads",
     .type = KeyType::integer,
     .fallback = "4",
     .meaning = "Threads that answer HTTP.",
     .accepted = "1..256"},
    {.name = "web.access-control-allow-origin",
     .fallback = "*",
     .meaning = "Origins whose pages may use the REST API from a browser, separated by commas; * for all, which covers "
                "reads only.",
     .aliases = "jobmanager.web.access-control-allow-origin"},
    {.name = "web.refresh-interval",
     .type = KeyType::duration,
     .fallback = "3 s",
     .meaning = "How often pages ask for news, told to them by /config.",
     .accepted = "100 ms..1 h",
     .aliases = "jobmanager.web.refresh-interval"},
    {.name = "web.submit.enable",
     .type = KeyType::boolean,
     .fallback = "true",
     .meaning = "Whether jars and bundles may be uploaded and run over HTTP.",
     .aliases = "jobmanager.web.submit.enable"},
    {.name = "web.cancel.enable",
     .type = KeyType::boolean,
     .fallback = "true",
     .meaning = "Whether the page offers to cancel jobs."},
    ignored("rest.path"),
    ignored("rest.retry.max-attempts"),
    ignored("rest.retry.delay"),
    ignored("rest.connection-timeout"),
    ignored("rest.async.store-duration"),
    ignored("rest.client.max-content-length"),
    ignored("rest.server.thread-priority"),
    ignored("rest.cache.checkpoint-statistics.size"),
    ignored("rest.cache.checkpoint-statistics.timeout"),
    ignored("web.timeout"),
    ignored("web.tmpdir", {}, "jobmanager.web.tmpdir"),
    ignored("web.upload.dir", "uploads go to storageDir, so that every master has them", "jobmanager.web.upload.dir"),
    ignored("web.log.path", {}, "jobmanager.web.log.path"),
    ignored("web.history", {}, "jobmanager.web.history"),
    ignored("web.checkpoints.history", {}, "jobmanager.web.checkpoints.history"),
    ignored("web.exception-history-size"),
    ignored("web.rescale.enable"),
    ignored("web.ssl.enabled", {}, "jobmanager.web.ssl.enabled"),
});

}  // namespace

std::span<const Key> rest_keys() noexcept {
  return kRestKeys;
}

}  // namespace stellwerk::config

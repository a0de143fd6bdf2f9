#include <array>

#include "config/key_groups.h"

namespace stellwerk::config {
namespace {

constexpr std::array kEnvironment = std::to_array<Key>({
    {.name = "env.pid.dir",
     .fallback = "/tmp",
     .meaning = "Directory for the pid files of daemons. STELLWERK_PID_DIR comes before it."},
    {.name = "env.log.dir",
     .meaning =
         "Directory for logs and output of daemons. Without it: log/ of the installation. STELLWERK_LOG_DIR comes "
         "before it."},
    {.name = "env.log.level",
     .type = KeyType::choice,
     .fallback = "INFO",
     .meaning = "The least important lines that are logged.",
     .accepted = "INFO|TRACE|DEBUG|WARN|ERROR|OFF"},
    {.name = "env.log.format",
     .type = KeyType::choice,
     .fallback = "text",
     .meaning = "How lines of logs look: as in Flink, or one JSON object each with time, level, logger and message.",
     .accepted = "text|json"},
    {.name = "env.log.max",
     .type = KeyType::integer,
     .fallback = "10",
     .meaning = "How many earlier logs of a daemon are kept.",
     .accepted = "1..10000"},
    {.name = "env.ssh.opts",
     .meaning = "Options for ssh to hosts in conf/masters and conf/workers. STELLWERK_SSH_OPTS comes before it."},
    ignored("env.stdout-err.redirect-to-file"),
    ignored("env.java.home", "there is no Java here"),
    ignored("env.java.opts", "there is no Java here", "env.java.opts.all"),
    ignored("env.java.opts.jobmanager", "there is no Java here"),
    ignored("env.java.opts.taskmanager", "there is no Java here"),
    ignored("env.java.opts.historyserver", "there is no Java here"),
    ignored("env.java.opts.client", "there is no Java here"),
    ignored("env.java.opts.sql-gateway", "there is no Java here"),
    ignored("env.hadoop.conf.dir"),
    ignored("env.yarn.conf.dir"),
    ignored("env.hbase.conf.dir"),
});

constexpr std::array kClients = std::to_array<Key>({
    {.name = "client.timeout",
     .type = KeyType::duration,
     .fallback = "60 s",
     .meaning = "How long a command such as stellwerk run repeats what no master could do, and waits for an answer.",
     .accepted = "1 ms..1 d"},
});

constexpr std::array kOther = std::to_array<Key>({
    ignored("pekko.ask.timeout", {}, "akka.ask.timeout"),
    ignored("pekko.tcp.timeout", {}, "akka.tcp.timeout"),
    ignored("pekko.framesize", {}, "akka.framesize"),
    ignored("pekko.lookup.timeout", {}, "akka.lookup.timeout"),
    ignored("job-result-store.storage-path"),
    ignored("job-result-store.delete-on-commit"),
    ignored("application-result-store.storage-path"),
    ignored("application-result-store.delete-on-commit"),
    ignored("cleanup-strategy.type", {}, "cleanup-strategy"),
    ignored("cleanup-strategy.exponential-delay.initial-backoff"),
    ignored("cleanup-strategy.exponential-delay.max-backoff"),
    ignored("cleanup-strategy.exponential-delay.attempts"),
    ignored("cleanup-strategy.fixed-delay.delay"),
    ignored("cleanup-strategy.fixed-delay.attempts"),
    ignored("blob.server.port", "jobs' files travel over the REST port"),
    ignored("blob.storage.directory", "jobs' files are kept in storageDir"),
    ignored("security.ssl.enabled"),
    ignored("security.ssl.rest.enabled"),
    ignored("security.ssl.rest.authentication-enabled"),
    ignored("security.ssl.internal.enabled"),
    ignored("jmx.server.port"),
    ignored("taskmanager.state.local.root-dirs"),
    ignored("user.artifacts.base-dir"),
    ignored("user.artifacts.artifact-list"),
    ignored("user.artifacts.raw-http-enabled"),
});

}  // namespace

std::span<const Key> environment_keys() noexcept {
  return kEnvironment;
}

std::span<const Key> client_keys() noexcept {
  return kClients;
}

std::span<const Key> other_keys() noexcept {
  return kOther;
}

}  // namespace stellwerk::config

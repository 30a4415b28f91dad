package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.FLOAT;
import static dev.tethys.runtime.cli.Flag.Kind.GO_DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.INTEGER;
import static dev.tethys.runtime.cli.Flag.Kind.LIST;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;
import static dev.tethys.runtime.cli.Flag.refused;

import dev.tethys.app.alertmanager.EmbeddedAlertmanager;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.config.GoDurations;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Flags of the Prometheus server with their defaults, and additional flags of Tethys at the end.
 * Flags of Prometheus that Tethys does not support are rejected by name unless they have their
 * default.
 */
final class ServerFlags {
  private static final String GO_RUNTIME =
      "it tunes the Go runtime, which Tethys does not have; use TETHYS_JAVA_OPTS";
  private static final String AGENT = "it belongs to agent mode: add --agent, or use tethys agent";

  private ServerFlags() {}

  static final List<Flag> ALL =
      List.of(
          of(
              "config.file",
              STRING,
              "prometheus.yml",
              "Prometheus configuration file path. Without the flag and without that file the"
                  + " embedded defaults are used: Tethys watches itself and this machine."),
          of(
              "config.auto-reload",
              BOOLEAN,
              "false",
              "Reload when the configuration file, or a file it names, has changed."),
          of(
              "config.auto-reload-interval",
              DURATION,
              "30s",
              "Interval between checks for changes."),
          of(
              "web.listen-address",
              LIST,
              "0.0.0.0:9090",
              "Address to listen on for the UI, API and telemetry. Can be repeated. Without a"
                  + " configuration file and --web.config.file the default is 127.0.0.1:9090."),
          of(
              ListenFlags.SYSTEMD.name(),
              BOOLEAN,
              "false",
              ListenFlags.SYSTEMD.help() + " (Tethys)"),
          refused("auto-gomaxprocs", BOOLEAN, "true", GO_RUNTIME),
          refused("auto-gomemlimit", BOOLEAN, "true", GO_RUNTIME),
          refused("auto-gomemlimit.ratio", FLOAT, "0.9", GO_RUNTIME),
          refused("auto-gomemlimit.refresh-interval", DURATION, "0s", GO_RUNTIME),
          of(
              "web.config.file",
              STRING,
              "",
              "File that enables TLS, authentication and security headers."),
          of(
              "web.read-timeout",
              DURATION,
              "5m",
              "Timeout of a request before the connection is closed."),
          of(
              "web.max-connections",
              INTEGER,
              "512",
              "Maximum number of simultaneous connections across all listeners."),
          of(
              "web.max-notifications-subscribers",
              INTEGER,
              "16",
              "Maximum number of concurrent subscribers of live notifications."),
          of(
              "web.external-url",
              STRING,
              "",
              "URL under which the server is reachable from outside, such as behind a proxy."),
          of(
              "web.route-prefix",
              STRING,
              "",
              "Prefix of all paths; the path of --web.external-url by default."),
          refused("web.user-assets", STRING, "", "files of the user's own are not served"),
          of("web.enable-lifecycle", BOOLEAN, "false", "Allow POST /-/reload and /-/quit."),
          of(
              "web.enable-admin-api",
              BOOLEAN,
              "false",
              "Allow deletion, clean-up and snapshots over the API."),
          of(
              "web.enable-pushgateway",
              BOOLEAN,
              "false",
              "Take pushes of short jobs at /pushgateway, as Pushgateway does; a job scrapes"
                  + " /pushgateway/metrics."),
          of(
              "pushgateway.group-ttl",
              DURATION,
              "0s",
              "Time after its last push at which a group is removed; 0 for never."),
          of(
              "pushgateway.sum-counters",
              BOOLEAN,
              "false",
              "A POST adds counters, histograms and summaries to those of the group."),
          of(
              "web.enable-remote-write-receiver",
              BOOLEAN,
              "false",
              "Accept remote write at /api/v1/write."),
          of(
              "web.remote-write-receiver.accepted-protobuf-messages",
              LIST,
              "",
              "Remote write messages to accept: prometheus.WriteRequest,"
                  + " io.prometheus.write.v2.Request. Both when not given."),
          of(
              "web.enable-otlp-receiver",
              BOOLEAN,
              "false",
              "Accept OTLP metrics over HTTP at /api/v1/otlp/v1/metrics and over gRPC."),
          of(
              "web.enable-influx-receiver",
              BOOLEAN,
              "false",
              "Accept Influx's line protocol at /write, /api/v2/write and /api/v3/write_lp."),
          of(
              "web.enable-opentsdb-receiver",
              BOOLEAN,
              "false",
              "Accept what is put into OpenTSDB at /api/put."),
          of(
              "web.enable-import-receiver",
              BOOLEAN,
              "false",
              "Accept JSON lines at /api/v1/import, Prometheus's text and CSV below it."),
          of(
              "web.console.templates",
              STRING,
              "consoles",
              "Path to the console template directory, available at /consoles."),
          of(
              "web.console.libraries",
              STRING,
              "console_libraries",
              "Path to the console library directory."),
          of("web.page-title", STRING, "Tethys", "Title of the pages."),
          of(
              "web.cors.origin",
              STRING,
              ".*",
              "Regular expression of the origins that may call the API from a browser, fully"
                  + " anchored."),
          of("web.search.max-limit", INTEGER, "10000", "Maximum limit of the search API."),
          of("storage.tsdb.path", STRING, "data/", "Folder of the metric store."),
          of(
              "storage.tsdb.min-block-duration",
              DURATION,
              "2h",
              "Time range of the blocks written first."),
          of(
              "storage.tsdb.max-block-duration",
              DURATION,
              "",
              "Longest time range of a compacted block; a tenth of the retention time, at most 31"
                  + " days, when not given."),
          of(
              "storage.tsdb.wal-segment-size",
              SIZE,
              "128MB",
              "Size at which a new segment of the write-ahead log is started."),
          refused(
              "storage.tsdb.max-block-chunk-segment-size",
              SIZE,
              "512MB",
              "blocks of Tethys have no chunk segments"),
          of(
              "storage.tsdb.retention.time",
              DURATION,
              "",
              "Retention time of samples; 15d when neither time nor size is set by flag or"
                  + " configuration file."),
          of(
              "storage.tsdb.retention.size",
              SIZE,
              "",
              "Maximum bytes on disk; the oldest blocks are removed first."),
          of("storage.tsdb.no-lockfile", BOOLEAN, "false", "Do not lock the data folder."),
          refused(
              "storage.tsdb.allow-overlapping-blocks",
              BOOLEAN,
              "true",
              "overlapping blocks are always allowed"),
          refused(
              "storage.tsdb.allow-overlapping-compaction",
              BOOLEAN,
              "true",
              "overlapping blocks are always merged"),
          refused(
              "storage.tsdb.block-reload-interval",
              DURATION,
              "1m",
              "blocks are looked for at the start only"),
          refused(
              "storage.tsdb.delayed-compaction.max-percent",
              INTEGER,
              "10",
              "blocks of Tethys are written when their time has come"),
          refused(
              "storage.tsdb.head-chunks-write-queue-size",
              INTEGER,
              "0",
              "head chunks of Tethys have no write queue"),
          refused(
              "storage.tsdb.wal-compression",
              BOOLEAN,
              "true",
              "the write-ahead log is always compact"),
          refused(
              "storage.tsdb.wal-compression-type",
              STRING,
              "snappy",
              "the write-ahead log has a single encoding"),
          refused(
              "storage.tsdb.samples-per-chunk",
              INTEGER,
              "120",
              "chunks of Tethys are sized by their encoding"),
          refused("storage.tsdb.delay-compact-file.path", STRING, "", "no sidecar uploads blocks"),
          refused("storage.agent.path", STRING, "data-agent/", AGENT),
          refused("storage.agent.wal-compression", BOOLEAN, "true", AGENT),
          refused("storage.agent.retention.min-time", DURATION, "5m", AGENT),
          refused("storage.agent.retention.max-time", DURATION, "4h", AGENT),
          refused("storage.agent.no-lockfile", BOOLEAN, "false", AGENT),
          refused("storage.agent.wal-segment-size", SIZE, "", AGENT),
          refused("storage.agent.wal-compression-type", STRING, "snappy", AGENT),
          refused("storage.agent.wal-truncate-frequency", DURATION, "", AGENT),
          refused("storage.agent.checkpoint-from-in-memory-series", BOOLEAN, "false", AGENT),
          refused("storage.agent.checkpoint-batch-size", INTEGER, "1000", AGENT),
          of(
              "storage.remote.flush-deadline",
              DURATION,
              "1m",
              "Time to flush remote write queues at shutdown; a queue on disk stops at once and"
                  + " loses nothing."),
          of(
              "storage.remote.read-sample-limit",
              INTEGER,
              "50000000",
              "Maximum number of samples in a response to remote read; 0 for no limit. Streamed"
                  + " chunks are not counted."),
          of(
              "storage.remote.read-concurrent-limit",
              INTEGER,
              "10",
              "Maximum number of concurrent remote read requests; 0 for no limit."),
          of(
              "storage.remote.read-max-bytes-in-frame",
              INTEGER,
              "1048576",
              "Maximum bytes in one frame of a streamed remote read response."),
          of(
              "scrape.adjust-timestamps",
              BOOLEAN,
              "true",
              "Store a scrape that starts a little late with the time at which it was due."),
          of(
              "scrape.timestamp-tolerance",
              GO_DURATION,
              "2ms",
              "Maximum adjustment; a hundredth of the interval if that is less."),
          of(
              "scrape.discovery-reload-interval",
              DURATION,
              "5s",
              "Minimum interval between updates of discovered targets; 0 for 5s."),
          of(
              "rules.alert.for-outage-tolerance",
              DURATION,
              "1h",
              "Maximum downtime after which the state of alerts is restored."),
          of(
              "rules.alert.for-grace-period",
              DURATION,
              "10m",
              "Minimum wait of a restored alert before it fires; the state of alerts with a"
                  + " shorter `for` is not restored."),
          of(
              "rules.alert.resend-delay",
              DURATION,
              "1m",
              "Minimum interval before a firing alert is sent to Alertmanagers again."),
          of(
              "rules.max-concurrent-evals",
              INTEGER,
              "4",
              "Maximum number of additional concurrent rule evaluations over all groups, with"
                  + " --enable-feature=concurrent-rule-eval."),
          of(
              "alertmanager.config.file",
              STRING,
              "",
              "Configuration file (alertmanager.yml) of an Alertmanager embedded in the server; its"
                  + " API is below /alertmanager. (Tethys)"),
          of(
              "alertmanager.storage.path",
              STRING,
              "",
              "Folder of the embedded Alertmanager; by default alertmanager in the storage folder."
                  + " (Tethys)"),
          of(
              "alerts.history",
              BOOLEAN,
              "true",
              "Store each change of an alert's state as the series tethys_alert_event. Tethys's"
                  + " own."),
          of(
              "alertmanager.notification-queue-capacity",
              INTEGER,
              "10000",
              "Capacity of the notification queue of each Alertmanager; when it is full the oldest"
                  + " alerts are dropped."),
          of(
              "alertmanager.notification-batch-size",
              INTEGER,
              "256",
              "Maximum number of alerts in a request to an Alertmanager."),
          of(
              "alertmanager.drain-notification-queue-on-shutdown",
              BOOLEAN,
              "true",
              "Send the alerts that wait before the process ends."),
          of(
              "query.lookback-delta",
              DURATION,
              "5m",
              "Maximum age of the newest sample that a selector returns."),
          of("query.timeout", DURATION, "2m", "Maximum duration of a query."),
          of(
              "query.max-concurrency",
              INTEGER,
              "20",
              "Maximum number of concurrent queries; others wait."),
          of(
              "query.max-samples",
              INTEGER,
              "50000000",
              "Maximum number of samples that a query may hold in memory."),
          of("enable-feature", LIST, "", "Comma-separated names of features to switch on."),
          of("agent", BOOLEAN, "false", "Run as tethys agent does, with a queue on disk."),
          of("log.level", STRING, "info", "Log level: debug, info, warn or error."),
          of("log.format", STRING, "logfmt", "Log format: logfmt or json."),
          of(
              "storage.fsync",
              STRING,
              "1s",
              "Fsync policy of the write-ahead log: 1s for once a second, or always. (Tethys)"),
          of(
              "storage.remote.queue-size",
              SIZE,
              "4GB",
              "Maximum bytes of samples queued on disk for each remote write endpoint; when the"
                  + " queue is full the oldest are dropped and counted. (Tethys)"),
          of(
              "storage.retention-rule",
              LIST,
              "",
              "Retention of matching series: {job=\"debug\"}=2d. Repeatable; the"
                  + " first matching rule applies, those of the configuration file come"
                  + " first. (Tethys)"),
          of(
              "storage.downsample",
              LIST,
              "",
              "Downsampled data stored in addition to samples, as RESOLUTION:AGE[:RETENTION]:"
                  + " 5m:40h:180d creates buckets of 5m from data older than 40h and keeps them for"
                  + " 180d. Repeatable; storage.tsdb.downsampling of the configuration file takes"
                  + " precedence over all of them. (Tethys)"),
          of(
              "storage.compaction-rate",
              SIZE,
              "",
              "Bytes per second that compactions may write; no limit by default. (Tethys)"),
          of(
              EmbeddedObserver.OBSERVE,
              BOOLEAN,
              "false",
              "Observe the processes of this machine by eBPF, as tethys node-agent does. Without a"
                  + " configuration file and with the rights for it, on unless --no-observe."
                  + " (Tethys)"),
          of(
              EmbeddedDatabases.CONFIG,
              STRING,
              "",
              "File of databases that the server reads, as tethys cluster-agent does. (Tethys)"),
          of(
              ServerPipelines.CONFIG,
              LIST,
              "",
              "Collector configuration whose pipelines run in the server: a file, env:NAME,"
                  + " yaml:TEXT or a URL. Their exporter tethys writes into the server's stores."
                  + " Can be repeated. (Tethys)"),
          of(
              EmbeddedPipelines.PROMTAIL,
              STRING,
              "",
              "promtail.yml whose jobs run in the server; without clients and exporters they write"
                  + " into the log store. (Tethys)"),
          of(
              "storage.max-series",
              INTEGER,
              "0",
              "Maximum number of series in memory; further new series are refused by name. 0 for no"
                  + " limit. (Tethys)"),
          of(
              "storage.memory-limit",
              SIZE,
              "",
              "Maximum memory for series and samples; near it blocks are cut early, writers slowed"
                  + " and new series refused by name. Half of the heap by default, 0 for no limit."
                  + " (Tethys)"),
          of(
              "query.max-queued",
              INTEGER,
              "1000",
              "Maximum number of queued queries; beyond it, the user with the most queries is"
                  + " refused. (Tethys)"),
          of(
              "query.user-header",
              STRING,
              "",
              "Header with the user of a query, such as X-Grafana-User, for requests without"
                  + " authentication; set it only behind a proxy that sets the header. (Tethys)"),
          of(
              "query.max-memory-bytes",
              SIZE,
              "1GB",
              "Maximum memory of all queries together. (Tethys)"),
          of(
              "query.max-memory-bytes-per-query",
              SIZE,
              "512MB",
              "Maximum memory of one query. (Tethys)"),
          of(
              "query.cache-max-bytes",
              SIZE,
              "64MB",
              "Maximum memory of the cache for results of range queries, at most an eighth of the"
                  + " heap. 0 disables the cache. (Tethys)"),
          of(
              "query.max-memory-bytes-rules",
              SIZE,
              "",
              "Part of query.max-memory-bytes reserved for rule queries, at most half of it; a"
                  + " quarter by default. (Tethys)"),
          of(
              "query.max-source-resolution",
              STRING,
              "auto",
              "Default max_source_resolution: auto for downsampled data where the response is the"
                  + " same or samples are gone, 0s for samples alone, a duration for buckets up to"
                  + " that length where steps are not shorter. (Tethys)"),
          of(
              "query.warm-up",
              DURATION,
              "10s",
              "Maximum duration of the warm-up of each signal after a start, which runs usual"
                  + " queries over the store so that the first real ones are fast; about 5 s of CPU"
                  + " are enough. 0s disables it. (Tethys)"));

  /** Returns the maximum delay with which a scrape still gets its scheduled timestamp. */
  static Duration tolerance(FlagSet flags) {
    return flags.bool("scrape.adjust-timestamps")
        ? GoDurations.parse(flags.get("scrape.timestamp-tolerance"))
        : Duration.ZERO;
  }

  /** Returns the minimum interval between accepted target lists; 0 for the default. */
  static Duration discoveryPause(FlagSet flags) {
    Duration pause = Duration.ofMillis(flags.millis("scrape.discovery-reload-interval"));
    return pause.isZero() ? DiscoveryManager.THROTTLE : pause;
  }

  /** Returns the flags of the server, including those of its signals and its Alertmanager. */
  static List<Flag> all() {
    return Stream.of(
            ALL,
            StoredLogs.FLAGS,
            StoredTraces.FLAGS,
            StoredProfiles.FLAGS,
            EntityWatch.FLAGS,
            InspectionWatch.FLAGS,
            IncidentWatch.FLAGS,
            RiskWatch.FLAGS,
            ChangeReports.FLAGS,
            EmbeddedSources.FLAGS,
            ObjectiveRuleFiles.FLAGS,
            EmbeddedDashboards.FLAGS,
            EmbeddedControl.FLAGS,
            EmbeddedAlertmanager.clusterFlags())
        .flatMap(List::stream)
        .toList();
  }

  static FlagSet set() {
    return new FlagSet(
        "tethys server",
        "Scrapes targets, stores their metrics, answers PromQL and shows it in a browser. Takes"
            + " prometheus.yml and the flags of Prometheus.",
        all());
  }
}

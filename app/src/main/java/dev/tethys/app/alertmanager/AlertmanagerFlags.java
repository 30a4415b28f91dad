package dev.tethys.app.alertmanager;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.FLOAT;
import static dev.tethys.runtime.cli.Flag.Kind.INTEGER;
import static dev.tethys.runtime.cli.Flag.Kind.LIST;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;
import static dev.tethys.runtime.cli.Flag.refused;

import dev.tethys.alert.manager.AlertmanagerOptions;
import dev.tethys.alert.manager.MetricLabels;
import dev.tethys.alert.manager.cluster.ClusterOptions;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.state.SilenceLimits;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Alertmanager's flags with their defaults; unsupported flags are rejected by name. */
final class AlertmanagerFlags {
  private static final String GO_RUNTIME =
      "it tunes the Go runtime, which Tethys does not have; use TETHYS_JAVA_OPTS";

  /** Minimum of the default number of concurrent GET requests. */
  private static final int LEAST_CONCURRENCY = 8;

  /** Minimum size of the history. */
  private static final long LEAST_HISTORY = 1 << 20;

  private static final Set<String> BUILT =
      Set.of(
          "alert-names-in-metrics",
          "receiver-name-in-metrics",
          "group-key-in-metrics",
          "classic-mode",
          "utf8-strict-mode",
          "event-recorder");
  private static final Set<String> KNOWN = Set.of("auto-gomemlimit");

  private AlertmanagerFlags() {}

  private static final List<Flag> BEFORE_CLUSTER =
      List.of(
          of("config.file", STRING, "alertmanager.yml", "Alertmanager configuration file name."),
          of(
              "storage.path",
              STRING,
              "data/",
              "Folder of silences and of the notification log. Silences are on disk before they are"
                  + " acknowledged."),
          of(
              "data.retention",
              DURATION,
              "120h",
              "Retention of expired silences and of the notification log."),
          of(
              "data.maintenance-interval",
              DURATION,
              "15m",
              "Interval between removals of expired data."),
          of(
              "silences.max-silences",
              INTEGER,
              "0",
              "Maximum number of silences, expired ones included; 0 for no limit."),
          of(
              "silences.max-silence-size-bytes",
              INTEGER,
              "0",
              "Maximum size of a stored silence in bytes; 0 for 16 MiB."),
          of(
              "history.retention",
              DURATION,
              "30d",
              "Retention of the history of alerts; 0s for no history. Not a flag of"
                  + " Alertmanager."),
          of(
              "history.max-bytes",
              SIZE,
              "64MB",
              "Maximum size of the history of alerts. Not a flag of Alertmanager."),
          of("log.silences", BOOLEAN, "false", "Log changes of silences."),
          of(
              "alerts.gc-interval",
              DURATION,
              "30m",
              "Interval between removals of resolved alerts."),
          of(
              "alerts.per-alertname-limit",
              INTEGER,
              "0",
              "Maximum number of alerts with the same name; 0 for no limit."),
          of(
              "dispatch.maintenance-interval",
              DURATION,
              "30s",
              "Ignored: groups are removed as soon as they are empty."),
          of(
              "dispatch.start-delay",
              DURATION,
              "0s",
              "Delay of the first notifications after the start, so that alerts arrive before; use"
                  + " the --rules.alert.resend-delay of the servers."),
          of(
              "web.listen-address",
              LIST,
              ":9093",
              "Address to listen on for the API and telemetry. Can be repeated."),
          of("web.config.file", STRING, "", "File that enables TLS, authentication and headers."),
          of(
              "web.external-url",
              STRING,
              "",
              "URL under which the Alertmanager is reachable from outside; notifications link to"
                  + " it."),
          of(
              "web.route-prefix",
              STRING,
              "",
              "Prefix of all paths; the path of --web.external-url by default."),
          of(
              "web.get-concurrency",
              INTEGER,
              "0",
              "Maximum number of concurrent GET requests; 0 for the number of processors,"
                  + " at least 8."),
          refused(
              "web.timeout",
              DURATION,
              "0",
              "requests have no separate time limit; connections have one"),
          ListenFlags.SYSTEMD,
          refused("auto-gomemlimit.ratio", FLOAT, "0.9", GO_RUNTIME));

  private static final String LISTEN = "cluster.listen-address";

  /** Flags of a cluster of several machines; without them gossip is limited to loopback. */
  private static final List<String> NETWORKED =
      List.of("cluster.peer", "cluster.advertise-address", "cluster.tls-config");

  private static final List<Flag> CLUSTER =
      List.of(
          of(
              "cluster.listen-address",
              STRING,
              "0.0.0.0:9094",
              "Listen address of the cluster over UDP and TCP; empty for no cluster. Without another"
                  + " flag of the cluster that names an address, peers or TLS the default is"
                  + " 127.0.0.1:9094."),
          of(
              "cluster.advertise-address",
              STRING,
              "",
              "Advertised address; by default a private one of this machine."),
          of("cluster.peer-name", STRING, "", "Name in the cluster; random by default."),
          of("cluster.peer", LIST, "", "Host and port of another member; may be repeated."),
          of(
              "cluster.peer-timeout",
              DURATION,
              "15s",
              "Time that each member waits for the notification of the previous one."),
          of(
              "cluster.peers-resolve-timeout",
              DURATION,
              "15s",
              "Timeout of name lookups of members."),
          of(
              "cluster.gossip-interval",
              DURATION,
              "200ms",
              "Interval between gossip messages of changes."),
          of(
              "cluster.pushpull-interval",
              DURATION,
              "1m",
              "Interval between full exchanges with a member; 0 for none."),
          of(
              "cluster.tcp-timeout",
              DURATION,
              "10s",
              "Timeout of a connection and of each of its steps."),
          of(
              "cluster.probe-timeout",
              DURATION,
              "500ms",
              "Timeout of a probe before other members probe indirectly."),
          of("cluster.probe-interval", DURATION, "1s", "Interval between probes of members."),
          of(
              "cluster.settle-timeout",
              DURATION,
              "1m",
              "Maximum delay of notifications until the members are known."),
          of(
              "cluster.reconnect-interval",
              DURATION,
              "10s",
              "Interval between attempts to reconnect to lost members; 0 for none."),
          of(
              "cluster.reconnect-timeout",
              DURATION,
              "6h",
              "Time during which lost members are reconnected; 0 for no limit."),
          of("cluster.tls-config", STRING, "", "File that enables TLS between members."),
          of(
              "cluster.label",
              STRING,
              "",
              "Label of the cluster; members with another label are ignored."),
          of(
              "cluster.allow-insecure-public-advertise-address-discovery",
              BOOLEAN,
              "false",
              "Advertise a public address if this machine has no private one."));

  private static final List<Flag> AFTER_CLUSTER =
      List.of(
          of(
              "enable-feature",
              LIST,
              "",
              "Features by name, separated by commas: alert-names-in-metrics,"
                  + " receiver-name-in-metrics, group-key-in-metrics, classic-mode,"
                  + " utf8-strict-mode, event-recorder."),
          of("log.level", STRING, "info", "Log level: debug, info, warn or error."),
          of("log.format", STRING, "logfmt", "Log format: logfmt or json."));

  private static final List<Flag> ALL =
      Stream.of(BEFORE_CLUSTER, CLUSTER, AFTER_CLUSTER).flatMap(List::stream).toList();

  /**
   * Returns the cluster flags for an Alertmanager embedded in another role, which joins a cluster
   * only if the flags are set.
   *
   * @param prefix prefix of their names
   */
  static List<Flag> embeddedCluster(String prefix) {
    return CLUSTER.stream()
        .map(
            f ->
                of(
                    prefix + f.name(),
                    f.kind(),
                    f.name().equals("cluster.listen-address") ? "" : f.defaultValue(),
                    f.help() + " Of the Alertmanager inside of the server; Tethys's own."))
        .toList();
  }

  static FlagSet set() {
    return new FlagSet(
        "tethys alertmanager",
        "Groups, silences and routes alerts, and notifies about them, as Alertmanager does.",
        ALL);
  }

  private static Set<String> features(FlagSet flags) {
    Set<String> out = new LinkedHashSet<>();
    for (String list : flags.list("enable-feature")) {
      for (String f : list.split(",")) {
        String name = f.strip();
        if (KNOWN.contains(name)) {
          throw new UsageException(
              "tethys alertmanager: --enable-feature=" + name + " is not built yet");
        }
        if (!name.isEmpty() && !BUILT.contains(name)) {
          throw new UsageException("tethys alertmanager: there is no feature " + name);
        }
        out.add(name);
      }
    }
    return out;
  }

  /** Whether what {@code event_recorder} configures is to be done. */
  static boolean recordsEvents(FlagSet flags) {
    return features(flags).contains("event-recorder");
  }

  private static int count(FlagSet flags, String name) {
    long n = flags.integer(name);
    if (n < 0 || n > Integer.MAX_VALUE) {
      throw new UsageException("tethys alertmanager: --" + name + "=" + n + ": expected 0 or more");
    }
    return (int) n;
  }

  private static Duration positive(FlagSet flags, String name) {
    Duration d = Duration.ofMillis(flags.millis(name));
    if (d.isZero()) {
      throw new UsageException(
          (name.startsWith("alertmanager.") ? "tethys server" : "tethys alertmanager")
              + ": --"
              + name
              + " must be more than 0");
    }
    return d;
  }

  /** Returns the maximum size of the history in bytes. */
  static long historyBytes(FlagSet flags) {
    long most = flags.bytes("history.max-bytes");
    if (most < LEAST_HISTORY) {
      throw new UsageException("tethys alertmanager: --history.max-bytes must be 1MB or more");
    }
    return most;
  }

  static int getConcurrency(FlagSet flags) {
    int n = count(flags, "web.get-concurrency");
    return n > 0 ? n : Math.max(Runtime.getRuntime().availableProcessors(), LEAST_CONCURRENCY);
  }

  /**
   * Returns the cluster options from the flags; null if clustering is disabled.
   *
   * @param prefix prefix of the flag names
   */
  static @Nullable ClusterOptions cluster(FlagSet flags, String prefix) {
    String listen = flags.get(prefix + LISTEN);
    if (listen.isEmpty()) {
      return null;
    }
    if (!flags.isGiven(prefix + LISTEN)
        && NETWORKED.stream().noneMatch(f -> flags.isGiven(prefix + f))) {
      listen = "127.0.0.1" + listen.substring(listen.lastIndexOf(':'));
      flags.setDefault(prefix + LISTEN, listen);
    }
    String tls = flags.get(prefix + "cluster.tls-config");
    return new ClusterOptions(
        listen,
        flags.get(prefix + "cluster.advertise-address"),
        flags.get(prefix + "cluster.peer-name"),
        flags.list(prefix + "cluster.peer"),
        millis(flags, prefix + "cluster.peer-timeout"),
        positive(flags, prefix + "cluster.peers-resolve-timeout"),
        positive(flags, prefix + "cluster.gossip-interval"),
        millis(flags, prefix + "cluster.pushpull-interval"),
        positive(flags, prefix + "cluster.tcp-timeout"),
        positive(flags, prefix + "cluster.probe-timeout"),
        positive(flags, prefix + "cluster.probe-interval"),
        millis(flags, prefix + "cluster.settle-timeout"),
        millis(flags, prefix + "cluster.reconnect-interval"),
        millis(flags, prefix + "cluster.reconnect-timeout"),
        tls.isEmpty() ? null : Path.of(tls),
        flags.get(prefix + "cluster.label"),
        flags.bool(prefix + "cluster.allow-insecure-public-advertise-address-discovery"));
  }

  private static Duration millis(FlagSet flags, String name) {
    return Duration.ofMillis(flags.millis(name));
  }

  static AlertmanagerOptions options(FlagSet flags, URI externalUrl) {
    Set<String> features = features(flags);
    if (features.contains("classic-mode") && features.contains("utf8-strict-mode")) {
      throw new UsageException(
          "tethys alertmanager: cannot have both classic and UTF-8 modes enabled");
    }
    return new AlertmanagerOptions(
        Path.of(flags.get("storage.path")),
        new SilenceLimits(
            positive(flags, "data.retention"),
            count(flags, "silences.max-silences"),
            count(flags, "silences.max-silence-size-bytes")),
        flags.bool("log.silences"),
        positive(flags, "data.maintenance-interval"),
        positive(flags, "alerts.gc-interval"),
        count(flags, "alerts.per-alertname-limit"),
        Duration.ofMillis(flags.millis("dispatch.start-delay")),
        features.contains("classic-mode")
            ? MatcherSyntax.CLASSIC
            : features.contains("utf8-strict-mode") ? MatcherSyntax.UTF8 : MatcherSyntax.FALLBACK,
        externalUrl,
        new MetricLabels(
            features.contains("alert-names-in-metrics"),
            features.contains("receiver-name-in-metrics"),
            features.contains("group-key-in-metrics")));
  }
}

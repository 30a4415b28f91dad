package dev.tethys.contrib.clusteragent;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.prometheus.push.MetricsPush;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.ListenAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Flags of the cluster agent, named as in Coroot's; each is also read from the environment variable
 * with its name in upper case: {@code --coroot-url} from {@code COROOT_URL}.
 */
final class ClusterAgentFlags {
  static final String COMMAND = "tethys cluster-agent";
  static final String LISTEN = "listen";
  static final String STATE_LISTEN = "kube-state-metrics-listen-address";

  private static final long IN_MEMORY = 64L << 20;
  private static final String UPDATE_INTERVAL = "config-update-interval";
  private static final String UPDATE_TIMEOUT = "config-update-timeout";

  private ClusterAgentFlags() {}

  static FlagSet flags() {
    List<Flag> f = new ArrayList<>();
    f.add(
        Flag.of(
            "config.file",
            Flag.Kind.STRING,
            "",
            "File of the databases (docs/cluster-agent.md), read again on SIGHUP. Not in Coroot's"
                + " cluster agent."));
    f.add(
        Flag.of(
            LISTEN, Flag.Kind.STRING, "127.0.0.1:10301", "Address of /metrics and of the API."));
    f.add(
        Flag.of(
            "web.config.file",
            Flag.Kind.STRING,
            "",
            "File that enables TLS or authentication. Not in Coroot's cluster agent."));
    f.add(
        Flag.of(
            "coroot-url",
            Flag.Kind.STRING,
            "",
            "URL of Coroot or of a server: metrics are sent to its path /v1/metrics by remote"
                + " write. Without it they are only served."));
    f.add(
        Flag.of(
            "api-key",
            Flag.Kind.STRING,
            "",
            "Value of the header X-Api-Key of outgoing requests."));
    f.add(
        Flag.of(
            "metrics-scrape-interval",
            Flag.Kind.DURATION,
            "15s",
            "Time between readings and between sent metrics; interval of the file takes precedence"
                + " for readings."));
    f.add(
        Flag.of(
            "metrics-wal-dir",
            Flag.Kind.STRING,
            "",
            "Folder of the queue of metrics; without it the queue is in memory, at most 64 MB."
                + " Coroot's default is /tmp."));
    f.add(
        Flag.of(
            "max-spool-size",
            Flag.Kind.SIZE,
            "500MB",
            "Maximum bytes in --metrics-wal-dir; the oldest are dropped first. Not in Coroot's"
                + " cluster agent."));
    f.add(
        Flag.of(
            "insecure-skip-verify",
            Flag.Kind.BOOLEAN,
            "false",
            "Do not verify the certificate of --coroot-url."));
    f.add(Flag.of("ca-file", Flag.Kind.STRING, "", "Certificates to trust for --coroot-url."));
    f.add(
        Flag.of(
            "track-database-sizes",
            Flag.Kind.BOOLEAN,
            "true",
            "Read sizes of databases and tables."));
    f.add(
        Flag.of(
            "track-database-bloat",
            Flag.Kind.BOOLEAN,
            "true",
            "Estimate unused space of PostgreSQL's tables and indexes."));
    f.add(
        Flag.of(
            "max-tables-per-database",
            Flag.Kind.INTEGER,
            "1000",
            "Databases with more tables have no metrics of tables; 0 for no limit."));
    f.add(
        Flag.of(
            "exclude-databases",
            Flag.Kind.LIST,
            "",
            "Database whose tables are not read. Can be repeated. The default is postgres, mysql,"
                + " information_schema, performance_schema and sys."));
    f.add(
        Flag.of(
            "track-database-changes",
            Flag.Kind.BOOLEAN,
            "true",
            "Send changed definitions of tables and settings as log records to --coroot-url, to its"
                + " path /v1/logs."));
    f.add(
        Flag.of(
            UPDATE_INTERVAL,
            Flag.Kind.DURATION,
            "60s",
            "Time between requests to the path /v1/config of --coroot-url for databases."));
    f.add(
        Flag.of(
            UPDATE_TIMEOUT,
            Flag.Kind.DURATION,
            "10s",
            "Time limit of a request to the path /v1/config of --coroot-url."));
    refused(
        f, "metrics-scrape-timeout", Flag.Kind.STRING, "10s", "it is the interval, at most 10s");
    String profiles = "only a server scrapes pods for profiles: --cluster-agent.config-file";
    refused(f, "profiles-scrape-interval", Flag.Kind.STRING, "60s", profiles);
    refused(f, "profiles-scrape-timeout", Flag.Kind.STRING, "10s", profiles);
    f.add(
        Flag.of(
            STATE_LISTEN,
            Flag.Kind.STRING,
            "127.0.0.1:10303",
            "Address of the state of Kubernetes, under the names of kube-state-metrics. It is served"
                + " in a pod, and where --config.file has the section kubernetes."));
    f.add(
        Flag.of(
            "kube-state-metrics-min-age",
            Flag.Kind.DURATION,
            "30s",
            "Objects of Kubernetes younger than this have no metrics yet."));
    f.add(
        Flag.of(
            "collect-kubernetes-events",
            Flag.Kind.BOOLEAN,
            "true",
            "Send events of Kubernetes as log records to --coroot-url, to its path /v1/logs."));
    f.add(Flag.of("log.level", Flag.Kind.STRING, "info", "Log level: debug, info, warn or error."));
    f.add(Flag.of("log.format", Flag.Kind.STRING, "logfmt", "Log format: logfmt or json."));
    return new FlagSet(
        COMMAND,
        "[check [ADDRESS]]",
        "Reads databases and the state of Kubernetes, and serves metrics with the names of Coroot's"
            + " cluster agent and of kube-state-metrics. With 'check'"
            + " it reads each database of the file, or that of ADDRESS, lists what it can read and"
            + " which right is missing, and ends.",
        f);
  }

  private static void refused(
      List<Flag> to, String name, Flag.Kind kind, String defaultValue, String reason) {
    to.add(Flag.refused(name, kind, defaultValue, reason));
  }

  /** Defaults of the file. */
  static ClusterAgentConfig.Defaults defaults(FlagSet flags) {
    List<String> excluded = flags.list("exclude-databases");
    return new ClusterAgentConfig.Defaults(
        duration(flags, "metrics-scrape-interval"),
        flags.bool("track-database-sizes"),
        flags.bool("track-database-bloat"),
        flags.bool("track-database-changes") && !flags.get("coroot-url").isEmpty(),
        flags.integer("max-tables-per-database"),
        flags.isGiven("exclude-databases") ? Set.copyOf(excluded) : null,
        !flags.get("coroot-url").isEmpty(),
        kubernetes(flags));
  }

  /** Defaults of the section of Kubernetes. */
  static KubernetesSettings.Defaults kubernetes(FlagSet flags) {
    long age = flags.millis("kube-state-metrics-min-age");
    if (age < 0 || age > Duration.ofDays(1).toMillis()) {
      throw new UsageException(
          COMMAND + ": --kube-state-metrics-min-age must be from 0s to 24h, not " + age + "ms");
    }
    return new KubernetesSettings.Defaults(
        !flags.get("coroot-url").isEmpty(),
        flags.bool("collect-kubernetes-events"),
        Duration.ofMillis(age));
  }

  /** Requests for databases; null without {@code --coroot-url}. */
  static ConfigSource.@Nullable Settings config(FlagSet flags, String userAgent) {
    if (flags.get("coroot-url").isEmpty()) {
      return null;
    }
    return new ConfigSource.Settings(
        url(flags),
        flags.get("api-key"),
        flags.bool("insecure-skip-verify"),
        flags.get("ca-file"),
        duration(flags, UPDATE_INTERVAL),
        duration(flags, UPDATE_TIMEOUT),
        userAgent);
  }

  private static Duration duration(FlagSet flags, String name) {
    long millis = flags.millis(name);
    if (millis < 1000 || millis > Duration.ofHours(1).toMillis()) {
      throw new UsageException(
          COMMAND + ": --" + name + " must be from 1s to 1h, not " + millis + "ms");
    }
    return Duration.ofMillis(millis);
  }

  /** Client of {@code --coroot-url}, with the proxies of the environment. */
  static HttpClientConfig client(String caFile, boolean insecureSkipVerify) {
    return new HttpClientConfig(
        null,
        null,
        null,
        LoginKeys.tls(caFile, "", "", insecureSkipVerify),
        false,
        true,
        new ProxyConfig(null, "", true, Map.of()),
        Map.of());
  }

  private static URI url(FlagSet flags) {
    String url = flags.get("coroot-url");
    try {
      URI u = new URI(url);
      if (u.getHost() != null && Set.of("http", "https").contains(u.getScheme())) {
        return u;
      }
    } catch (URISyntaxException e) {
      // the same message as for other texts
    }
    throw new UsageException(
        COMMAND + ": --coroot-url: '" + url + "' is not a URL of http or https");
  }

  /** Settings of remote write; null without a destination. */
  static MetricsPush.@Nullable Options push(FlagSet flags) {
    String url = flags.get("coroot-url");
    if (url.isEmpty()) {
      return null;
    }
    url(flags);
    if (!flags.get("web.config.file").isEmpty()) {
      throw new UsageException(
          COMMAND
              + ": --web.config.file cannot be used with --coroot-url; the page listens on"
              + " loopback then");
    }
    String folder = flags.get("metrics-wal-dir");
    return new MetricsPush.Options(
        url.replaceAll("/+$", "") + "/v1/metrics",
        flags.get("api-key"),
        flags.millis("metrics-scrape-interval"),
        flags.bool("insecure-skip-verify"),
        flags.get("ca-file"),
        folder.isEmpty() ? null : Path.of(folder),
        folder.isEmpty() ? IN_MEMORY : flags.bytes("max-spool-size"));
  }

  /** Address of the page. */
  static String listen(FlagSet flags) {
    ListenFlags.keepToLoopback(flags, LISTEN);
    return flags.get(LISTEN);
  }

  /** Address of the page of Kubernetes. */
  static String stateListen(FlagSet flags) {
    ListenFlags.keepToLoopback(flags, STATE_LISTEN);
    String address = flags.get(STATE_LISTEN);
    try {
      ListenAddress.check(address);
    } catch (IllegalArgumentException e) {
      throw new UsageException(COMMAND + ": --" + STATE_LISTEN + ": " + e.getMessage());
    }
    return address;
  }
}

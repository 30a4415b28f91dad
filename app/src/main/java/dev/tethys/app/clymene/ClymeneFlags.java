package dev.tethys.app.clymene;

import dev.tethys.config.NameSuggestion;
import dev.tethys.config.YamlTree;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.Flag.Kind;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Settings of one of Clymene's programs, from flags and environment variables. A variable has the
 * name of its flag in upper case with {@code _} for dots and dashes; a flag has priority over it,
 * and an empty variable is ignored. {@code STORAGE_TYPE} alone selects the databases, and only
 * their flags are known.
 */
public final class ClymeneFlags {
  private static final Set<String> BUILT =
      Set.of(
          "prometheus",
          "cortex",
          "kafka",
          "gateway",
          "elasticsearch",
          "influxdb",
          "opentsdb",
          "tdengine",
          "kdb",
          "loki");

  /** Databases that accept log lines. */
  private static final Set<String> LOGS = Set.of("kafka", "gateway", "loki", "elasticsearch");

  private final ClymeneRole role;
  private final List<String> storages;
  private final FlagSet set;
  private final Map<String, String> environment;

  private ClymeneFlags(
      ClymeneRole role, List<String> storages, FlagSet set, Map<String, String> environment) {
    this.role = role;
    this.storages = storages;
    this.set = set;
    this.environment = environment;
  }

  /**
   * Reads flags and variables.
   *
   * @throws UsageException if a flag is unknown for the target databases, or a database is not
   *     supported
   */
  public static ClymeneFlags read(
      ClymeneRole role, List<String> arguments, Map<String, String> environment) {
    Map<String, String> variables = withoutEmpty(environment);
    Set<String> storages = storages(role, variables);
    return new ClymeneFlags(
        role, List.copyOf(storages), set(role, storages).parse(arguments), Map.copyOf(variables));
  }

  /** Drops empty values: {@code NAME=} in a variables file selects the default. */
  private static Map<String, String> withoutEmpty(Map<String, String> environment) {
    Map<String, String> variables = new HashMap<>(environment);
    variables.values().removeIf(String::isEmpty);
    return variables;
  }

  /** Renders the help page for the databases named by the variables, or for all that exist. */
  public static String help(ClymeneRole role, Map<String, String> environment) {
    Map<String, String> variables = withoutEmpty(environment);
    return set(
            role,
            variables.containsKey("STORAGE_TYPE") ? storages(role, variables) : storages(role))
        .help();
  }

  private static FlagSet set(ClymeneRole role, Collection<String> storages) {
    return new FlagSet(
        "clymene-" + role.word(),
        "Runs clymene-"
            + role.word()
            + ". STORAGE_TYPE names the databases that receive data: "
            + String.join(", ", storages(role))
            + ", separated by commas. Every flag can be set as an environment variable: its name in"
            + " upper case, with _ for dots and dashes."
            + (role == ClymeneRole.PROMTAIL
                ? ""
                : " With --config it runs as a collector; see tethys collector --help."),
        flags(role, storages));
  }

  private static Set<String> storages(ClymeneRole role, Map<String, String> environment) {
    String former = environment.get("TS_STORAGE_TYPE");
    if (former != null) {
      throw new UsageException(
          "TS_STORAGE_TYPE="
              + former
              + ": this variable is not supported, as in Clymene; set STORAGE_TYPE instead");
    }
    String types = environment.getOrDefault("STORAGE_TYPE", "elasticsearch");
    Set<String> storages = new LinkedHashSet<>();
    for (String t : types.split(",")) {
      String name = t.strip().toLowerCase(Locale.ROOT);
      if (!BUILT.contains(name)) {
        throw new UsageException(
            "STORAGE_TYPE="
                + types
                + ": \""
                + name
                + "\" is not a database supported by Clymene"
                + NameSuggestion.question(name, BUILT));
      }
      if (!role.metrics() && !LOGS.contains(name)) {
        throw new UsageException(
            "STORAGE_TYPE="
                + types
                + ": "
                + name
                + " does not support logs; kafka, gateway, loki and elasticsearch do");
      }
      if (name.equals("loki") && (role == ClymeneRole.AGENT || role == ClymeneRole.INGESTER)) {
        throw new UsageException("STORAGE_TYPE=" + types + ": loki does not support metrics");
      }
      storages.add(name);
    }
    return storages;
  }

  /** Returns the default address of the health endpoint. */
  static String adminAddress(ClymeneRole role) {
    return switch (role) {
      case AGENT -> ":15691";
      case GATEWAY, PROMTAIL_GATEWAY -> ":15690";
      case INGESTER, PROMTAIL_INGESTER -> ":15694";
      case PROMTAIL -> ":15698";
    };
  }

  /** Returns the databases a program can write to. */
  static List<String> storages(ClymeneRole role) {
    boolean noLogs = role == ClymeneRole.AGENT || role == ClymeneRole.INGESTER;
    return BUILT.stream()
        .filter(s -> role.metrics() ? !(noLogs && s.equals("loki")) : LOGS.contains(s))
        .sorted()
        .toList();
  }

  private static List<Flag> flags(ClymeneRole role, Collection<String> storages) {
    List<Flag> out = new ArrayList<>();
    boolean agent = role == ClymeneRole.AGENT;
    text(
        out,
        "admin.http.host-ports",
        adminAddress(role),
        role == ClymeneRole.PROMTAIL
            ? "Address of health (/) and metrics (/metrics)."
            : "Address of health; metrics are on "
                + (agent ? "--http.port." : "--metrics.http.host-port."));
    text(out, "log-level", "info", "debug, info, warn, error.");
    if (role == ClymeneRole.PROMTAIL) {
      promtail(out);
    } else if (!agent) {
      text(
          out,
          "metrics.http.host-port",
          "localhost:8888",
          "Address of metrics, reload and the page of pipelines; not a flag of Clymene.");
    }
    text(out, "metrics-backend", "prometheus", "Only prometheus; other values are treated alike.");
    text(out, "metrics-http-route", "/metrics", "Path of metrics; no other is supported.");
    if (agent) {
      text(out, "config.file", "/etc/clymene/clymene.yml", "Configuration of the scrape jobs.");
      text(out, "http.port", "15692", "Port of POST /api/reload and of metrics.");
      text(
          out,
          "enable.new-service-discovery-manager",
          "true",
          "Ignored: only the new manager exists.");
      text(out, "metric.split.length", "1024", "Maximum number of series in a request.");
    }
    if (role == ClymeneRole.GATEWAY || role == ClymeneRole.PROMTAIL_GATEWAY) {
      text(out, "gateway.grpc-server.host-port", ":15610", "Address of the gRPC server.");
      text(out, "gateway.http-server.host-port", ":15611", "Address of the HTTP server.");
      for (String p :
          List.of("gateway.grpc", "gateway.grpc-server", "gateway.http", "gateway.http-server")) {
        flag(out, p + ".tls.enabled", "Use TLS.");
        text(out, p + ".tls.cert", "", "File of the server's certificate.");
        text(out, p + ".tls.key", "", "File of the key of the certificate.");
        text(out, p + ".tls.client-ca", "", "File of the certificate authorities of clients.");
      }
    }
    if (role == ClymeneRole.INGESTER || role == ClymeneRole.PROMTAIL_INGESTER) {
      kafka(out, "kafka.consumer");
      text(out, "kafka.consumer.topic", "clymene", "Topic of metrics.");
      text(out, "kafka.consumer.promtail.topic", "clymene-logs", "Topic of logs.");
      text(out, "kafka.consumer.group-id", "clymene", "Consumer group.");
      text(
          out,
          "kafka.consumer.dead-letter-topic",
          "",
          "Topic of records that cannot be read or are rejected permanently; not a flag of"
              + " Clymene's.");
      String p = role == ClymeneRole.INGESTER ? "clymene-ingester" : "promtail-ingester";
      text(out, p + ".parallelism", "1000", "Ignored: partitions are read in order.");
      text(out, p + ".deadlockInterval", "0", "Ignored: an idle topic is not an error.");
    }
    if (storages.contains("kafka")) {
      kafka(out, "kafka.producer");
      text(out, "kafka.producer.topic", "clymene", "Topic of metrics.");
      text(out, "kafka.producer.promtail.topic", "clymene-logs", "Topic of logs.");
      text(out, "kafka.producer.compression", "none", "none, gzip, snappy, lz4, zstd.");
      text(out, "kafka.producer.compression-level", "", "Level of compression.");
      text(out, "kafka.producer.required-acks", "local", "noack, local, all.");
      text(
          out,
          "kafka.producer.batch-linger",
          "0s",
          "Maximum time that a record waits for its batch.");
      flag(out, "kafka.producer.flatten-for-druid", "Write one flat JSON object for each sample.");
      text(out, "kafka.producer.batch-size", "0", "Size in bytes at which a batch is sent.");
      text(out, "kafka.producer.batch-min-messages", "0", "Ignored: batch-linger sets the wait.");
      text(
          out,
          "kafka.producer.batch-max-messages",
          "0",
          "Maximum number of records in flight; 0 for no limit.");
    }
    for (String s : List.of("prometheus.remote", "cortex.distributor")) {
      boolean cortex = s.startsWith("cortex");
      if (storages.contains(cortex ? "cortex" : "prometheus")) {
        text(
            out,
            s + ".url",
            cortex ? "http://localhost/api/v1/push" : "http://localhost:9090/api/v1/write",
            "URL of remote write.");
        text(out, s + ".timeout", "10s", "Timeout of a request.");
        text(out, s + ".user.agent", "", "User-Agent of requests.");
        text(
            out,
            s + ".max.err.msg.len",
            "256",
            "Ignored: error messages have a fixed maximum length.");
        if (cortex) {
          text(out, s + ".kafka.encoding", "protobuf", "Ignored, as in Clymene.");
        }
      }
    }
    if (storages.contains("elasticsearch")) {
      elasticsearch(out);
    }
    if (storages.contains("influxdb")) {
      influxdb(out);
    }
    if (storages.contains("opentsdb")) {
      opentsdb(out);
    }
    if (storages.contains("tdengine")) {
      text(out, "tdengine.hostname", "127.0.0.1", "taosAdapter.");
      text(out, "tdengine.server-port", "6041", "Port of the server.");
      text(out, "tdengine.user", "root", "User name.");
      text(out, "tdengine.password", "taosdata", "Password.");
      text(out, "tdengine.dbname", "clymene", "Database; created if it does not exist.");
      text(out, "tdengine.max-sql-length", "4096", "Maximum number of samples in a statement.");
    }
    if (storages.contains("kdb")) {
      // Promised by Clymene and never built: these names are ours.
      text(out, "kdb.host-port", "localhost:5010", "Address of the kdb+ process.");
      text(out, "kdb.username", "", "User name.");
      text(out, "kdb.password", "", "Password.");
      text(out, "kdb.mode", "tickerplant", "tickerplant or process.");
      text(out, "kdb.timeout", "30s", "Timeout of a request.");
      tls(out, "kdb");
    }
    if (storages.contains("loki")) {
      text(out, "loki.client.url", "http://localhost:3100/loki/api/v1/push", "URL of logs.");
      text(out, "loki.client.timeout", "10s", "Timeout of a request.");
    }
    if (storages.contains("gateway")) {
      text(out, "gateway.service-type", "grpc", "grpc or http.");
      for (String p : List.of("gateway.grpc-client", "gateway.grpc")) {
        if (p.equals("gateway.grpc") && isGateway(role)) {
          continue;
        }
        text(
            out,
            p + ".host-port",
            "localhost:15610",
            "Addresses of gateways, separated by commas.");
        text(out, p + ".retry.max", "3", "Ignored: undelivered data is queued and retried.");
        text(out, p + ".discovery.min-peers", "3", "Ignored, as in Clymene.");
        tls(out, p);
      }
      for (String p : List.of("gateway.http-client", "gateway.http")) {
        if (p.equals("gateway.http") && isGateway(role)) {
          continue;
        }
        text(out, p + ".url", "http://localhost:15611/api/metrics", "URL of metrics.");
        text(out, p + ".logs.url", "http://localhost:15611/api/logs", "URL of logs.");
        text(out, p + ".timeout", "10s", "Timeout of a request.");
        text(out, p + ".user.agent", "", "User-Agent of requests.");
        text(
            out,
            p + ".max-err-msg-len",
            "256",
            "Ignored: error messages have a fixed maximum length.");
      }
    }
    return out;
  }

  private static void promtail(List<Flag> out) {
    String p = "clymene-promtail.";
    text(out, "config.file", "/etc/promtail/config.yml", "Configuration file, as promtail.yml.");
    flag(out, p + "dry-run", "Print entries instead of sending them.");
    flag(out, p + "inspect", "Print the changes of each stage to each entry.");
    flag(out, p + "print-config-stderr", "Print the configuration to standard error at the start.");
    text(out, p + "external-labels", "", "a=b,c=d: labels of entries that have not these.");
    text(out, p + "tenant-id", "", "Tenant of entries without one.");
    text(out, p + "Batch-wait", "1s", "Loki: maximum time that an entry waits for its batch.");
    text(out, p + "Batch-size-bytes", "1048576", "Loki: maximum size of a batch in bytes.");
    text(out, p + "min-backoff", "500ms", "Loki: first delay before a retry.");
    text(out, p + "max-backoff", "5m", "Loki: maximum delay before a retry.");
    text(out, p + "max-retries", "0", "Loki: retries before a batch is dropped; 0 for no limit.");
    text(out, p + "stream-lag-labels", "filename", "Ignored: the lag of streams is not reported.");
  }

  private static boolean isGateway(ClymeneRole role) {
    return role == ClymeneRole.GATEWAY || role == ClymeneRole.PROMTAIL_GATEWAY;
  }

  private static void elasticsearch(List<Flag> out) {
    elasticsearch(out, "es", false);
    elasticsearch(out, "es-archive", true);
    text(
        out,
        "es.index-prefix",
        "",
        "Prefix of index names, followed by a dash; Clymene reads only the variable.");
    text(out, "es.clymene-agent.index.name", "clymene-metrics", "Index of metrics.");
    text(out, "es.clymene-promtail.index.name", "clymene-logs", "Index of logs.");
  }

  /**
   * Adds the flags of an Elasticsearch client.
   *
   * @param unused whether they are of the archive, which Clymene has from Jaeger and never writes
   *     to
   */
  private static void elasticsearch(List<Flag> out, String p, boolean unused) {
    List<Flag> some = new ArrayList<>();
    text(
        some,
        p + ".server-urls",
        "http://127.0.0.1:9200",
        "Servers, separated by commas; used in turn.");
    text(some, p + ".username", "", "User name.");
    text(some, p + ".password", "", "Password.");
    text(some, p + ".token-file", "", "File of a bearer token; used instead of the user name.");
    text(some, p + ".remote-read-clusters", "", "Ignored: data is only written.");
    text(some, p + ".timeout", "0s", "Timeout of a request; 0 means 30 s.");
    text(some, p + ".bulk.size", "5000000", "Size in bytes at which a request is sent.");
    text(some, p + ".bulk.actions", "1000", "Maximum number of documents in a request.");
    text(some, p + ".bulk.workers", "1", "Maximum number of concurrent requests.");
    text(some, p + ".bulk.flush-interval", "200ms", "Ignored: data is sent as it arrives.");
    text(some, p + ".version", "0", "Ignored: all versions from 7 are written alike.");
    text(some, p + ".max-doc-count", "10000", "Ignored: data is only written.");
    text(some, p + ".log-level", "error", "Ignored: use log-level.");
    flag(some, p + ".sniffer", "Discover the nodes of the cluster and write to all of them.");
    flag(some, p + ".sniffer-tls-enabled", "Use TLS for discovered nodes.");
    tls(some, p);
    if (unused) {
      flag(some, p + ".enabled", "");
      for (Flag f : some) {
        out.add(
            Flag.of(f.name(), f.kind(), f.defaultValue(), "Ignored: archives are not supported."));
      }
    } else {
      out.addAll(some);
    }
  }

  private static void influxdb(List<Flag> out) {
    text(out, "influxdb.url", "http://localhost:8086", "URL of the server.");
    text(out, "influxdb.token", "", "Token for authentication.");
    text(out, "influxdb.org", "", "The organisation.");
    text(out, "influxdb.bucket", "", "The bucket.");
    text(out, "influxdb.write.batch-size", "5000", "Maximum number of points in a request.");
    text(out, "influxdb.write.use-gzip", "false", "Compress requests.");
    text(out, "influxdb.write.default-tags", "", "a=b,c=d: tags of every point.");
    text(out, "influxdb.write.precision", "ns", "Ignored: times have milliseconds.");
    text(out, "influxdb.http.http-request-timeout", "10s", "Timeout of a request.");
    for (String n :
        List.of(
            "flush-interval",
            "retry-interval",
            "max-retries",
            "retry-buffer-limit",
            "max-retry-interval",
            "max-retry-time",
            "exponential-base")) {
      text(out, "influxdb.write." + n, "0", "Ignored: undelivered data is queued and retried.");
    }
    tls(out, "influxdb");
  }

  private static void opentsdb(List<Flag> out) {
    text(out, "opentsdb.host", "localhost", "Host of the server.");
    text(out, "opentsdb.port", "4242", "Port of the server.");
    text(out, "opentsdb.hosts", "", "host:port, separated by commas; all receive the data.");
    flag(out, "opentsdb.http", "Use HTTP instead of telnet.");
    text(out, "opentsdb.http-api-path", "api/put", "Path of the API; it must end with api/put.");
    text(out, "opentsdb.http-username", "", "User name.");
    text(out, "opentsdb.http-password", "", "Password.");
    flag(out, "opentsdb.ssl", "Use TLS.");
    text(out, "opentsdb.timeout", "10s", "Timeout of a request.");
    text(out, "opentsdb.max-tags", "8", "Maximum number of tags of a series.");
    text(out, "opentsdb.max-chunk", "512", "Maximum number of samples in a request.");
    flag(
        out,
        "opentsdb.dry-run",
        "Print samples instead of sending them; only telnet, as in Clymene.");
  }

  private static void kafka(List<Flag> out, String p) {
    text(out, p + ".brokers", "127.0.0.1:9092", "Addresses of brokers, separated by commas.");
    text(out, p + ".encoding", "protobuf", "protobuf or json.");
    text(out, p + ".protocol-version", "", "Ignored: the version is negotiated.");
    text(out, p + ".client-id", "clymene", "Client id.");
    text(out, p + ".authentication", "none", "none, tls, plaintext, kerberos.");
    text(out, p + ".plaintext.username", "", "User name.");
    text(out, p + ".plaintext.password", "", "Password.");
    text(out, p + ".plaintext.mechanism", "PLAIN", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.");
    tls(out, p);
    String k = p + ".kerberos";
    text(out, k + ".service-name", "kafka", "First part of the brokers' principal.");
    text(out, k + ".realm", "", "Realm; the default realm of config-file if empty.");
    text(out, k + ".username", "", "Principal without its realm.");
    text(out, k + ".password", "", "Password.");
    flag(out, k + ".use-keytab", "Use keytab-file instead of the password.");
    text(
        out,
        k + ".keytab-file",
        "/etc/security/kafka.keytab",
        "File of the keys of the principal.");
    text(out, k + ".config-file", "/etc/krb5.conf", "Kerberos configuration file.");
  }

  private static void tls(List<Flag> out, String p) {
    flag(out, p + ".tls.enabled", "Use TLS.");
    text(out, p + ".tls.ca", "", "File of certificate authorities.");
    text(out, p + ".tls.cert", "", "File of the client's certificate.");
    text(out, p + ".tls.key", "", "File of the key of the certificate.");
    text(out, p + ".tls.server-name", "", "Server name to verify in the certificate.");
    flag(out, p + ".tls.skip-host-verify", "Do not verify the host name.");
  }

  private static void text(List<Flag> out, String name, String value, String help) {
    out.add(Flag.of(name, Kind.STRING, value, help));
  }

  private static void flag(List<Flag> out, String name, String help) {
    out.add(Flag.of(name, Kind.BOOLEAN, "false", help));
  }

  ClymeneRole role() {
    return role;
  }

  /** Returns the names of the databases written to. */
  List<String> storages() {
    return storages;
  }

  private static String variable(String flag) {
    return flag.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** Whether a flag or its variable was given. */
  boolean isGiven(String flag) {
    return set.isGiven(flag) || environment.containsKey(variable(flag));
  }

  /** Returns the text of a flag: given, by its variable, or default. */
  String get(String flag) {
    String v = environment.get(variable(flag));
    return v != null && !set.isGiven(flag) ? v : set.get(flag);
  }

  /** Returns a flag's value together with the flag or variable it comes from. */
  YamlTree.Placed placed(String flag) {
    return placed(flag, get(flag));
  }

  /** Returns a value derived from a flag, with the flag's text and origin. */
  YamlTree.Placed placed(String flag, Object value) {
    boolean isVariable = !set.isGiven(flag) && environment.containsKey(variable(flag));
    return new YamlTree.Placed(value, isVariable ? variable(flag) : "--" + flag);
  }

  /** Parses a flag as an integer. */
  YamlTree.Placed number(String flag) {
    return number(flag, get(flag));
  }

  /** Returns the integer in a part of a flag's text. */
  YamlTree.Placed number(String flag, String text) {
    try {
      return placed(flag, Long.valueOf(text));
    } catch (NumberFormatException e) {
      throw new UsageException("--" + flag + "=" + text + ": expected a number");
    }
  }

  /** Returns the first of several spellings of a flag that is set, or the first. */
  String first(String... flags) {
    for (String f : flags) {
      if (isGiven(f)) {
        return f;
      }
    }
    return flags[0];
  }

  /** Whether a flag says yes, in any of the spellings of Go. */
  boolean bool(String flag) {
    String v = get(flag);
    return switch (v) {
      case "true", "True", "TRUE", "t", "T", "1" -> true;
      case "false", "False", "FALSE", "f", "F", "0" -> false;
      default -> throw new UsageException("--" + flag + "=" + v + ": expected true or false");
    };
  }
}

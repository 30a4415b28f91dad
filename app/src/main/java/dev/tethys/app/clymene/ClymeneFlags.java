package dev.tethys.app.clymene;

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

  /** Those that take log lines. */
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
   * @throws UsageException when a flag is not known for the databases that are written to, or a
   *     database is not built
   */
  public static ClymeneFlags read(
      ClymeneRole role, List<String> arguments, Map<String, String> environment) {
    Map<String, String> variables = withoutEmpty(environment);
    Set<String> storages = storages(role, variables);
    return new ClymeneFlags(
        role, List.copyOf(storages), set(role, storages).parse(arguments), Map.copyOf(variables));
  }

  /** Without those that are empty: {@code NAME=} of a file of variables means the default. */
  private static Map<String, String> withoutEmpty(Map<String, String> environment) {
    Map<String, String> variables = new HashMap<>(environment);
    variables.values().removeIf(String::isEmpty);
    return variables;
  }

  /** The help page, for the databases that the variables name, or for all that there are. */
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
        "What clymene-"
            + role.word()
            + " does. STORAGE_TYPE says which databases are written to: "
            + String.join(", ", storages(role))
            + ", with commas between. Every flag is a variable, too: in upper case, with _ for"
            + " dots and dashes."
            + (role == ClymeneRole.PROMTAIL
                ? ""
                : " With --config it is a collector, see tethys collector --help."),
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
            "STORAGE_TYPE=" + types + ": \"" + name + "\" is no database that Clymene knows");
      }
      if (!role.metrics() && !LOGS.contains(name)) {
        throw new UsageException(
            "STORAGE_TYPE="
                + types
                + ": "
                + name
                + " takes no logs; kafka, gateway, loki and elasticsearch do");
      }
      if (name.equals("loki") && (role == ClymeneRole.AGENT || role == ClymeneRole.INGESTER)) {
        throw new UsageException("STORAGE_TYPE=" + types + ": loki takes no metrics");
      }
      storages.add(name);
    }
    return storages;
  }

  /** Where health is served where nothing else is said. */
  static String adminAddress(ClymeneRole role) {
    return switch (role) {
      case AGENT -> ":15691";
      case GATEWAY, PROMTAIL_GATEWAY -> ":15690";
      case INGESTER, PROMTAIL_INGESTER -> ":15694";
      case PROMTAIL -> ":15698";
    };
  }

  /** The databases that a program can write to. */
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
          "Where metrics, reload and the page of pipelines are; not a flag of Clymene's.");
    }
    text(out, "metrics-backend", "prometheus", "prometheus; others are served so, too.");
    text(out, "metrics-http-route", "/metrics", "Path of metrics; only this one.");
    if (agent) {
      text(out, "config.file", "/etc/clymene/clymene.yml", "What is scraped.");
      text(out, "http.port", "15692", "Where POST /api/reload and metrics are served.");
      text(out, "enable.new-service-discovery-manager", "true", "There is only the new one.");
      text(out, "metric.split.length", "1024", "Most series in one request.");
    }
    if (role == ClymeneRole.GATEWAY || role == ClymeneRole.PROMTAIL_GATEWAY) {
      text(out, "gateway.grpc-server.host-port", ":15610", "Where gRPC is served.");
      text(out, "gateway.http-server.host-port", ":15611", "Where HTTP is served.");
      for (String p :
          List.of("gateway.grpc", "gateway.grpc-server", "gateway.http", "gateway.http-server")) {
        flag(out, p + ".tls.enabled", "Encrypt.");
        text(out, p + ".tls.cert", "", "The server's certificate.");
        text(out, p + ".tls.key", "", "Its key.");
        text(out, p + ".tls.client-ca", "", "Authorities of clients.");
      }
    }
    if (role == ClymeneRole.INGESTER || role == ClymeneRole.PROMTAIL_INGESTER) {
      kafka(out, "kafka.consumer");
      text(out, "kafka.consumer.topic", "clymene", "Topic of metrics.");
      text(out, "kafka.consumer.promtail.topic", "clymene-logs", "Topic of logs.");
      text(out, "kafka.consumer.group-id", "clymene", "Who shares the partitions.");
      text(
          out,
          "kafka.consumer.dead-letter-topic",
          "",
          "Topic of records that cannot be read or are rejected permanently; not a flag of"
              + " Clymene's.");
      String p = role == ClymeneRole.INGESTER ? "clymene-ingester" : "promtail-ingester";
      text(out, p + ".parallelism", "1000", "Ignored; partitions are read in order.");
      text(out, p + ".deadlockInterval", "0", "Taken; an idle topic is no deadlock.");
    }
    if (storages.contains("kafka")) {
      kafka(out, "kafka.producer");
      text(out, "kafka.producer.topic", "clymene", "Topic of metrics.");
      text(out, "kafka.producer.promtail.topic", "clymene-logs", "Topic of logs.");
      text(out, "kafka.producer.compression", "none", "none, gzip, snappy, lz4, zstd.");
      text(out, "kafka.producer.compression-level", "", "Level of compression.");
      text(out, "kafka.producer.required-acks", "local", "noack, local, all.");
      text(out, "kafka.producer.batch-linger", "0s", "How long a record waits for others.");
      flag(out, "kafka.producer.flatten-for-druid", "A flat object a sample.");
      text(out, "kafka.producer.batch-size", "0", "A batch with so many bytes waits no longer.");
      text(out, "kafka.producer.batch-min-messages", "0", "Taken; batch-linger says who waits.");
      text(out, "kafka.producer.batch-max-messages", "0", "Most records on their way; 0: any.");
    }
    for (String s : List.of("prometheus.remote", "cortex.distributor")) {
      boolean cortex = s.startsWith("cortex");
      if (storages.contains(cortex ? "cortex" : "prometheus")) {
        text(
            out,
            s + ".url",
            cortex ? "http://localhost/api/v1/push" : "http://localhost:9090/api/v1/write",
            "Where remote write goes.");
        text(out, s + ".timeout", "10s", "Of one request.");
        text(out, s + ".user.agent", "", "Sent as User-Agent.");
        text(out, s + ".max.err.msg.len", "256", "Taken; errors are cut by themselves.");
        if (cortex) {
          text(out, s + ".kafka.encoding", "protobuf", "Taken; without effect in Clymene too.");
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
      text(out, "tdengine.server-port", "6041", "Its port.");
      text(out, "tdengine.user", "root", "The user.");
      text(out, "tdengine.password", "taosdata", "Its password.");
      text(out, "tdengine.dbname", "clymene", "The database; made when it is missing.");
      text(out, "tdengine.max-sql-length", "4096", "Most samples of a statement.");
    }
    if (storages.contains("kdb")) {
      // Promised by Clymene and never built: these names are ours.
      text(out, "kdb.host-port", "localhost:5010", "The process.");
      text(out, "kdb.username", "", "The user.");
      text(out, "kdb.password", "", "Its password.");
      text(out, "kdb.mode", "tickerplant", "tickerplant or process.");
      text(out, "kdb.timeout", "30s", "Of one request.");
      tls(out, "kdb");
    }
    if (storages.contains("loki")) {
      text(out, "loki.client.url", "http://localhost:3100/loki/api/v1/push", "Where logs go.");
      text(out, "loki.client.timeout", "10s", "Of one request.");
    }
    if (storages.contains("gateway")) {
      text(out, "gateway.service-type", "grpc", "grpc or http.");
      for (String p : List.of("gateway.grpc-client", "gateway.grpc")) {
        if (p.equals("gateway.grpc") && isGateway(role)) {
          continue;
        }
        text(out, p + ".host-port", "localhost:15610", "Gateways, with commas between.");
        text(out, p + ".retry.max", "3", "Taken; what is not delivered is kept and sent again.");
        text(out, p + ".discovery.min-peers", "3", "Taken; without effect in Clymene too.");
        tls(out, p);
      }
      for (String p : List.of("gateway.http-client", "gateway.http")) {
        if (p.equals("gateway.http") && isGateway(role)) {
          continue;
        }
        text(out, p + ".url", "http://localhost:15611/api/metrics", "Where metrics go.");
        text(out, p + ".logs.url", "http://localhost:15611/api/logs", "Where logs go.");
        text(out, p + ".timeout", "10s", "Of one request.");
        text(out, p + ".user.agent", "", "Sent as User-Agent.");
        text(out, p + ".max-err-msg-len", "256", "Taken; errors are cut by themselves.");
      }
    }
    return out;
  }

  private static void promtail(List<Flag> out) {
    String p = "clymene-promtail.";
    text(out, "config.file", "/etc/promtail/config.yml", "What is read, as in promtail.yml.");
    flag(out, p + "dry-run", "Print entries instead of sending them.");
    flag(out, p + "inspect", "Say what each stage makes of each entry.");
    flag(out, p + "print-config-stderr", "Write the configuration to standard error first.");
    text(out, p + "external-labels", "", "a=b,c=d: labels of entries that have not these.");
    text(out, p + "tenant-id", "", "The tenant of entries that name none.");
    text(out, p + "Batch-wait", "1s", "Of Loki: how long an entry waits for others.");
    text(out, p + "Batch-size-bytes", "1048576", "Of Loki: most bytes of a batch.");
    text(out, p + "min-backoff", "500ms", "Of Loki: the first pause before sending again.");
    text(out, p + "max-backoff", "5m", "Of Loki: the longest.");
    text(out, p + "max-retries", "0", "Of Loki: after so many a batch is dropped; 0 for never.");
    text(out, p + "stream-lag-labels", "filename", "Taken; no lag of streams is shown.");
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
        "Before the names of indices, with a dash; of Clymene only as the variable.");
    text(out, "es.clymene-agent.index.name", "clymene-metrics", "Index of metrics.");
    text(out, "es.clymene-promtail.index.name", "clymene-logs", "Index of logs.");
  }

  /**
   * Flags of a client.
   *
   * @param unused whether they are of the archive, which Clymene has from Jaeger and never writes
   *     to
   */
  private static void elasticsearch(List<Flag> out, String p, boolean unused) {
    List<Flag> some = new ArrayList<>();
    text(some, p + ".server-urls", "http://127.0.0.1:9200", "Servers, with commas; in turn.");
    text(some, p + ".username", "", "Name.");
    text(some, p + ".password", "", "Password.");
    text(some, p + ".token-file", "", "File with a bearer token, which goes before the name.");
    text(some, p + ".remote-read-clusters", "", "Taken; nothing is read.");
    text(some, p + ".timeout", "0s", "Of one request; 0 is 30 s.");
    text(some, p + ".bulk.size", "5000000", "A request with so many bytes is sent.");
    text(some, p + ".bulk.actions", "1000", "Most documents of a request.");
    text(some, p + ".bulk.workers", "1", "Most requests at once.");
    text(some, p + ".bulk.flush-interval", "200ms", "Taken; what comes is sent.");
    text(some, p + ".version", "0", "Taken; all versions from 7 are written alike.");
    text(some, p + ".max-doc-count", "10000", "Taken; nothing is read.");
    text(some, p + ".log-level", "error", "Taken; log-level is.");
    flag(some, p + ".sniffer", "Ask the cluster for its nodes and write to all of them.");
    flag(some, p + ".sniffer-tls-enabled", "Nodes that were found are written to with TLS.");
    tls(some, p);
    if (unused) {
      flag(some, p + ".enabled", "");
      for (Flag f : some) {
        out.add(
            Flag.of(
                f.name(), f.kind(), f.defaultValue(), "Taken; there is no archive to write to."));
      }
    } else {
      out.addAll(some);
    }
  }

  private static void influxdb(List<Flag> out) {
    text(out, "influxdb.url", "http://localhost:8086", "The server.");
    text(out, "influxdb.token", "", "Who writes.");
    text(out, "influxdb.org", "", "The organisation.");
    text(out, "influxdb.bucket", "", "The bucket.");
    text(out, "influxdb.write.batch-size", "5000", "Most points of a request.");
    text(out, "influxdb.write.use-gzip", "false", "Compress requests.");
    text(out, "influxdb.write.default-tags", "", "a=b,c=d: tags of every point.");
    text(out, "influxdb.write.precision", "ns", "Taken; times are milliseconds.");
    text(out, "influxdb.http.http-request-timeout", "10s", "Of one request.");
    for (String n :
        List.of(
            "flush-interval",
            "retry-interval",
            "max-retries",
            "retry-buffer-limit",
            "max-retry-interval",
            "max-retry-time",
            "exponential-base")) {
      text(out, "influxdb.write." + n, "0", "Taken; what is not delivered is kept and sent again.");
    }
    tls(out, "influxdb");
  }

  private static void opentsdb(List<Flag> out) {
    text(out, "opentsdb.host", "localhost", "The server.");
    text(out, "opentsdb.port", "4242", "Its port.");
    text(out, "opentsdb.hosts", "", "host:port, with commas between: each is written to.");
    flag(out, "opentsdb.http", "By HTTP, else by telnet.");
    text(out, "opentsdb.http-api-path", "api/put", "Where points are put; it ends so.");
    text(out, "opentsdb.http-username", "", "Name.");
    text(out, "opentsdb.http-password", "", "Password.");
    flag(out, "opentsdb.ssl", "Encrypt.");
    text(out, "opentsdb.timeout", "10s", "Of one request.");
    text(out, "opentsdb.max-tags", "8", "Most tags of a series.");
    text(out, "opentsdb.max-chunk", "512", "Most samples of a request.");
    flag(out, "opentsdb.dry-run", "Print samples instead; of telnet, as in Clymene.");
  }

  private static void kafka(List<Flag> out, String p) {
    text(out, p + ".brokers", "127.0.0.1:9092", "Brokers, with commas between.");
    text(out, p + ".encoding", "protobuf", "protobuf or json.");
    text(out, p + ".protocol-version", "", "Taken; versions are agreed upon.");
    text(out, p + ".client-id", "clymene", "What brokers call the client.");
    text(out, p + ".authentication", "none", "none, tls, plaintext, kerberos.");
    text(out, p + ".plaintext.username", "", "Name.");
    text(out, p + ".plaintext.password", "", "Password.");
    text(out, p + ".plaintext.mechanism", "PLAIN", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.");
    tls(out, p);
    String k = p + ".kerberos";
    text(out, k + ".service-name", "kafka", "What the brokers' principal begins with.");
    text(out, k + ".realm", "", "The realm; else the default one of the file.");
    text(out, k + ".username", "", "The principal, without its realm.");
    text(out, k + ".password", "", "Its password.");
    flag(out, k + ".use-keytab", "Use keytab-file, not the password.");
    text(out, k + ".keytab-file", "/etc/security/kafka.keytab", "The principal's keys.");
    text(out, k + ".config-file", "/etc/krb5.conf", "Where the realm is found.");
  }

  private static void tls(List<Flag> out, String p) {
    flag(out, p + ".tls.enabled", "Encrypt.");
    text(out, p + ".tls.ca", "", "Authorities.");
    text(out, p + ".tls.cert", "", "The client's certificate.");
    text(out, p + ".tls.key", "", "Its key.");
    text(out, p + ".tls.server-name", "", "Another name to check.");
    flag(out, p + ".tls.skip-host-verify", "Do not check who answers.");
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

  /** What is written to. */
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

  /** The text of a flag: given, by its variable, or default. */
  String get(String flag) {
    String v = environment.get(variable(flag));
    return v != null && !set.isGiven(flag) ? v : set.get(flag);
  }

  /** The text of a flag with the flag or the variable that it comes from. */
  YamlTree.Placed placed(String flag) {
    return placed(flag, get(flag));
  }

  /** A value that was made of the text of a flag, with the same. */
  YamlTree.Placed placed(String flag, Object value) {
    boolean isVariable = !set.isGiven(flag) && environment.containsKey(variable(flag));
    return new YamlTree.Placed(value, isVariable ? variable(flag) : "--" + flag);
  }

  /** The whole number that a flag is. */
  YamlTree.Placed number(String flag) {
    return number(flag, get(flag));
  }

  /** The whole number in a part of a flag's text. */
  YamlTree.Placed number(String flag, String text) {
    try {
      return placed(flag, Long.valueOf(text));
    } catch (NumberFormatException e) {
      throw new UsageException("--" + flag + "=" + text + ": a number is wanted");
    }
  }

  /** The first of several spellings of a flag that is given, else the first. */
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
      default -> throw new UsageException("--" + flag + "=" + v + ": true or false is wanted");
    };
  }
}

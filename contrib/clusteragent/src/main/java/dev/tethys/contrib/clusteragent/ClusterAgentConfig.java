package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.cloud.CloudConfig;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of the cluster agent: the databases to read, how others are found, the Kubernetes
 * cluster, and clouds that have databases.
 *
 * @param kubernetes null if the file has no section of it
 */
record ClusterAgentConfig(
    List<DatabaseTarget> databases,
    FoundSettings found,
    @Nullable KubernetesSettings kubernetes,
    CloudConfig clouds) {
  /** Most databases. */
  static final int MAX_DATABASES = 10_000;

  private static final int MAX_CREDENTIALS = 1000;
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final Duration FASTEST_SLOW = Duration.ofMillis(10);
  private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private static final Section DATABASE =
      new Section("database", "Database server that the agent reads over one connection.");
  private static final Key<DatabaseEngine> ENGINE =
      DATABASE.required(
          "engine",
          Type.oneOf("engine", DatabaseEngine.values(), DatabaseEngine::text),
          "postgres, mysql (also MariaDB), redis (also Valkey, KeyDB, Dragonfly), memcached or"
              + " mongodb.");
  private static final Key<String> ADDRESS =
      DATABASE.required(
          "address", Type.STRING, "Host and port; without a port that of the engine.");
  private static final LoginKeys LOGIN = new LoginKeys(DATABASE);
  private static final Key<Map<String, String>> LABELS =
      DATABASE.key(
          "labels", Type.map(Type.STRING), Map.of(), "Labels of all metrics of the database.");
  private static final Key<Duration> INTERVAL =
      DATABASE.optional("interval", Type.DURATION, "Time between readings.");
  private static final Key<Duration> TIMEOUT =
      DATABASE.optional("timeout", Type.DURATION, "Time limit of a reading.");
  private static final Type<YamlObject> DATABASE_TYPE = DATABASE.type(o -> o);

  private static final Section ROOT =
      new Section("cluster_agent", "Configuration of the cluster agent.");
  private static final Key<Duration> ALL_INTERVAL =
      ROOT.key("interval", Type.DURATION, Duration.ofSeconds(15), "Time between readings.");
  private static final Key<Duration> ALL_TIMEOUT =
      ROOT.key("timeout", Type.DURATION, Duration.ofSeconds(10), "Time limit of a reading.");
  private static final Key<Boolean> SIZES =
      ROOT.key("track_database_sizes", Type.BOOL, true, "Read sizes of databases and tables.");
  private static final Key<Boolean> BLOAT =
      ROOT.key(
          "track_database_bloat",
          Type.BOOL,
          true,
          "Estimate unused space of PostgreSQL's tables and indexes.");
  private static final Key<Boolean> CHANGES =
      ROOT.optional(
          "track_database_changes",
          Type.BOOL,
          "Send changed definitions of tables and settings as log records to --coroot-url, or store"
              + " them in the server that reads the databases.");
  private static final Key<Boolean> PLANS =
      ROOT.optional(
          "track_statement_plans",
          Type.BOOL,
          "Explain the busiest statements of PostgreSQL, MySQL and MariaDB, and send their plans as"
              + " log records.");
  private static final Key<Boolean> SAMPLES =
      ROOT.optional(
          "track_statement_samples",
          Type.BOOL,
          "Send running calls that are slow as log records, without literals.");
  private static final Key<Duration> SLOW =
      ROOT.key(
          "slow_statement_threshold",
          Type.DURATION,
          Duration.ofSeconds(1),
          "Duration from which a running call is slow.");
  private static final Key<Long> MAX_TABLES =
      ROOT.key(
          "max_tables_per_database",
          Type.INT,
          1000L,
          "Databases with more tables have no metrics of tables; 0 for no limit.");
  private static final Key<Duration> TABLES_INTERVAL =
      ROOT.key(
          "tables_interval",
          Type.DURATION,
          Duration.ofMinutes(1),
          "Minimum time between two readings of the tables of a database.");
  private static final Key<List<String>> EXCLUDED =
      ROOT.key(
          "exclude_databases",
          Type.list(Type.STRING),
          ReaderTarget.Limits.SYSTEM.stream().sorted().toList(),
          "Databases of servers whose tables are not read.");
  private static final Key<Boolean> TEXT =
      ROOT.key(
          "query_text_in_labels",
          Type.BOOL,
          false,
          "If true, the label query is the text of a statement, as Coroot's pages expect it, not"
              + " its fingerprint.");
  private static final Key<List<YamlObject>> DATABASES =
      ROOT.key("databases", Type.list(DATABASE_TYPE), List.of(), "Databases to read.");

  static {
    ROOT.include(CloudConfig.SECTION);
  }

  private static final Key<FoundSettings.Use> FOUND =
      ROOT.key(
          "found_databases",
          Type.oneOf("found_databases", FoundSettings.Use.values(), FoundSettings.Use::text),
          FoundSettings.Use.READ,
          "Databases of the service map in a server, of /v1/config of --coroot-url in an agent:"
              + " read reads them, serve leaves them to agents that ask the server, off ignores"
              + " them.");
  private static final Key<List<YamlObject>> CREDENTIALS =
      ROOT.key(
          "credentials", Type.list(CredentialRule.TYPE), List.of(), "Logins at found databases.");
  private static final Key<List<String>> SEND_TO =
      ROOT.key(
          "send_credentials_to",
          Type.list(Type.STRING),
          List.of(),
          "Users of --web.config.file whose agents get the logins from /v1/config of the server.");
  private static final Key<YamlObject> KUBERNETES =
      ROOT.optional(
          "kubernetes",
          KubernetesSettings.SECTION.type(o -> o),
          "Kubernetes cluster whose API is read.");

  /** No databases, and no search for them. */
  static final ClusterAgentConfig EMPTY =
      new ClusterAgentConfig(
          List.of(),
          new FoundSettings(
              FoundSettings.Use.OFF,
              List.of(),
              List.of(),
              false,
              ReaderTarget.Limits.DEFAULT,
              new DatabaseTarget.Times(Duration.ofSeconds(15), Duration.ofSeconds(10))),
          null,
          CloudConfig.NONE);

  /**
   * Defaults that flags set.
   *
   * @param changes whether changes are sent
   * @param records whether log records can be sent
   */
  record Defaults(
      @Nullable Duration interval,
      @Nullable Boolean sizes,
      @Nullable Boolean bloat,
      boolean changes,
      @Nullable Long maxTables,
      @Nullable Set<String> excluded,
      boolean records,
      KubernetesSettings.Defaults kubernetes) {
    /** Defaults of a process without a destination of log records. */
    static final Defaults NONE =
        new Defaults(null, null, null, false, null, null, false, KubernetesSettings.Defaults.NONE);

    /** Defaults of a process that stores log records. */
    static final Defaults STORED =
        new Defaults(
            null,
            null,
            null,
            true,
            null,
            null,
            true,
            new KubernetesSettings.Defaults(true, true, null));
  }

  /**
   * Reads a file.
   *
   * @throws ConfigException with the position of the fault
   */
  static ClusterAgentConfig read(
      Path file, Defaults defaults, Function<String, @Nullable String> environment)
      throws IOException {
    return of(YamlDocument.read(file), defaults, environment);
  }

  /** Reads a text. */
  static ClusterAgentConfig parse(
      String name, String text, Function<String, @Nullable String> environment) {
    return of(YamlDocument.parse(name, null, text), Defaults.NONE, environment);
  }

  /** Reads the value of a key of another configuration. */
  static ClusterAgentConfig of(
      YamlNode node, Defaults defaults, Function<String, @Nullable String> environment) {
    return of(node.object(ROOT), defaults, environment);
  }

  /** Returns this configuration with a cluster. */
  ClusterAgentConfig with(KubernetesSettings cluster) {
    return new ClusterAgentConfig(
        databases,
        new FoundSettings(
            found.use(),
            found.credentials(),
            found.users(),
            cluster.discoverDatabases(),
            found.limits(),
            found.times()),
        cluster,
        clouds);
  }

  /** Configuration without a file. */
  static ClusterAgentConfig withoutFile(Defaults d) {
    return of(YamlDocument.parse("defaults", null, "{}"), d, _ -> null);
  }

  private static ClusterAgentConfig of(
      YamlDocument document, Defaults d, Function<String, @Nullable String> environment) {
    YamlNode root = document.root();
    if (root.isNull()) {
      return withoutFile(d);
    }
    return document.readWhole(() -> of(root.object(ROOT), d, environment));
  }

  private static ClusterAgentConfig of(
      YamlObject o, Defaults d, Function<String, @Nullable String> environment) {
    Duration interval =
        d.interval() != null && !o.has(ALL_INTERVAL) ? d.interval() : o.get(ALL_INTERVAL);
    Duration timeout = o.get(ALL_TIMEOUT);
    check(o, ALL_INTERVAL, interval);
    check(o, ALL_TIMEOUT, timeout);
    check(o, TABLES_INTERVAL, o.get(TABLES_INTERVAL));
    long maxTables = either(o, MAX_TABLES, d.maxTables());
    if (maxTables < 0 || maxTables > Integer.MAX_VALUE) {
      throw o.error(MAX_TABLES, "is " + maxTables + "; it must be 0 or more");
    }
    for (Key<Boolean> key : List.of(CHANGES, PLANS, SAMPLES)) {
      if (!d.records() && Boolean.TRUE.equals(o.find(key))) {
        throw o.error(
            key,
            key.name()
                + " needs a receiver of log records: --coroot-url of tethys cluster-agent, or"
                + " --cluster-agent.config-file of a server that stores logs");
      }
    }
    boolean samples = d.records() && !Boolean.FALSE.equals(o.find(SAMPLES));
    Duration slow = o.get(SLOW);
    if (o.has(SLOW) && !samples) {
      throw o.error(
          SLOW, SLOW.name() + " has no effect without " + SAMPLES.name() + "; remove one of them");
    }
    if (slow.compareTo(FASTEST_SLOW) < 0 || slow.compareTo(LONGEST) > 0) {
      throw o.error(SLOW, SLOW.name() + " must be from 10ms to 1h");
    }
    ReaderTarget.Limits limits =
        new ReaderTarget.Limits(
            d.excluded() != null && !o.has(EXCLUDED) ? d.excluded() : Set.copyOf(o.get(EXCLUDED)),
            either(o, SIZES, d.sizes()),
            either(o, BLOAT, d.bloat()),
            Objects.requireNonNullElse(o.find(CHANGES), d.changes()),
            (int) maxTables,
            o.get(TABLES_INTERVAL),
            o.get(TEXT),
            new ReaderTarget.StatementRecords(
                d.records() && !Boolean.FALSE.equals(o.find(PLANS)), samples, slow));
    DatabaseTarget.Times times = new DatabaseTarget.Times(interval, timeout);
    List<DatabaseTarget> all = new ArrayList<>();
    Set<String> addresses = new HashSet<>();
    for (YamlObject one : o.get(DATABASES)) {
      DatabaseTarget t = database(one, limits, times, environment);
      if (!addresses.add(t.toString())) {
        throw one.error(ADDRESS, t + " is configured twice; remove one of them");
      }
      all.add(t);
    }
    if (all.size() > MAX_DATABASES) {
      throw o.error(DATABASES, all.size() + " databases; at most " + MAX_DATABASES);
    }
    List<CredentialRule> rules = new ArrayList<>();
    for (YamlObject one : o.get(CREDENTIALS)) {
      rules.add(CredentialRule.read(one, environment));
    }
    if (rules.size() > MAX_CREDENTIALS) {
      throw o.error(CREDENTIALS, rules.size() + " entries; at most " + MAX_CREDENTIALS);
    }
    YamlObject section = o.find(KUBERNETES);
    KubernetesSettings kubernetes =
        section == null ? null : KubernetesSettings.of(section, d.kubernetes());
    return new ClusterAgentConfig(
        List.copyOf(all),
        new FoundSettings(
            o.get(FOUND),
            rules,
            o.get(SEND_TO),
            kubernetes != null && kubernetes.discoverDatabases(),
            limits,
            times),
        kubernetes,
        CloudConfig.of(o));
  }

  private static <T> T either(YamlObject o, Key<T> key, @Nullable T flag) {
    return flag != null && !o.has(key) ? flag : o.get(key);
  }

  private static void check(YamlObject o, Key<Duration> key, Duration d) {
    if (d.compareTo(SHORTEST) < 0 || d.compareTo(LONGEST) > 0) {
      throw o.error(key, key.name() + " must be from 1s to 1h");
    }
  }

  private static DatabaseTarget database(
      YamlObject o,
      ReaderTarget.Limits limits,
      DatabaseTarget.Times times,
      Function<String, @Nullable String> environment) {
    DatabaseEngine engine = o.get(ENGINE);
    String address = o.get(ADDRESS);
    int colon = address.lastIndexOf(':');
    boolean withPort = colon >= 0 && address.indexOf(']', colon) < 0;
    String host = withPort ? address.substring(0, colon) : address;
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    int port = withPort ? port(o, address.substring(colon + 1)) : engine.port();
    if (host.isEmpty() || host.contains("/") || host.contains(" ") || host.contains("@")) {
      throw o.error(
          ADDRESS, "\"" + address.replaceAll(".*@", "") + "\" is not HOST:PORT, such as db1:5432");
    }
    Map<String, String> labels = new TreeMap<>(o.get(LABELS));
    checkLabels(o, LABELS, labels);
    Duration every = Objects.requireNonNullElse(o.find(INTERVAL), times.interval());
    Duration limit = Objects.requireNonNullElse(o.find(TIMEOUT), times.timeout());
    check(o, INTERVAL, every);
    check(o, TIMEOUT, limit);
    return DatabaseTarget.of(
        engine,
        host,
        port,
        LOGIN.read(o, engine, environment),
        limits,
        labels,
        new DatabaseTarget.Times(every, limit));
  }

  static void checkLabels(YamlObject o, Key<Map<String, String>> key, Map<String, String> labels) {
    for (String label : labels.keySet()) {
      if (!LABEL.matcher(label).matches() || label.equals("address") || label.startsWith("__")) {
        throw o.error(key, "\"" + label + "\" cannot be a label of a database");
      }
    }
  }

  private static int port(YamlObject o, String text) {
    if (text.matches("\\d{1,5}")) {
      int port = Integer.parseInt(text);
      if (port >= 1 && port <= 65_535) {
        return port;
      }
    }
    throw o.error(ADDRESS, "\"" + text + "\" is not a port");
  }
}

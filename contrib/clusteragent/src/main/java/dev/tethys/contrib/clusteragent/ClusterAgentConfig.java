package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

/** Configuration of the cluster agent: the databases to read. */
record ClusterAgentConfig(List<DatabaseTarget> databases) {
  /** Most databases. */
  static final int MAX_DATABASES = 10_000;

  private static final int MAX_PASSWORD_BYTES = 64 << 10;
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private static final Section TLS =
      new Section("tls", "TLS of the connection. Files are read again when used.");
  private static final Key<String> CA_FILE =
      TLS.key("ca_file", Type.PATH, "", "File of CA certificates; the system's if empty.");
  private static final Key<String> CERT_FILE =
      TLS.key("cert_file", Type.PATH, "", "File of the client certificate chain.");
  private static final Key<String> KEY_FILE =
      TLS.key("key_file", Type.PATH, "", "File of the private key.");
  private static final Key<Boolean> SKIP =
      TLS.key(
          "insecure_skip_verify", Type.BOOL, false, "If true, any server certificate is accepted.");
  private static final Type<TlsConfig> TLS_TYPE = TLS.type(ClusterAgentConfig::tls);

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
  private static final Key<String> USER = DATABASE.key("user", Type.STRING, "", "User.");
  private static final Key<Secret> PASSWORD =
      DATABASE.key("password", Type.SECRET, Secret.NONE, "Password.");
  private static final Key<String> PASSWORD_FILE =
      DATABASE.key("password_file", Type.PATH, "", "File of the password, read at each login.");
  private static final Key<String> PASSWORD_ENV =
      DATABASE.key("password_env", Type.STRING, "", "Environment variable of the password.");
  private static final Key<String> NAME =
      DATABASE.key(
          "database",
          Type.STRING,
          "",
          "Database that the connection opens: of PostgreSQL the one with pg_stat_statements, by"
              + " default postgres; of Redis its number; of MongoDB that of the user, by default"
              + " admin.");
  private static final Key<TlsConfig> WITH_TLS =
      DATABASE.optional("tls", TLS_TYPE, "TLS; without the key the connection is plain.");
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
          "Send changed definitions of tables and settings as log records to --coroot-url.");
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

  /**
   * Keys of planned sources; they are refused here, as the document may belong to another reader.
   */
  private static final List<Key<YamlNode>> NOT_BUILT =
      List.of(
          ROOT.optional("aws", Type.ANY, "Not built yet: databases of AWS."),
          ROOT.optional(
              "kubernetes", Type.ANY, "Not built yet: databases by annotations of pods."));

  /** No databases. */
  static final ClusterAgentConfig EMPTY = new ClusterAgentConfig(List.of());

  /**
   * Defaults that flags set.
   *
   * @param changes whether changes can be sent
   */
  record Defaults(
      @Nullable Duration interval,
      @Nullable Boolean sizes,
      @Nullable Boolean bloat,
      boolean changes,
      @Nullable Long maxTables,
      @Nullable Set<String> excluded) {
    static final Defaults NONE = new Defaults(null, null, null, false, null, null);
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
  static ClusterAgentConfig of(YamlNode node, Function<String, @Nullable String> environment) {
    return of(node.object(ROOT), Defaults.NONE, environment);
  }

  private static ClusterAgentConfig of(
      YamlDocument document, Defaults d, Function<String, @Nullable String> environment) {
    YamlNode root = document.root();
    if (root.isNull()) {
      return EMPTY;
    }
    return document.readWhole(() -> of(root.object(ROOT), d, environment));
  }

  private static ClusterAgentConfig of(
      YamlObject o, Defaults d, Function<String, @Nullable String> environment) {
    Duration interval =
        d.interval() != null && !o.has(ALL_INTERVAL) ? d.interval() : o.get(ALL_INTERVAL);
    Duration timeout = o.get(ALL_TIMEOUT);
    for (Key<YamlNode> key : NOT_BUILT) {
      if (o.has(key)) {
        throw o.error(key, key.name() + " is not built yet; list the databases and remove the key");
      }
    }
    check(o, ALL_INTERVAL, interval);
    check(o, ALL_TIMEOUT, timeout);
    check(o, TABLES_INTERVAL, o.get(TABLES_INTERVAL));
    long maxTables = either(o, MAX_TABLES, d.maxTables());
    if (maxTables < 0 || maxTables > Integer.MAX_VALUE) {
      throw o.error(MAX_TABLES, "is " + maxTables + "; it must be 0 or more");
    }
    if (!d.changes() && Boolean.TRUE.equals(o.find(CHANGES))) {
      throw o.error(
          CHANGES,
          CHANGES.name() + " needs --coroot-url of tethys cluster-agent, which receives them");
    }
    ReaderTarget.Limits limits =
        new ReaderTarget.Limits(
            d.excluded() != null && !o.has(EXCLUDED) ? d.excluded() : Set.copyOf(o.get(EXCLUDED)),
            either(o, SIZES, d.sizes()),
            either(o, BLOAT, d.bloat()),
            d.changes() && !Boolean.FALSE.equals(o.find(CHANGES)),
            (int) maxTables,
            o.get(TABLES_INTERVAL),
            o.get(TEXT));
    List<DatabaseTarget> all = new ArrayList<>();
    Set<String> addresses = new HashSet<>();
    for (YamlObject one : o.get(DATABASES)) {
      DatabaseTarget t = database(one, limits, interval, timeout, environment);
      if (!addresses.add(t.toString())) {
        throw one.error(ADDRESS, t + " is configured twice; remove one of them");
      }
      all.add(t);
    }
    if (all.size() > MAX_DATABASES) {
      throw o.error(DATABASES, all.size() + " databases; at most " + MAX_DATABASES);
    }
    return new ClusterAgentConfig(List.copyOf(all));
  }

  private static <T> T either(YamlObject o, Key<T> key, @Nullable T flag) {
    return flag != null && !o.has(key) ? flag : o.get(key);
  }

  private static void check(YamlObject o, Key<Duration> key, Duration d) {
    if (d.compareTo(SHORTEST) < 0 || d.compareTo(LONGEST) > 0) {
      throw o.error(key, key.name() + " must be from 1s to 1h");
    }
  }

  private static TlsConfig tls(YamlObject o) {
    String cert = o.get(CERT_FILE);
    String key = o.get(KEY_FILE);
    if (cert.isEmpty() != key.isEmpty()) {
      throw o.error("cert_file and key_file must be set together");
    }
    return new TlsConfig(
        "", o.get(CA_FILE), "", cert, Secret.NONE, key, "", o.get(SKIP), null, null);
  }

  private static DatabaseTarget database(
      YamlObject o,
      ReaderTarget.Limits limits,
      Duration interval,
      Duration timeout,
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
    if (engine == DatabaseEngine.MEMCACHED && (o.has(USER) || o.has(PASSWORD))) {
      throw o.error("memcached has no login; remove user and password");
    }
    String name = o.get(NAME);
    if (engine == DatabaseEngine.REDIS && !name.matches("\\d{0,5}")) {
      throw o.error(NAME, "\"" + name + "\" is not the number of a database of Redis");
    }
    Map<String, String> labels = new TreeMap<>(o.get(LABELS));
    for (String label : labels.keySet()) {
      if (!LABEL.matcher(label).matches() || label.equals("address") || label.startsWith("__")) {
        throw o.error(LABELS, "\"" + label + "\" cannot be a label of a database");
      }
    }
    Duration every = Objects.requireNonNullElse(o.find(INTERVAL), interval);
    Duration limit = Objects.requireNonNullElse(o.find(TIMEOUT), timeout);
    check(o, INTERVAL, every);
    check(o, TIMEOUT, limit);
    TlsConfig tls = o.find(WITH_TLS);
    ReaderTarget server =
        new ReaderTarget(host, port, o.get(USER), password(o, environment), name, tls, limits);
    String key =
        String.join(
            "\0",
            engine.text(),
            server.address(),
            server.user(),
            o.get(PASSWORD).value(),
            o.get(PASSWORD_FILE),
            o.get(PASSWORD_ENV),
            name,
            tls == null ? "" : String.valueOf(tls.tree()),
            limits.toString(),
            labels.toString(),
            every.toString(),
            limit.toString());
    return new DatabaseTarget(key, engine, server, labels, every, limit);
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

  private static ReaderTarget.PasswordSource password(
      YamlObject o, Function<String, @Nullable String> environment) {
    Secret fixed = o.get(PASSWORD);
    String file = o.get(PASSWORD_FILE);
    String variable = o.get(PASSWORD_ENV);
    int given = (fixed.isEmpty() ? 0 : 1) + (file.isEmpty() ? 0 : 1) + (variable.isEmpty() ? 0 : 1);
    if (given > 1) {
      throw o.error("set only one of password, password_file and password_env");
    }
    if (!file.isEmpty()) {
      Path path = Path.of(file);
      return () -> {
        if (Files.size(path) > MAX_PASSWORD_BYTES) {
          throw new IOException(path + ": more than " + MAX_PASSWORD_BYTES + " bytes");
        }
        return new Secret(Files.readString(path, StandardCharsets.UTF_8).stripTrailing());
      };
    }
    if (!variable.isEmpty()) {
      String value = environment.apply(variable);
      if (value == null) {
        throw o.error(PASSWORD_ENV, "environment variable " + variable + " is not set");
      }
      return () -> new Secret(value);
    }
    return () -> fixed;
  }
}

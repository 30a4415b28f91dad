package dev.tethys.collect.database.redis;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.collect.database.FlagsAndEnvironment;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.GoFlags;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code tethys exporter redis}: compatible with redis_exporter, its flags and environment
 * variables.
 */
public final class RedisExporterKind implements ExporterKind {
  @Override
  public String name() {
    return "redis";
  }

  @Override
  public String title() {
    return "Redis Exporter";
  }

  @Override
  public String program() {
    return "redis_exporter";
  }

  @Override
  public String address() {
    return ":9121";
  }

  @Override
  public String about() {
    return "Reports metrics of Redis and compatible servers as redis_exporter does.";
  }

  private static final String GO_RUNTIME = "include-go-runtime-metrics";

  /** Name, default, help; a flag with a boolean default is on or off. */
  private static final String TABLE =
      """
      redis.user||Username for the server (ACL, since Redis 6).
      namespace|redis|Prefix of all metric names.
      check-keys||Patterns of keys whose size and value are exported, such as db3=orders:*, separated by commas.
      check-single-keys||Keys whose size and value are exported.
      check-key-groups||Lua patterns that group keys, as CSV.
      check-streams||Patterns of streams to export.
      check-single-streams||Streams to export.
      streams-exclude-consumer-metrics|false|Exclude metrics of stream consumers.
      count-keys||Patterns of keys to count.
      script||Paths of Lua scripts whose results are exported, separated by commas.
      lua-script-read-only|false|Run scripts with EVAL_RO.
      config-command|CONFIG|Name of the CONFIG command; - to skip it.
      tls-server-name||Name in the server's certificate.
      set-client-name|true|Give the connection the name redis_exporter.
      is-tile38|false|The server is a Tile38.
      is-cluster|false|Check keys in the whole cluster of the server.
      cluster-discover-hostnames|false|Use host names of cluster nodes at /discover-cluster-nodes.
      export-client-list|false|Export the client list.
      export-client-port|false|Include the ports of clients.
      ping-on-connect|false|Measure the duration of a PING.
      include-config-metrics|false|Export all configuration settings.
      include-modules-metrics|false|Export information about modules.
      include-search-indexes-metrics|false|Export indexes of the search module.
      include-sentinel-peer-info|false|Export information about other sentinels.
      check-search-indexes|.*|Regular expression of the search indexes to export.
      disable-exporting-key-values|false|Exclude the values of keys.
      exclude-latency-histogram-metrics|false|Exclude latency histograms.
      redact-config-metrics|true|Exclude settings that contain passwords.
      include-system-metrics|false|Export system metrics.
      include-rdb-file-size-metric|false|Export the size of the RDB file, which must be on this machine.
      skip-tls-verification|false|Do not verify the server's certificate.
      skip-checkkeys-for-role-master|false|Check keys only on replicas.
      disable-scrape-endpoint|false|Do not serve /scrape.
      include-metrics-for-empty-databases|true|Export databases without keys.
      append-instance-role-label|false|Add the role of the server as a label to all metrics.
      """;

  @Override
  public List<ExporterFlag> flags() {
    List<ExporterFlag> f = new ArrayList<>();
    f.add(
        ExporterFlag.of(
            "redis.addr",
            Kind.SECRET, // it may hold a password
            "redis://localhost:6379",
            "Address of the server."));
    f.add(ExporterFlag.of("redis.password", Kind.SECRET, "", "Password for the server."));
    f.add(
        ExporterFlag.of(
            "redis.password-file", Kind.PATH, "", "JSON file of passwords by address."));
    TABLE
        .lines()
        .map(l -> l.split("\\|", 3))
        .forEach(
            t ->
                f.add(
                    ExporterFlag.of(
                        t[0],
                        t[1].equals("true") || t[1].equals("false") ? Kind.BOOLEAN : Kind.STRING,
                        t[1],
                        t[2])));
    f.add(
        ExporterFlag.of(
            "check-keys-batch-size",
            Kind.INTEGER,
            "1000",
            "Approximate number of keys per SCAN step."));
    f.add(
        ExporterFlag.of(
            "max-distinct-key-groups",
            Kind.INTEGER,
            "100",
            "Maximum number of key groups of a database; the remaining keys form one group."));
    f.add(
        ExporterFlag.of("connection-timeout", Kind.DURATION, "15s", "Timeout of a whole scrape."));
    f.add(ExporterFlag.of("tls-client-key-file", Kind.PATH, "", "Path of the client key."));
    f.add(
        ExporterFlag.of("tls-client-cert-file", Kind.PATH, "", "Path of the client certificate."));
    f.add(
        ExporterFlag.of(
            "tls-ca-cert-file", Kind.PATH, "", "Path of the trusted certificate authorities."));
    f.add(
        ExporterFlag.of(
            "redis-only-metrics",
            Kind.BOOLEAN,
            "false",
            "Exclude the metrics of the exporter's process."));
    f.add(
        ExporterFlag.of(
            GO_RUNTIME, Kind.BOOLEAN, "false", "Ignored: the exporter has no Go runtime."));
    return List.copyOf(f);
  }

  /** Returns the environment variable used if a flag is not set. */
  static String variable(String flag) {
    String upper = flag.replace('-', '_').replace('.', '_').toUpperCase(Locale.ROOT);
    if (flag.startsWith("redis.")) {
      return upper;
    }
    return "REDIS_EXPORTER_"
        + (flag.equals(GO_RUNTIME) ? upper : upper.replaceFirst("^INCLUDE_", "INCL_"));
  }

  @Override
  public List<ExporterFlag> programFlags() {
    List<ExporterFlag> f = new ArrayList<>(RedisPages.FLAGS);
    f.add(ExporterFlag.of("debug", Kind.BOOLEAN, "false", "Same as --log.level=debug."));
    f.add(ExporterFlag.of("log-level", Kind.STRING, "INFO", "Same as --log.level."));
    f.add(ExporterFlag.of("log-format", Kind.STRING, "txt", "txt or json, for --log.format."));
    return List.copyOf(f);
  }

  /**
   * Reads flags in Go's syntax and variables, and maps redis_exporter's names to the common flags.
   */
  @Override
  public List<String> arguments(List<String> args, Function<String, @Nullable String> environment) {
    GoFlags f = GoFlags.read(args, this);
    Set<String> decided = new HashSet<>();
    if (f.isGiven("log.level")) {
      decided.addAll(List.of("log-level", "debug"));
    }
    if (f.isGiven("log.format")) {
      decided.add("log-format");
    }
    Stream.concat(
            Stream.of("web.listen-address", "web.telemetry-path", "redis-only-metrics"),
            programFlags().stream().map(ExporterFlag::name))
        .filter(name -> !decided.contains(name))
        .forEach(name -> f.putIfAbsent(name, environment.apply(variable(name))));
    String level = f.take("log-level");
    if (level != null) {
      f.put("log.level", level.toLowerCase(Locale.ROOT).replace("warning", "warn"));
    }
    if (f.takeBoolean("debug")) {
      f.put("log.level", "debug");
    }
    String format = f.take("log-format");
    if (format != null) {
      f.put("log.format", format.equals("txt") ? "logfmt" : format);
    }
    return f.arguments();
  }

  @Override
  public boolean showsItsProcess(ExporterSettings settings) {
    return !settings.bool("redis-only-metrics");
  }

  @Override
  public Exporter open(ExporterSettings settings, ExporterDependencies dependencies)
      throws IOException {
    FlagsAndEnvironment f =
        new FlagsAndEnvironment(settings, dependencies.environment(), RedisExporterKind::variable);
    String cert = f.text("tls-client-cert-file");
    String key = f.text("tls-client-key-file");
    if (cert.isEmpty() != key.isEmpty()) {
      throw new IllegalArgumentException(
          "--tls-client-key-file and --tls-client-cert-file must be set together");
    }
    TlsConfig tls =
        new TlsConfig(
            "",
            f.text("tls-ca-cert-file"),
            "",
            cert,
            Secret.NONE,
            key,
            f.text("tls-server-name"),
            f.on("skip-tls-verification"),
            null,
            null);
    String file = f.text("redis.password-file");
    RedisExporter.Login login =
        new RedisExporter.Login(
            f.text("redis.user"),
            new Secret(f.text("redis.password")),
            file.isEmpty() ? null : Path.of(file),
            tls);
    return new RedisExporter(
        f.text("redis.addr"),
        login,
        options(f),
        f.duration("connection-timeout"),
        !f.on("disable-scrape-endpoint"),
        f.on("cluster-discover-hostnames"),
        RedisPages.of(settings));
  }

  private static RedisOptions options(FlagsAndEnvironment f) throws IOException {
    Pattern indexes;
    try {
      indexes = Pattern.compile(f.text("check-search-indexes"));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("--check-search-indexes: " + e.getMessage(), e);
    }
    Map<String, String> scripts = new LinkedHashMap<>();
    for (String s : f.text("script").split(",")) {
      if (!s.isEmpty()) {
        scripts.put(s, Files.readString(Path.of(s)));
      }
    }
    long batch = f.number("check-keys-batch-size");
    long groups = f.number("max-distinct-key-groups");
    if (batch < 1 || groups < 0 || groups > KeyMetrics.MAX_KEYS) {
      throw new IllegalArgumentException(
          "--check-keys-batch-size must be 1 or more, --max-distinct-key-groups 0 to "
              + KeyMetrics.MAX_KEYS);
    }
    return new RedisOptions(
        f.text("namespace"),
        f.text("config-command"),
        f.on("set-client-name"),
        f.on("ping-on-connect"),
        f.on("is-cluster"),
        f.on("is-tile38"),
        f.on("append-instance-role-label"),
        scripts,
        f.on("lua-script-read-only"),
        new RedisOptions.PageContent(
            f.on("include-config-metrics"),
            f.on("redact-config-metrics"),
            f.on("include-modules-metrics"),
            f.on("include-search-indexes-metrics"),
            indexes,
            f.on("include-sentinel-peer-info"),
            f.on("export-client-list"),
            f.on("export-client-port"),
            !f.on("exclude-latency-histogram-metrics"),
            f.on("include-system-metrics"),
            f.on("include-rdb-file-size-metric"),
            f.on("include-metrics-for-empty-databases")),
        new RedisOptions.Keys(
            DatabaseKey.parse("check-keys", f.text("check-keys")),
            DatabaseKey.parse("check-single-keys", f.text("check-single-keys")),
            DatabaseKey.parse("check-streams", f.text("check-streams")),
            DatabaseKey.parse("check-single-streams", f.text("check-single-streams")),
            DatabaseKey.parse("count-keys", f.text("count-keys")),
            batch,
            csv(f.text("check-key-groups")),
            (int) groups,
            !f.on("disable-exporting-key-values"),
            !f.on("streams-exclude-consumer-metrics"),
            f.on("skip-checkkeys-for-role-master")));
  }

  /**
   * Parses a CSV line: comma-separated, quotes around fields with commas, doubled quotes for
   * quotes.
   */
  static List<String> csv(String line) {
    List<String> out = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i <= line.length(); i++) {
      char c = i < line.length() ? line.charAt(i) : ',';
      if (quoted && i < line.length()) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < line.length() && line.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"' && field.toString().isBlank()) {
        field.setLength(0);
        quoted = true;
      } else if (c == ',') {
        if (quoted) {
          throw new IllegalArgumentException("--check-key-groups: a quote is not closed");
        }
        if (!field.toString().isBlank()) {
          out.add(field.toString().trim());
        }
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    return out;
  }
}

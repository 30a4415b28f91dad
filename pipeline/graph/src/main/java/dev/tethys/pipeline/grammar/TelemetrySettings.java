package dev.tethys.pipeline.grammar;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code service.telemetry}: what the process says about itself.
 *
 * @param logLevel {@code debug}, {@code info}, {@code warn}, {@code error}; null for the flag's
 * @param logJson whether logs are JSON; null for the flag's
 * @param metricsAddress {@code host:port} where metrics are served; null for nowhere
 */
public record TelemetrySettings(
    @Nullable String logLevel, @Nullable Boolean logJson, @Nullable String metricsAddress) {
  /** Where the Collector serves its metrics. */
  public static final String DEFAULT_ADDRESS = "localhost:8888";

  /** What is not written. */
  public static final TelemetrySettings DEFAULT =
      new TelemetrySettings(null, null, DEFAULT_ADDRESS);

  private static final Section LOGS = new Section("telemetry_logs", "Logs of the process.");
  private static final Key<String> LEVEL =
      LOGS.optional("level", words("level", "debug", "info", "warn", "error"), "Least level.");
  private static final Key<String> ENCODING =
      LOGS.optional("encoding", words("encoding", "console", "json"), "console is logfmt.");
  private static final Key<Boolean> DEVELOPMENT =
      LOGS.key("development", Type.BOOL, false, "Taken and without meaning.");
  private static final Key<Boolean> DISABLE_CALLER =
      LOGS.key("disable_caller", Type.BOOL, false, "Taken; callers are never logged.");
  private static final Key<Boolean> DISABLE_STACKTRACE =
      LOGS.key("disable_stacktrace", Type.BOOL, false, "Taken; only faults have stack traces.");

  static {
    LOGS.notBuilt("sampling", "Fewer of lines that repeat.")
        .notBuilt("output_paths", "Files; standard error is always written.")
        .notBuilt("error_output_paths", "Files.")
        .notBuilt("initial_fields", "Fields on each line.")
        .notBuilt("processors", "Logs sent by OTLP.");
  }

  private static final Section PROMETHEUS =
      new Section("telemetry_prometheus", "Where metrics are served.");
  private static final Key<String> HOST =
      PROMETHEUS.key("host", Type.STRING, "localhost", "Address to listen on.");
  private static final Key<Long> PORT = PROMETHEUS.key("port", Type.INT, 8888L, "Port.");
  private static final Key<Boolean> NO_SCOPE =
      PROMETHEUS.key("without_scope_info", Type.BOOL, true, "Taken; there is no scope.");
  private static final Key<Boolean> NO_UNITS =
      PROMETHEUS.key("without_units", Type.BOOL, false, "Taken; names are as documented.");
  private static final Key<Boolean> NO_SUFFIX =
      PROMETHEUS.key("without_type_suffix", Type.BOOL, false, "Taken; names are as documented.");

  private static final Section PULL_EXPORTER =
      new Section("telemetry_pull_exporter", "How metrics are served.");
  private static final Key<String> PULL_PROMETHEUS =
      PULL_EXPORTER.required(
          "prometheus", PROMETHEUS.type(TelemetrySettings::address), "As Prometheus reads them.");
  private static final Section PULL = new Section("telemetry_pull", "Metrics that are asked for.");
  private static final Key<String> EXPORTER =
      PULL.required("exporter", PULL_EXPORTER.type(o -> o.get(PULL_PROMETHEUS)), "How.");
  private static final Section READER = new Section("telemetry_reader", "A way out for metrics.");
  private static final Key<String> READER_PULL =
      READER.optional("pull", PULL.type(o -> o.get(EXPORTER)), "Metrics that are asked for.");

  static {
    READER.notBuilt("periodic", "Metrics that are sent.");
  }

  private static final Section METRICS =
      new Section("telemetry_metrics", "Metrics of the process.");
  private static final Key<String> METRICS_LEVEL =
      METRICS.key(
          "level",
          words("level", "none", "basic", "normal", "detailed"),
          "normal",
          "none serves no metrics; all others the same.");
  private static final Key<List<String>> READERS =
      METRICS.optional(
          "readers",
          Type.list(
              READER.type(o -> java.util.Objects.requireNonNullElse(o.find(READER_PULL), ""))),
          "Where they are served; at most one.");

  static {
    METRICS.notBuilt("views", "Other names for metrics.");
  }

  private static final Section SECTION =
      new Section("telemetry", "What the process says about itself.");
  private static final Key<TelemetrySettings> SECTION_LOGS =
      SECTION.key("logs", LOGS.type(TelemetrySettings::logs), DEFAULT, "Logs.");
  private static final Key<TelemetrySettings> SECTION_METRICS =
      SECTION.key("metrics", METRICS.type(TelemetrySettings::metrics), DEFAULT, "Metrics.");

  static {
    SECTION
        .notBuilt("traces", "Traces of the process.")
        .notBuilt("resource", "Attributes of what the process says.");
  }

  /** Reads the block. */
  public static final Type<TelemetrySettings> TYPE = SECTION.type(TelemetrySettings::read);

  private static TelemetrySettings read(YamlObject o) {
    TelemetrySettings l = o.get(SECTION_LOGS);
    TelemetrySettings m = o.get(SECTION_METRICS);
    return new TelemetrySettings(l.logLevel, l.logJson, m.metricsAddress);
  }

  private static TelemetrySettings logs(YamlObject o) {
    String encoding = o.find(ENCODING);
    o.get(DEVELOPMENT);
    o.get(DISABLE_CALLER);
    o.get(DISABLE_STACKTRACE);
    return new TelemetrySettings(
        o.find(LEVEL), encoding == null ? null : encoding.equals("json"), null);
  }

  private static TelemetrySettings metrics(YamlObject o) {
    List<String> readers = o.find(READERS);
    String address = DEFAULT_ADDRESS;
    if (readers != null) {
      if (readers.size() > 1) {
        throw o.error(READERS, "more than one reader is not built; metrics are served once");
      }
      address = readers.isEmpty() ? "" : readers.getFirst();
    }
    return new TelemetrySettings(
        null, null, o.get(METRICS_LEVEL).equals("none") || address.isEmpty() ? null : address);
  }

  private static String address(YamlObject o) {
    long port = o.get(PORT);
    if (port < 0 || port > 65535) {
      throw o.error(PORT, "a port is 0 to 65535");
    }
    o.get(NO_SCOPE);
    o.get(NO_UNITS);
    o.get(NO_SUFFIX);
    String host = o.get(HOST);
    return (host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + port;
  }

  private static Type<String> words(String what, String... words) {
    SequencedMap<String, String> m = new LinkedHashMap<>();
    for (String w : words) {
      m.put(w, w);
      m.put(w.toUpperCase(java.util.Locale.ROOT), w);
    }
    return Type.oneOf(what, m);
  }
}

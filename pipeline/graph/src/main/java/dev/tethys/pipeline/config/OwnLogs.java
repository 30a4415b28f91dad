package dev.tethys.pipeline.config;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code service.telemetry.logs}: the lines of the process.
 *
 * @param level {@code debug}, {@code info}, {@code warn}, {@code error} or {@code none}; null for
 *     the flag's
 * @param json whether lines are JSON; null for the flag's
 * @param sampling sampling of equal lines; null if none
 * @param outputs {@code stdout}, {@code stderr} or paths of files; empty for standard error
 * @param errorOutputs outputs for write failures; likewise
 * @param fields added to each line: strings, numbers, booleans, lists and maps
 * @param withResource whether configured resource attributes are added to each line
 * @param pushes exports over OTLP
 */
public record OwnLogs(
    @Nullable String level,
    @Nullable Boolean json,
    @Nullable Sampling sampling,
    List<String> outputs,
    List<String> errorOutputs,
    Map<String, Object> fields,
    boolean withResource,
    List<OwnBatchPush> pushes) {
  /** Defaults. */
  public static final OwnLogs DEFAULT =
      new OwnLogs(null, null, null, List.of(), List.of(), Map.of(), true, List.of());

  /**
   * Sampling: of lines with one level and message, the first ones of each tick are written, then
   * one of every {@code thereafter}; 0 if none.
   */
  public record Sampling(Duration tick, long initial, long thereafter) {}

  private static final Section SAMPLING =
      new Section("telemetry_log_sampling", "Sampling of repeated log lines.");
  private static final Key<Boolean> ENABLED =
      SAMPLING.key("enabled", Type.BOOL, true, "Enables sampling of log lines.");
  private static final Key<Duration> TICK =
      SAMPLING.key(
          "tick",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Interval over which equal lines are counted.");
  private static final Key<Long> INITIAL =
      SAMPLING.key(
          "initial",
          Type.INT,
          10L,
          "Number of equal lines written per tick before sampling starts.");
  private static final Key<Long> THEREAFTER =
      SAMPLING.key(
          "thereafter",
          Type.INT,
          100L,
          "After that, one of this many equal lines is written; 0 for none.");

  private static final Section SECTION = new Section("telemetry_logs", "Logs of the process.");
  private static final Key<String> LEVEL =
      SECTION.optional(
          "level",
          levels(),
          "Minimum level of log records; dpanic, panic and fatal disable logging.");
  private static final Key<Boolean> ENCODING =
      SECTION.optional(
          "encoding",
          Type.oneOf("encoding", "console", Boolean.FALSE, "json", Boolean.TRUE),
          "Encoding of log lines; console writes logfmt.");
  private static final Key<Boolean> DEVELOPMENT =
      SECTION.key("development", Type.BOOL, false, "No effect: there is no development mode.");
  private static final Key<Boolean> DISABLE_CALLER =
      SECTION.key("disable_caller", Type.BOOL, false, "No effect: callers are never logged.");
  private static final Key<Boolean> DISABLE_STACKTRACE =
      SECTION.key(
          "disable_stacktrace",
          Type.BOOL,
          false,
          "No effect: only internal errors are logged with a stack trace.");
  private static final Key<Boolean> DISABLE_ZAP_RESOURCE =
      SECTION.key(
          "disable_zap_resource",
          Type.BOOL,
          false,
          "If true, log lines carry no resource attributes.");
  private static final Key<List<Sampling>> SAMPLED =
      SECTION.optional(
          "sampling", SAMPLING.type(OwnLogs::sampling), "Sampling of repeated log lines.");
  private static final Type<String> OUTPUT = Type.of("path", null, n -> n.parse(OwnLogs::output));
  private static final Key<List<String>> OUTPUT_PATHS =
      SECTION.key(
          "output_paths", Type.list(OUTPUT), List.of(), "Outputs: stdout, stderr or files.");
  private static final Key<List<String>> ERROR_OUTPUT_PATHS =
      SECTION.key(
          "error_output_paths",
          Type.list(OUTPUT),
          List.of(),
          "Outputs for internal logger errors.");
  private static final Key<Map<String, Object>> INITIAL_FIELDS =
      SECTION.key(
          "initial_fields",
          Type.of("map", Map.of(), OwnLogs::fields),
          Map.of(),
          "Fields added to each line.");
  private static final Key<List<OwnBatchPush>> PROCESSORS =
      SECTION.key("processors", OwnBatchPush.LOGS, List.of(), "Exports of logs over OTLP.");

  /** Reads the block. */
  static final Type<OwnLogs> TYPE = SECTION.type(OwnLogs::read);

  private static OwnLogs read(YamlObject o) {
    o.get(DEVELOPMENT);
    o.get(DISABLE_CALLER);
    o.get(DISABLE_STACKTRACE);
    List<Sampling> sampling = o.find(SAMPLED);
    return new OwnLogs(
        o.find(LEVEL),
        o.find(ENCODING),
        sampling == null || sampling.isEmpty() ? null : sampling.getFirst(),
        o.get(OUTPUT_PATHS),
        o.get(ERROR_OUTPUT_PATHS),
        o.get(INITIAL_FIELDS),
        !o.get(DISABLE_ZAP_RESOURCE),
        o.get(PROCESSORS));
  }

  private static List<Sampling> sampling(YamlObject o) {
    long initial = o.get(INITIAL);
    long thereafter = o.get(THEREAFTER);
    Duration tick = o.get(TICK);
    if (initial < 0 || thereafter < 0) {
      throw o.error(initial < 0 ? INITIAL : THEREAFTER, "the number of lines must not be negative");
    }
    return o.get(ENABLED) ? List.of(new Sampling(tick, initial, thereafter)) : List.of();
  }

  private static Map<String, Object> fields(YamlNode n) {
    Map<String, Object> out = new LinkedHashMap<>();
    n.entries().forEach((k, e) -> out.put(k, e.value().asTree()));
    return java.util.Collections.unmodifiableMap(out);
  }

  /** Resolves an output: zap accepts file names, and file URLs. */
  private static String output(String text) {
    if (!text.contains("://") && !text.startsWith("file:")) {
      return text;
    }
    try {
      URI u = new URI(text);
      String host = u.getHost() == null ? "" : u.getHost();
      if ("file".equals(u.getScheme())
          && u.getPath() != null
          && u.getRawQuery() == null
          && u.getRawFragment() == null
          && (host.isEmpty() || host.equals("localhost"))) {
        return u.getPath();
      }
    } catch (URISyntaxException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "\"" + text + "\" is not an output; it must be stdout, stderr, a path or file:///path");
  }

  private static Type<String> levels() {
    SequencedMap<String, String> m = new LinkedHashMap<>();
    for (String w : List.of("debug", "info", "warn", "error")) {
      m.put(w, w);
    }
    for (String w : List.of("dpanic", "panic", "fatal")) {
      m.put(w, "none");
    }
    return Type.anyCase("level", m);
  }
}

package dev.tethys.tools;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.config.Definition;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.config.PipelineDefinition;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code exporter check}: tests whether an exporter's destination is reachable and accepts data,
 * without a pipeline. The exporter is given by its name in a configuration, or by a URL such as
 * {@code influxdb+http://host:8086/?org=o&bucket=b}.
 */
final class CheckExporter {
  private static final double PROBE = 42.5;

  private CheckExporter() {}

  static Command command() {
    return new Command(
        "exporter check",
        "<TYPE+URL | exporter>",
        "Try an exporter: connect and authenticate, show what would be created, then write"
            + " one item of each signal and read it back. The item stays in a database; a file,"
            + " also of Parquet, is deleted. The operand is an exporter of --config, or a"
            + " URL after its type with the exporter's keys as parameters:"
            + " influxdb+http://host:8086/?org=o&bucket=b, parquet+s3://bucket/prefix?s3.region=r,"
            + " statsd+udp://host:8125; a.b=c sets the key b within a.",
        List.of(
            Flag.of(
                "config",
                Flag.Kind.LIST,
                "",
                "Configuration of a collector that has the exporter. Can be repeated."),
            Flag.of(
                "write",
                Flag.Kind.BOOLEAN,
                "true",
                "Create what is missing and write an item; --no-write only looks."),
            Flag.of(
                "signal",
                Flag.Kind.STRING,
                "",
                "Signals to try: metrics, logs or traces. By default those of the exporter's"
                    + " pipelines; for a URL metrics, if it accepts them.")),
        1,
        1,
        CheckExporter::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    Components components = BuiltIn.components();
    String what = a.operands().getFirst();
    Signal asked = signal(a.flags().get("signal"));
    List<String> configs = a.flags().list("config");
    GraphConfig config =
        configs.isEmpty() || configs.equals(List.of(""))
            ? ofUrl(what, components, asked)
            : GraphConfig.read(
                new ConfigSources(configs, List.of(), System::getenv).read(), components, true);
    ComponentId id =
        configs.isEmpty() || configs.equals(List.of(""))
            ? new ComponentId(type(what), "")
            : components.canonical(ComponentKind.EXPORTER, ComponentId.parse(what));
    Definition d =
        config.pipelines().stream()
            .flatMap(p -> p.exporters().stream())
            .map(PipelineDefinition.Use::definition)
            .filter(x -> x.kind() == ComponentKind.EXPORTER && x.id().equals(id))
            .findFirst()
            .orElseThrow(
                () ->
                    new UsageException(
                        "tethys tool exporter check: no pipeline of the configuration has an"
                            + " exporter "
                            + id));
    Set<Signal> signals = EnumSet.noneOf(Signal.class);
    for (PipelineDefinition p : config.pipelines()) {
      if (p.exporters().stream().anyMatch(x -> x.definition().equals(d))) {
        signals.add(p.id().signal());
      }
    }
    if (asked != null) {
      signals.retainAll(Set.of(asked));
      if (signals.isEmpty()) {
        throw new UsageException(
            "tethys tool exporter check: no pipeline of " + word(asked) + " has " + d);
      }
    }
    try {
      tried(d, signals, config, a.flags().bool("write"), console);
      return 0;
    } catch (ConfigException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }

  static @Nullable Signal signal(String word) {
    for (Signal s : List.of(Signal.METRICS, Signal.LOGS, Signal.TRACES)) {
      if (word(s).equals(word)) {
        return s;
      }
    }
    if (!word.isEmpty()) {
      throw new UsageException(
          "tethys tool exporter check: --signal=" + word + " must be metrics, logs or traces");
    }
    return null;
  }

  /** Connects, plans, then writes, for all signals; identical results are printed once. */
  private static void tried(
      Definition d, Set<Signal> signals, GraphConfig config, boolean write, Console console)
      throws IOException, InterruptedException {
    try (OpenedResources open = new OpenedResources()) {
      Map<Signal, ExporterProbe> probes = new EnumMap<>(Signal.class);
      Checkable<Object> checkable = checkable(d);
      for (Signal s : signals) {
        ProbeContext context = open.add(new ProbeContext(d, config.extensions()));
        probes.put(s, open.add(checkable.probe(d.settings(), s, context)));
      }
      Set<String> answers = new LinkedHashSet<>();
      for (ExporterProbe p : probes.values()) {
        String answer = p.connect();
        if (answers.add(answer)) {
          console.out().println(answer);
        }
      }
      Set<String> plan = new LinkedHashSet<>();
      for (ExporterProbe p : probes.values()) {
        plan.addAll(p.plan());
      }
      console.out().println(plan.isEmpty() ? "nothing is to be created" : "would be created:");
      plan.forEach(p -> console.out().println("  " + p));
      if (!write) {
        return;
      }
      for (Map.Entry<Signal, ExporterProbe> e : probes.entrySet()) {
        console
            .out()
            .println(
                checkable.tried().contains(e.getKey())
                    ? e.getValue().write(System.currentTimeMillis() / 1000, PROBE)
                    : "no item of " + word(e.getKey()) + " is written");
      }
    }
  }

  @SuppressWarnings("unchecked") // a definition's settings are those of its factory
  private static Checkable<Object> checkable(Definition d) {
    if (d.factory() instanceof Checkable<?> c) {
      return (Checkable<Object>) c;
    }
    throw new UsageException(
        "tethys tool exporter check: " + d.id().type() + " cannot be tested; " + checkable());
  }

  private static String checkable() {
    List<String> types = new ArrayList<>();
    for (ComponentFactory<?> f : BuiltIn.components().all()) {
      if (f instanceof Checkable<?>) {
        types.add(f.type());
      }
    }
    return "there are: " + String.join(", ", types);
  }

  private static String type(String url) {
    int plus = url.indexOf('+');
    int colon = url.indexOf("://");
    if (plus < 1 || colon < plus) {
      throw new UsageException(
          "tethys tool exporter check: \""
              + url
              + "\" is not TYPE+URL such as influxdb+http://host:8086/?org=o&bucket=b, and an"
              + " exporter needs --config; "
              + checkable());
    }
    return url.substring(0, plus);
  }

  /** Returns the configuration for a URL. */
  static GraphConfig ofUrl(String url, Components components, @Nullable Signal asked) {
    String type = type(url);
    int query = url.indexOf('?');
    String endpoint = url.substring(type.length() + 1, query < 0 ? url.length() : query);
    Map<String, Object> keys = new TreeMap<>();
    keysOf(components, type, endpoint).forEach((k, v) -> put(keys, k, v));
    if (query >= 0) {
      for (String pair : url.substring(query + 1).split("&")) {
        int eq = pair.indexOf('=');
        if (eq < 1) {
          throw new UsageException("tethys tool exporter check: \"" + pair + "\" is not KEY=VALUE");
        }
        put(keys, decoded(pair.substring(0, eq)), decoded(pair.substring(eq + 1)));
      }
    }
    String yaml =
        "{receivers: {otlp: {protocols: {http: {endpoint: 'localhost:4318'}}}}, exporters: {"
            + type
            + ": "
            + flow(keys)
            + "}, service: {pipelines: {"
            + word(asked == null ? signal(components, type) : asked)
            + ": {receivers: [otlp], exporters: ["
            + type
            + "]}}}}";
    return GraphConfig.read(YamlDocument.parse("the URL", null, yaml), components, true);
  }

  private static Map<String, String> keysOf(Components components, String type, String url) {
    try {
      return components.find(ComponentKind.EXPORTER, type).orElse(null) instanceof Checkable<?> c
          ? c.keysOf(url)
          : Map.of("endpoint", url);
    } catch (IllegalArgumentException e) {
      throw new UsageException("tethys tool exporter check: " + e.getMessage());
    }
  }

  /**
   * Signal for probing an exporter that is in no pipeline: metrics, or else logs, or else traces.
   */
  private static Signal signal(Components components, String type) {
    if (components.find(ComponentKind.EXPORTER, type).orElse(null)
        instanceof ExporterFactory<?> f) {
      for (Signal s : List.of(Signal.METRICS, Signal.LOGS)) {
        if (f.signals().contains(s)) {
          return s;
        }
      }
      return Signal.TRACES;
    }
    return Signal.METRICS;
  }

  private static String decoded(String s) {
    return URLDecoder.decode(s, StandardCharsets.UTF_8);
  }

  @SuppressWarnings("unchecked") // only maps of this shape are inserted
  private static void put(Map<String, Object> keys, String path, String value) {
    int dot = path.indexOf('.');
    if (dot < 0) {
      keys.put(path, value);
      return;
    }
    Object in = keys.computeIfAbsent(path.substring(0, dot), k -> new TreeMap<String, Object>());
    if (!(in instanceof Map<?, ?>)) {
      throw new UsageException(
          "tethys tool exporter check: " + path + " is within something that has a value");
    }
    put((Map<String, Object>) in, path.substring(dot + 1), value);
  }

  /** Formats as YAML: text that looks like a number or boolean becomes one. */
  private static String flow(Object value) {
    if (value instanceof Map<?, ?> m) {
      List<String> out = new ArrayList<>();
      m.forEach((k, v) -> out.add(flow(String.valueOf(k)) + ": " + flow(v)));
      return "{" + String.join(", ", out) + "}";
    }
    String s = String.valueOf(value);
    return s.matches("true|false|-?\\d{1,18}") ? s : "'" + s.replace("'", "''") + "'";
  }
}

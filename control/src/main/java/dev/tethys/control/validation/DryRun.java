package dev.tethys.control.validation;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.control.text.Texts;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.processor.sampling.Sampler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Run of a configuration on samples in a separate graph, in which nothing listens and nothing is
 * sent. Each receiver of a signal gets all samples of the signal. What processors hold passes on at
 * the end.
 */
public final class DryRun {
  /** Maximum number of samples per run. */
  static final int MAX_SAMPLES = 10_000;

  /** Time within which processors flush buffered records. */
  private static final Duration STOP = Duration.ofSeconds(10);

  private static final Map<String, Signal> SIGNALS =
      Map.of(
          "resourceLogs",
          Signal.LOGS,
          "resourceSpans",
          Signal.TRACES,
          "resourceMetrics",
          Signal.METRICS);

  private final Components components;

  public DryRun(Components components) {
    this.components = components;
  }

  /** A request of OTLP. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Sample(Signal signal, byte[] body, int items) {}

  /**
   * Reads samples: requests of OTLP in JSON.
   *
   * @throws IllegalArgumentException if one is invalid
   */
  public static List<Sample> samples(JsonNode all) {
    if (!all.isArray() || all.isEmpty() || all.size() > MAX_SAMPLES) {
      throw new IllegalArgumentException(
          "samples must be a list of 1 to " + MAX_SAMPLES + " requests of OTLP in JSON");
    }
    List<Sample> out = new ArrayList<>(all.size());
    for (JsonNode n : all) {
      out.add(sample("sample " + (out.size() + 1), n));
    }
    return out;
  }

  /**
   * Reads one sample.
   *
   * @param what name in errors
   * @throws IllegalArgumentException if it is invalid
   */
  static Sample sample(String what, JsonNode n) {
    Signal signal = null;
    for (Map.Entry<String, JsonNode> e : n.properties()) {
      signal = SIGNALS.getOrDefault(e.getKey(), signal);
    }
    if (signal == null) {
      throw new IllegalArgumentException(
          what + " must have a member resourceLogs, resourceSpans or resourceMetrics");
    }
    byte[] json = n.toString().getBytes(StandardCharsets.UTF_8);
    try {
      byte[] body = OtlpJson.toProtobuf(signal.otlp(), json, 0, json.length).toByteArray();
      return new Sample(signal, body, OtlpCheck.check(signal.otlp(), body, 0, body.length));
    } catch (CodecException e) {
      throw new IllegalArgumentException(what + ": " + e.getMessage(), e);
    }
  }

  /**
   * Runs a configuration.
   *
   * @throws dev.tethys.config.ConfigException if it is invalid
   * @throws IllegalArgumentException if it cannot be run here
   */
  public ObjectNode run(String name, String text, List<Sample> samples) throws IOException {
    return run(name, text, samples, new DryRunRecords());
  }

  /** Runs a configuration and also returns the records received by exporters. */
  public ObjectNode run(String name, String text, List<Sample> samples, DryRunRecords records)
      throws IOException {
    DryRunComponents dry = new DryRunComponents(records);
    GraphValidator.Read read = new GraphValidator(dry.of(components)).read(name + ".yaml", text);
    GraphConfig config = read.config();
    if (config == null) {
      throw new IllegalArgumentException(read.validation());
    }
    AccountingRegistry ledger = new AccountingRegistry();
    Registry metrics = new Registry();
    Scheduler clock = Scheduler.system();
    Graph graph =
        new Graph(
            new GraphServices(
                components,
                clock,
                new Outboxes(new RealFiles(), clock, RandomGenerator.getDefault()),
                ledger,
                metrics));
    List<MetricFamily> counted = List.of();
    try {
      graph.apply(config);
      for (DryRunComponents.Input i : dry.inputs()) {
        for (Sample s : samples) {
          if (s.signal() == i.signal()) {
            Batch b = new Batch(s.signal(), Encoding.OTLP, s.body(), s.items(), 0);
            i.to().consume(b, AckCallback.NONE);
          }
        }
      }
    } finally {
      counted = metrics.gather(); // those of components end with them
      graph.stop(STOP);
    }
    ObjectNode out = JsonMapper.shared().createObjectNode();
    out.put("validation", read.validation());
    inputs(out.putObject("samples"), samples);
    nodes(out.putArray("nodes"), ledger);
    ArrayNode edges = out.putArray("edges");
    for (GraphStatus.EdgeStatus e : graph.status().edges()) {
      ObjectNode n = edges.addObject().put("from", e.from()).put("to", e.to());
      n.put("pipeline", e.pipeline()).put("items", e.items()).put("bytes", e.bytes());
    }
    destinations(out.putArray("destinations"), records);
    warnings(out.putArray("warnings"), counted);
    return out;
  }

  /** Warns of samplers that drop items that they cannot decide on. */
  private static void warnings(ArrayNode out, List<MetricFamily> counted) {
    for (MetricFamily f : counted) {
      if (!SAMPLERS.contains(f.name())) {
        continue;
      }
      String items = f.name().contains("logs") ? "log record" : "span";
      for (MetricFamily.Metric m : f.metrics()) {
        if (Sampler.NO_RANDOMNESS.equals(m.labels().get("policy"))
            && "false".equals(m.labels().get("sampled"))
            && m.point() instanceof MetricFamily.Value v
            && v.value() > 0) {
          out.add(
              "processor "
                  + m.labels().get("processor")
                  + " drops "
                  + Texts.counted((long) v.value(), items)
                  + " of the samples because they have no trace id; "
                  + (items.equals("span")
                      ? "set fail_closed: false to keep them"
                      : "set from_attribute to an attribute that differs by record, with"
                          + " attribute_source: record, or fail_closed: false to keep them"));
        }
      }
    }
  }

  /** Counts of samplers by policy. */
  private static final Set<String> SAMPLERS =
      Set.of(
          "otelcol_processor_probabilistic_sampler_count_logs_sampled_total",
          "otelcol_processor_probabilistic_sampler_count_traces_sampled_total");

  private static void inputs(ObjectNode out, List<Sample> samples) {
    Map<Signal, long[]> sums = new EnumMap<>(Signal.class);
    for (Sample s : samples) {
      long[] n = sums.computeIfAbsent(s.signal(), k -> new long[2]);
      n[0] += s.items();
      n[1] += s.body().length;
    }
    sums.forEach((s, n) -> out.putObject(word(s)).put("items", n[0]).put("bytes", n[1]));
  }

  private static void nodes(ArrayNode out, AccountingRegistry ledger) {
    for (ItemAccounting a : ledger.accounts()) {
      Balance b = a.balance();
      ObjectNode n = out.addObject().put("kind", a.kind()).put("component", a.component());
      n.put("signal", word(a.signal())).put("in", b.in()).put("out", b.out());
      n.put("passesAll", DryRunComponents.PASSED.contains(a.component().split("[/ ]", 2)[0]));
      n.put("held", b.held());
      ObjectNode dropped = n.putObject("dropped");
      b.dropped().forEach(dropped::put);
    }
  }

  private static void destinations(ArrayNode out, DryRunRecords records) {
    for (DryRunRecords.Sum s : records.all()) {
      ObjectNode n = out.addObject().put("exporter", s.exporter).put("signal", word(s.signal));
      n.put("items", s.items).put("bytes", s.bytes);
      ArrayNode examples = n.putArray("examples");
      s.examples.forEach(e -> examples.add(JsonMapper.shared().readTree(e)));
    }
  }

  private static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }
}

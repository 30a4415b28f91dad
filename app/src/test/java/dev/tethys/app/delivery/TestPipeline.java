package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ledger.ProcessBalance;
import dev.tethys.pipeline.volume.Volumes;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A graph of one exporter, fed by the test, with the queue that users have. */
final class TestPipeline implements AutoCloseable {
  private static final String RETRIES =
      "retry_on_failure: {initial_interval: 20ms, max_interval: 200ms, max_elapsed_time: 0},"
          + " sending_queue: {queue_size: 100000, num_consumers: 4, when_full: block}";

  private final AccountingRegistry ledger = new AccountingRegistry();
  private final Graph graph;
  private @Nullable Consumer input;

  private final class Feed implements ReceiverFactory<Boolean> {
    @Override
    public String type() {
      return "feed";
    }

    @Override
    public String about() {
      return "Hands on what the test gives it.";
    }

    @Override
    public Type<Boolean> settings() {
      return new Section("feed", "Of the test.").type(o -> true);
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
    }

    @Override
    public Receiver create(Boolean s, Map<Signal, Consumer> outputs, Context context) {
      input = outputs.values().iterator().next();
      return new Receiver() {};
    }
  }

  /**
   * Starts it.
   *
   * @param exporter its type
   * @param keys its keys as YAML flow, without braces
   */
  TestPipeline(Signal signal, String exporter, String keys) throws IOException {
    this(signal, exporter, keys, "", "");
  }

  /**
   * The same with an extension.
   *
   * @param extension its type; "" for none
   * @param extensionKeys its keys as YAML flow, without braces
   */
  TestPipeline(Signal signal, String exporter, String keys, String extension, String extensionKeys)
      throws IOException {
    this(signal, Map.of(), exporter, keys, extension, extensionKeys);
  }

  /** A pipeline with processors, by type, in their order. */
  static TestPipeline processed(
      Signal signal, Map<String, String> processors, String exporter, String keys)
      throws IOException {
    return new TestPipeline(signal, processors, exporter, keys, "", "");
  }

  private TestPipeline(
      Signal signal,
      Map<String, String> processors,
      String exporter,
      String keys,
      String extension,
      String extensionKeys)
      throws IOException {
    List<ComponentFactory<?>> all = new ArrayList<>(BuiltIn.components().all());
    all.add(new Feed());
    Components components = new Components(all);
    GraphServices services =
        new GraphServices(
            components,
            Scheduler.system(),
            new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
            ledger,
            new Registry());
    graph = new Graph(services);
    String yaml =
        """
        receivers: {feed: }
        processors: %s
        exporters: {%s: {%s%s}}
        %s
        service: {extensions: [%s], pipelines: {%s: {receivers: [feed], processors: %s, exporters: [%s]}}}
        """
            .formatted(
                processors.entrySet().stream()
                    .map(e -> e.getKey() + ": {" + e.getValue() + "}")
                    .collect(Collectors.joining(", ", "{", "}")),
                exporter,
                keys,
                List.of("file", "archive").contains(exporter)
                    ? ""
                    : ", " + RETRIES, // without a queue
                extension.isEmpty()
                    ? ""
                    : "extensions: {" + extension + ": {" + extensionKeys + "}}",
                extension,
                signal.name().toLowerCase(java.util.Locale.ROOT),
                processors.keySet(),
                exporter);
    graph.apply(GraphConfig.read(YamlDocument.parse("test.yaml", null, yaml), components, false));
  }

  /** A pipeline that waits for a response for a moment only, regardless of its keys. */
  static TestPipeline impatient(Signal signal, String exporter, String keys) throws IOException {
    return new TestPipeline(
        signal, exporter, keys.replaceAll("(^|, )timeout: [^,]*", "") + ", timeout: 700ms");
  }

  void send(Batch b) {
    Consumer c = input;
    if (c == null) {
      throw new IllegalStateException("nothing runs");
    }
    c.consume(b, AckCallback.NONE);
  }

  /** Volumes by attribute. */
  Volumes volumes() {
    return graph.volumes();
  }

  /** Waits until all that was sent has left the pipeline. */
  void settle() {
    Waiting.await(
        Duration.ofSeconds(20),
        () -> graph.balance().toString(),
        () -> {
          ProcessBalance b = graph.balance();
          return b.in() == b.out() + b.dropped().values().stream().mapToLong(n -> n).sum();
        });
  }

  /** What became of everything that was sent. */
  Balance balance() {
    ItemAccounting a =
        ledger.accounts().stream()
            .filter(x -> x.kind().equals("exporter"))
            .findFirst()
            .orElseThrow();
    return a.balance();
  }

  /** How often requests were sent again. */
  long repeated() {
    return graph.outboxes().values().stream().mapToLong(o -> o.status().retries()).sum();
  }

  /** What the destination said last when it did not take a request, "" for nothing. */
  String refusal() {
    return graph.outboxes().values().stream()
        .map(o -> o.status().lastError())
        .filter(e -> !e.isEmpty())
        .findFirst()
        .orElse("");
  }

  /** Waits until nothing is queued any more. */
  void drain(Duration timeLimit) throws InterruptedException {
    await("the queue is empty", timeLimit, () -> balance().held() == 0);
    assertThat(balance().isBalanced()).as(balance().toString()).isTrue();
  }

  /** Polls until something holds that other processes do. */
  static void await(String what, Duration timeLimit, BooleanSupplier condition) {
    Waiting.await(timeLimit, () -> what, condition);
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }

  /** Stops it within a time limit. */
  void close(Duration timeLimit) {
    graph.stop(timeLimit);
  }
}

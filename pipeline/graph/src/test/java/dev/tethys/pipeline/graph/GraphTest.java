package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.grammar.GraphConfig;
import dev.tethys.pipeline.ledger.Account;
import dev.tethys.pipeline.ledger.Ledger;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphTest {
  private final Doubles doubles = new Doubles();
  private final Ledger ledger = new Ledger();
  private final GraphServices services =
      new GraphServices(
          doubles.components(),
          Clockwork.system(),
          new Outboxes(new SimulatedFiles(1), Clockwork.system(), new Random(1)),
          ledger,
          new Registry());
  private final Graph graph = new Graph(services);

  @AfterEach
  void everyAccountBalances() {
    graph.stop(Duration.ofSeconds(5));
    for (Account a : ledger.accounts()) {
      assertThat(a.balance().isBalanced()).as("%s %s", a.component(), a.balance()).isTrue();
      assertThat(a.balance().held()).as("%s", a.component()).isZero();
    }
  }

  private GraphConfig config(String yaml) {
    return GraphConfig.read(YamlDocument.parse("c.yaml", null, yaml), services.components(), false);
  }

  private Consumer input(String receiver, Signal signal) {
    Consumer c = doubles.inputs.getOrDefault(receiver, Map.of()).get(signal);
    if (c == null) {
      throw new AssertionError(receiver + " does not run");
    }
    return c;
  }

  private List<Batch> taken(String exporter) {
    return doubles.taken.getOrDefault(exporter, List.of());
  }

  private Outcome send(String receiver, Signal signal, int items) {
    List<Outcome> told = new ArrayList<>();
    input(receiver, signal)
        .consume(new Batch(signal, Encoding.OTLP, new byte[10], items, 0), told::add);
    assertThat(told).hasSize(1);
    return told.getFirst();
  }

  private static final String TWO_BRANCHES =
      """
      receivers: {in: }
      processors: {pass: {x: %d}}
      exporters: {out/a: {x: %d}, out/b: }
      service:
        pipelines:
          logs/a: {receivers: [in], processors: [pass], exporters: [out/a]}
          logs/b: {receivers: [in], exporters: [out/b]}
      """;

  @Test
  void startsFromTheEndAndStopsFromTheBeginning() throws IOException {
    graph.apply(
        config(
            """
            extensions: {auth: }
            receivers: {in: }
            processors: {pass: }
            connectors: {forward: }
            exporters: {out: {auth: auth}}
            service:
              extensions: [auth]
              pipelines:
                logs/a: {receivers: [in], processors: [pass], exporters: [forward]}
                logs/b: {receivers: [forward], exporters: [out]}
            """));
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out")).hasSize(1);
    GraphStatus s = graph.status();
    assertThat(s.edges()).extracting(GraphStatus.EdgeStatus::items).containsExactly(3L, 3L, 3L);
    assertThat(s.edges())
        .extracting(GraphStatus.EdgeStatus::id)
        .contains("processor:pass@logs/a..logs/a..connector:forward@logs-logs");
    graph.stop(Duration.ofSeconds(1));
    assertThat(doubles.log)
        .containsExactly(
            "start auth",
            "start out",
            "start forward",
            "start pass",
            "start in",
            "stop in",
            "stop pass",
            "stop forward",
            "stop out",
            "stop auth");
  }

  @Test
  void fanOutGivesTheSameBytesToAll() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    send("in", Signal.LOGS, 1);
    assertThat(taken("out/a").getFirst().body()).isSameAs(taken("out/b").getFirst().body());
  }

  @Test
  void aReloadTouchesOnlyWhatChanged() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    doubles.log.clear();
    graph.apply(config(TWO_BRANCHES.formatted(0, 1)));
    assertThat(doubles.log).containsExactly("start out/a", "stop out/a");
    send("in", Signal.LOGS, 1);
    assertThat(taken("out/a")).hasSize(1);
    doubles.log.clear();
    graph.apply(config(TWO_BRANCHES.formatted(0, 1)));
    assertThat(doubles.log).isEmpty();
    // A pipeline goes: its exporter and processor with it.
    graph.apply(
        config(
            """
            receivers: {in: }
            exporters: {out/b: }
            service: {pipelines: {logs/b: {receivers: [in], exporters: [out/b]}}}
            """));
    assertThat(doubles.log).containsExactly("stop pass", "stop out/a");
    send("in", Signal.LOGS, 1);
    assertThat(taken("out/b")).hasSize(2);
    assertThat(graph.status().edges()).hasSize(1);
  }

  private GraphConfig tuned(int x) {
    return config(
        "{receivers: {tuned: {x: "
            + x
            + "}}, exporters: {out: }, service: {pipelines: {logs: {receivers: [tuned], exporters:"
            + " [out]}}}}");
  }

  @Test
  void whatCanBeAdjustedIsNotStopped() throws IOException {
    graph.apply(tuned(1));
    doubles.log.clear();
    graph.apply(tuned(1));
    assertThat(doubles.log).isEmpty();
    graph.apply(tuned(2));
    assertThat(doubles.log).containsExactly("adjust tuned to 2");
    doubles.broken.add("tuned at 3");
    doubles.log.clear();
    GraphConfig wrong = tuned(3);
    assertThatThrownBy(() -> graph.apply(wrong))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("receiver tuned cannot take its new settings: no such place");
    assertThat(doubles.log).containsExactly("adjust tuned to 3", "adjust tuned to 2");
    doubles.log.clear();
    graph.apply(tuned(2));
    assertThat(doubles.log).isEmpty();
  }

  @Test
  void whatDependsOnAnExtensionIsRenewedWithIt() throws IOException {
    String yaml =
        """
        extensions: {auth: {x: %d}}
        receivers: {in: }
        exporters: {out: {auth: auth}, out/b: }
        service:
          extensions: [auth]
          pipelines: {logs: {receivers: [in], exporters: [out, out/b]}}
        """;
    graph.apply(config(yaml.formatted(0)));
    doubles.log.clear();
    graph.apply(config(yaml.formatted(1)));
    assertThat(doubles.log).contains("start out", "stop out", "start auth", "stop auth");
    assertThat(doubles.log).doesNotContain("start out/b", "start in");
  }

  @Test
  void whatCannotStartChangesNothing() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    doubles.broken.add("in");
    assertThatThrownBy(
            () ->
                graph.apply(config(TWO_BRANCHES.formatted(1, 1).replace("{in: }", "{in: {x: 1}}"))))
        .isInstanceOf(IOException.class)
        .hasMessage("receiver in cannot start: the port is taken");
    // The receiver had to stop first, and cannot come back either while it is broken.
    doubles.broken.clear();
    doubles.broken.add("out/a");
    graph.apply(config(TWO_BRANCHES.formatted(0, 0).replace("{in: }", "{in: {x: 2}}")));
    doubles.log.clear();
    assertThatThrownBy(
            () ->
                graph.apply(config(TWO_BRANCHES.formatted(1, 1).replace("{in: }", "{in: {x: 3}}"))))
        .hasMessageContaining("exporter out/a cannot start");
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out/a")).hasSize(1);
    assertThat(doubles.log).doesNotContain("stop in");
  }

  @Test
  void extensionsAreToldWhatRuns() throws IOException {
    String yaml =
        """
        extensions: {auth: {x: %d}}
        receivers: {in: }
        processors: {pass: }
        exporters: {out: , %s: }
        service:
          extensions: [auth]
          pipelines: {logs: {receivers: [in], processors: [pass], exporters: [out, %s]}}
        """;
    graph.apply(config(yaml.formatted(1, "out/b", "out/b")));
    String b =
        "[auth] Pipeline[id=logs, receivers=[in], processors=[pass], exporters=[out, out/b]]";
    assertThat(doubles.watched).containsExactly("auth 1 " + b, "auth 1 ready");
    doubles.watched.clear();
    graph.apply(config(yaml.formatted(1, "out/c", "out/c")));
    assertThat(doubles.watched)
        .containsExactly("auth 1 " + b.replace("out/b", "out/c"), "auth 1 ready");
    // The extension is replaced before the receiver fails: what takes its place again must know.
    doubles.watched.clear();
    doubles.broken.add("in/new");
    assertThatThrownBy(
            () ->
                graph.apply(
                    config(
                        yaml.formatted(2, "out/c", "out/c")
                            .replace("{in: }", "{in: , in/new: }")
                            .replace("[in]", "[in, in/new]"))))
        .hasMessageContaining("in/new cannot start");
    assertThat(doubles.watched)
        .containsExactly("auth 1 " + b.replace("out/b", "out/c"), "auth 1 ready");
  }

  @Test
  void aReceiverThatCannotStartGivesWayToItsPredecessor() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    doubles.broken.add("in/new");
    assertThatThrownBy(
            () ->
                graph.apply(
                    config(
                        """
                        receivers: {in: {x: 5}, in/new: }
                        exporters: {out/b: }
                        service:
                          pipelines:
                            logs/b: {receivers: [in, in/new], exporters: [out/b]}
                        """)))
        .hasMessageContaining("in/new");
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out/a")).hasSize(1);
    assertThat(taken("out/b")).hasSize(1);
  }

  @Test
  void nothingIsLostOrSentTwiceByReloadsUnderLoad() throws Exception {
    String yaml =
        """
        receivers: {in: }
        processors: {batch: {send_batch_size: %d, timeout: 1ms}, pass: {x: %d}}
        exporters:
          queued: {sending_queue: {when_full: block, num_consumers: %d}}
          out:
        service:
          pipelines:
            logs: {receivers: [in], processors: [pass, batch], exporters: [queued, out]}
        """;
    graph.apply(config(yaml.formatted(50, 0, 2)));
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong sent = new AtomicLong();
    AtomicLong settled = new AtomicLong();
    AtomicLong refused = new AtomicLong();
    Consumer in = input("in", Signal.LOGS);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!done.get()) {
                      sent.addAndGet(5);
                      in.consume(
                          new Batch(Signal.LOGS, Encoding.OTLP, new byte[20], 5, 0),
                          o -> {
                            settled.addAndGet(5);
                            if (o != Outcome.ACCEPTED) {
                              refused.addAndGet(5);
                            }
                          });
                      Thread.yield();
                    }
                  }));
    }
    for (int i = 1; i <= 30; i++) {
      graph.apply(config(yaml.formatted(50 + i % 3, i % 2, 2 + i % 4)));
    }
    done.set(true);
    for (Thread t : threads) {
      t.join();
    }
    graph.stop(Duration.ofSeconds(10));
    long queued = taken("queued").stream().mapToLong(Batch::items).sum();
    long out = taken("out").stream().mapToLong(Batch::items).sum();
    assertThat(settled.get()).isEqualTo(sent.get());
    assertThat(refused.get()).isZero();
    assertThat(queued).isEqualTo(sent.get());
    assertThat(out).isEqualTo(sent.get());
  }

  private static final String QUEUE_ON_DISK =
      """
      extensions: {file_storage: {directory: %s}}
      receivers: {in: {x: %d}}
      exporters:
        queued: {sending_queue: {storage: file_storage, num_consumers: %d}}
      service:
        extensions: [file_storage]
        pipelines:
          logs: {receivers: [in], exporters: [queued]}
      """;

  @Test
  void aReloadHandsAQueueOverAndSendsNothingAgain(@TempDir Path dir) throws Exception {
    graph.apply(config(QUEUE_ON_DISK.formatted(dir, 0, 1)));
    CountDownLatch under = new CountDownLatch(1);
    CountDownLatch ends = new CountDownLatch(1);
    doubles.sending =
        () -> {
          under.countDown();
          try {
            ends.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException("cut off", e);
          }
        };
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    under.await();
    graph.apply(config(QUEUE_ON_DISK.formatted(dir, 0, 2)));
    assertThat(taken("queued")).isEmpty();
    assertThat(send("in", Signal.LOGS, 2)).isEqualTo(Outcome.ACCEPTED);
    // One that cannot start: the queue goes back to whose it was.
    doubles.broken.add("in");
    assertThatThrownBy(() -> graph.apply(config(QUEUE_ON_DISK.formatted(dir, 1, 3))))
        .hasMessageContaining("the port is taken");
    doubles.broken.clear();
    graph.apply(config(QUEUE_ON_DISK.formatted(dir, 2, 4)));
    assertThat(send("in", Signal.LOGS, 4)).isEqualTo(Outcome.ACCEPTED);
    ends.countDown();
    graph.stop(Duration.ofSeconds(10));
    assertThat(taken("queued")).extracting(Batch::items).containsExactlyInAnyOrder(1, 2, 4);
  }

  private static final String CONNECTOR_WITH_QUEUE =
      """
      receivers: {in: }
      connectors:
        waiting: {sending_queue: {num_consumers: 1, wait_for_result: false, queue_size: %d}}
      exporters: {out: }
      service:
        pipelines:
          logs/a: {receivers: [in], exporters: [waiting]}
          logs/b: {receivers: [waiting], exporters: [out]}
      """;

  @Test
  void aReloadHandsAConnectorsQueueOverToo() throws Exception {
    graph.apply(config(CONNECTOR_WITH_QUEUE.formatted(100)));
    CountDownLatch under = new CountDownLatch(1);
    CountDownLatch ends = new CountDownLatch(1);
    doubles.sending =
        () -> {
          under.countDown();
          try {
            ends.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException("cut off", e);
          }
        };
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    under.await();
    assertThat(send("in", Signal.LOGS, 2)).isEqualTo(Outcome.ACCEPTED);
    graph.apply(config(CONNECTOR_WITH_QUEUE.formatted(200))); // waits for nothing
    assertThat(taken("out")).isEmpty();
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    ends.countDown();
    graph.stop(Duration.ofSeconds(10));
    assertThat(taken("out")).extracting(Batch::items).containsExactlyInAnyOrder(1, 2, 3);
  }

  /** A destination that answers nobody, before which the queue is full. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "the exporter's batcher | , batch: {sizer: items, flush_timeout: 1h, min_size: 1000} | | ",
        "a processor            | | batch | ",
        "one that is taken out  | | batch | reload"
      })
  void aStopIsBoundedWhateverWaitsForRoom(
      String who, @Nullable String batch, @Nullable String processor, @Nullable String reload)
      throws Exception {
    String yaml =
        """
        receivers: {in: }
        processors: {batch: {timeout: 1h, send_batch_size: 1000}}
        exporters:
          queued:
            sending_queue: {num_consumers: 1, queue_size: 1, sizer: requests, block_on_overflow: true%s}
            retry_on_failure: {enabled: true, max_elapsed_time: 0}
        service:
          pipelines:
            logs: {receivers: [in], processors: [%s], exporters: [queued]}
        """
            .formatted(batch == null ? "" : batch, processor == null ? "" : processor);
    graph.apply(read(yaml));
    CountDownLatch under = new CountDownLatch(1);
    doubles.sending =
        () -> {
          under.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new IllegalStateException("cut off", e);
          }
        };
    List<Outcome> told = new CopyOnWriteArrayList<>();
    Consumer in = input("in", Signal.LOGS);
    byte[] logs = GraphTest.logs();
    in.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs, 1000, 0), told::add);
    under.await(); // one takes the whole queue, the next waits for company
    in.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs, 1, 0), told::add);
    if (reload != null) {
      GraphConfig without = read(yaml.replace("[batch]", "[]"));
      Thread.ofVirtual().start(() -> applied(graph, without));
      while (!graph.config().equals(Optional.of(without))) {
        Thread.sleep(1); // from then on it waits for what it takes out
      }
    }
    Thread stop = Thread.ofVirtual().start(() -> graph.stop(Duration.ofMillis(200)));
    assertThat(stop.join(Duration.ofSeconds(20))).as(who).isTrue();
    assertThat(told).hasSize(2).allMatch(o -> o instanceof Outcome.Unavailable);
    // that the accounts balance, with nothing held, is looked at behind every test
  }

  /**
   * A destination that is down for longer than a reload may take: what it takes out or changes
   * holds something for which there is no room.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a processor that goes     | wait_for_result: true | [batch] | []",
        "one that is changed       | wait_for_result: true | 1h | 2h",
        "what is acknowledged      | wait_for_result: false | [batch] | []",
        "a queue on disk           | storage: file_storage | [batch] | []",
        "an exporter's own batcher | 'batch: {sizer: items, flush_timeout: 1h, min_size: 1000}'"
            + " | flush_timeout: 1h | flush_timeout: 2h"
      })
  void aReloadIsBoundedAndWhatItTakesOutIsNeitherLostNorSentTwice(
      String who, String queue, String from, String to, @TempDir Path dir) throws Exception {
    Graph g = new Graph(services, Duration.ofMillis(1));
    String processor = queue.startsWith("batch") ? "" : "batch";
    String yaml =
        """
        extensions: {file_storage: {directory: %s}}
        receivers: {in: }
        processors: {batch: {timeout: 1h, send_batch_size: 1000}}
        exporters:
          queued:
            sending_queue:
              {num_consumers: 1, queue_size: 1, sizer: requests, block_on_overflow: true, %s}
            retry_on_failure: {enabled: true, max_elapsed_time: 0}
        service:
          extensions: [file_storage]
          pipelines:
            logs: {receivers: [in], processors: [%s], exporters: [queued]}
        """
            .formatted(dir, queue, processor);
    g.apply(read(yaml));
    CountDownLatch under = new CountDownLatch(1);
    CountDownLatch isBack = new CountDownLatch(1);
    doubles.sending =
        () -> {
          under.countDown();
          try {
            isBack.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException("cut off", e);
          }
        };
    List<Outcome> told = new CopyOnWriteArrayList<>();
    Consumer in = input("in", Signal.LOGS);
    byte[] logs = GraphTest.logs();
    in.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs, 1000, 0), told::add);
    under.await(); // one takes the whole queue, the next waits for company
    in.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs, 1, 0), told::add);
    GraphConfig next = read(yaml.replace(from, to));
    Thread reload = Thread.ofVirtual().start(() -> applied(g, next));
    assertThat(reload.join(Duration.ofSeconds(20))).as(who).isTrue();
    assertThat(told).allMatch(Outcome.ACCEPTED::equals);
    assertThat(g.outboxes().values()).extracting(b -> b.status().items()).containsExactly(1001L);
    isBack.countDown();
    g.stop(Duration.ofSeconds(10));
    assertThat(told).hasSize(2).allMatch(Outcome.ACCEPTED::equals);
    assertThat(taken("queued")).extracting(Batch::items).containsExactlyInAnyOrder(1000, 1);
  }

  private GraphConfig read(String yaml) {
    return GraphConfig.read(YamlDocument.parse("c.yaml", null, yaml), services.components(), true);
  }

  private static void applied(Graph graph, GraphConfig config) {
    try {
      graph.apply(config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] logs() {
    LogsData data = new LogsData();
    ResourceGroup<LogRecord> resource = new ResourceGroup<>();
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.items().add(new LogRecord());
    resource.scopes().add(scope);
    data.resources().add(resource);
    return new OtlpWriter().write(data);
  }

  @Test
  void aTapShowsWhatPasses() throws Exception {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    String edge = graph.status().edges().getFirst().id();
    assertThat(graph.tap("no such", 10)).isEmpty();
    Tap t = graph.tap(edge, 1000).orElseThrow();
    send("in", Signal.LOGS, 7);
    Batch b = t.next(1000);
    assertThat(b).isNotNull();
    t.close();
    send("in", Signal.LOGS, 7);
    assertThat(t.next(1)).isNull();
  }

  @Test
  void checkingOpensNothing() {
    Graph.check(config(TWO_BRANCHES.formatted(0, 0)), services);
    assertThat(doubles.log).isEmpty();
  }
}

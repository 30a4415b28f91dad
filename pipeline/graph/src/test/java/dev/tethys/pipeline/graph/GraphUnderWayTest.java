package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Data in flight, queued or waiting for space while a graph changes or stops. */
@Tag("slow")
class GraphUnderWayTest extends GraphCase {
  /** A destination that answers no request before it is released. */
  private final class Hanging {
    private final CountDownLatch under = new CountDownLatch(1);
    private final CountDownLatch answers = new CountDownLatch(1);

    Hanging() {
      doubles.sending =
          () -> {
            under.countDown();
            try {
              answers.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException("cut off", e);
            }
          };
    }

    void awaitRequest() throws InterruptedException {
      under.await();
    }

    void answer() {
      answers.countDown();
    }
  }

  /** One batch that fills the queue, and one that is being collected. */
  private List<Outcome> fill(Hanging far) throws InterruptedException {
    List<Outcome> told = new CopyOnWriteArrayList<>();
    Consumer in = input("in", Signal.LOGS);
    in.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs(), 1000, 0), told::add);
    far.awaitRequest();
    in.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs(), 1, 0), told::add);
    return told;
  }

  @Test
  void losesAndDuplicatesNothingDuringReloads() throws Exception {
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

  /** If one destination rejected a batch, it would be offered again to the other as well. */
  @ParameterizedTest
  @CsvSource({"source, []", "source, [batch]", "in, []"})
  void aFullQueueBlocksSourcesThatCanWait(String receiver, String processors) throws Exception {
    graph.apply(
        read(
            """
            receivers: {%s: }
            processors: {batch: {send_batch_size: 10, timeout: 1ms}}
            exporters:
              queued: {sending_queue: {num_consumers: 1, queue_size: 2}}
              out:
            service:
              pipelines:
                logs: {receivers: [%s], processors: %s, exporters: [queued, out]}
            """
                .formatted(receiver, receiver, processors)));
    Hanging far = new Hanging();
    List<Outcome> told = new CopyOnWriteArrayList<>();
    Consumer in = input(receiver, Signal.LOGS);
    Thread t =
        Thread.ofVirtual()
            .start(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    in.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs(), 1, 1), told::add);
                  }
                });
    far.awaitRequest();
    if (receiver.equals("in")) {
      t.join();
      far.answer();
      graph.stop(Duration.ofSeconds(10));
      assertThat(told).anyMatch(o -> o instanceof Outcome.Unavailable);
      return;
    }
    while (t.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    far.answer();
    t.join();
    graph.stop(Duration.ofSeconds(10));
    assertThat(told).hasSize(100).allMatch(Outcome.ACCEPTED::equals);
    assertThat(taken("out").stream().mapToLong(Batch::items).sum()).isEqualTo(100);
    assertThat(taken("queued").stream().mapToLong(Batch::items).sum()).isEqualTo(100);
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
  void reloadTransfersAQueueWithoutDuplicates(@TempDir Path dir) throws Exception {
    graph.apply(config(QUEUE_ON_DISK.formatted(dir, 0, 1)));
    Hanging far = new Hanging();
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    far.awaitRequest();
    graph.apply(config(QUEUE_ON_DISK.formatted(dir, 0, 2)));
    assertThat(taken("queued")).isEmpty();
    assertThat(send("in", Signal.LOGS, 2)).isEqualTo(Outcome.ACCEPTED);
    // One that cannot start: the queue returns to its previous owner.
    doubles.broken.add("in");
    assertThatThrownBy(() -> graph.apply(config(QUEUE_ON_DISK.formatted(dir, 1, 3))))
        .hasMessageContaining("the port is taken");
    doubles.broken.clear();
    graph.apply(config(QUEUE_ON_DISK.formatted(dir, 2, 4)));
    assertThat(send("in", Signal.LOGS, 4)).isEqualTo(Outcome.ACCEPTED);
    far.answer();
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
  void reloadTransfersAConnectorsQueue() throws Exception {
    graph.apply(config(CONNECTOR_WITH_QUEUE.formatted(100)));
    Hanging far = new Hanging();
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    far.awaitRequest();
    assertThat(send("in", Signal.LOGS, 2)).isEqualTo(Outcome.ACCEPTED);
    graph.apply(config(CONNECTOR_WITH_QUEUE.formatted(200))); // does not wait
    assertThat(taken("out")).isEmpty();
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    far.answer();
    graph.stop(Duration.ofSeconds(10));
    assertThat(taken("out")).extracting(Batch::items).containsExactlyInAnyOrder(1, 2, 3);
  }

  /** A destination that answers no request, before which the queue is full. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "the exporter's batcher | , batch: {sizer: items, flush_timeout: 1h, min_size: 1000} | | ",
        "a processor            | | batch | ",
        "one that is taken out  | | batch | reload"
      })
  void aStopIsBoundedDespiteWaitingData(
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
    Hanging far = new Hanging();
    List<Outcome> told = fill(far);
    if (reload != null) {
      GraphConfig without = read(yaml.replace("[batch]", "[]"));
      Thread.ofVirtual().start(() -> applied(graph, without));
      while (!graph.config().equals(Optional.of(without))) {
        Waiting.pause(); // from then on it waits for the removed components
      }
    }
    Thread stop = Thread.ofVirtual().start(() -> graph.stop(Duration.ofMillis(200)));
    assertThat(stop.join(Duration.ofSeconds(20))).as(who).isTrue();
    assertThat(told).hasSize(2).allMatch(o -> o instanceof Outcome.Unavailable);
    // every test ends with a check that the accounts add up, with nothing held
  }

  /**
   * A destination is down for longer than a reload may take: removed or changed components hold
   * data without space.
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
  void aBoundedReloadLosesAndDuplicatesNothing(
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
    Hanging far = new Hanging();
    List<Outcome> told = fill(far);
    GraphConfig next = read(yaml.replace(from, to));
    Thread reload = Thread.ofVirtual().start(() -> applied(g, next));
    assertThat(reload.join(Duration.ofSeconds(20))).as(who).isTrue();
    assertThat(told).allMatch(Outcome.ACCEPTED::equals);
    assertThat(g.outboxes().values()).extracting(b -> b.status().items()).containsExactly(1001L);
    far.answer();
    g.stop(Duration.ofSeconds(10));
    assertThat(told).hasSize(2).allMatch(Outcome.ACCEPTED::equals);
    assertThat(taken("queued")).extracting(Batch::items).containsExactlyInAnyOrder(1000, 1);
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
}

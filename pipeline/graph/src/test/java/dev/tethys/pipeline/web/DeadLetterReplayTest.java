package dev.tethys.pipeline.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.Tap;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replay of dead letters over HTTP, more of them than fit into one read. */
@Timeout(120)
@Tag("slow")
class DeadLetterReplayTest {
  /** More than one look, and not as many as two. */
  private static final int LETTERS = 10_007;

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Set<Integer> delivered = ConcurrentHashMap.newKeySet();
  private final AtomicInteger attempts = new AtomicInteger();
  private volatile SendResult verdict = new SendResult.Permanent("refused");
  private Outbox box;
  private HttpListener listener;

  @BeforeEach
  void begin() throws Exception {
    box =
        new Outboxes(new RealFiles(), Scheduler.system(), new Random(1))
            .open(
                "exporter test",
                OutboxOptions.DEFAULT.withDisk(
                    new OutboxOptions.Disk(
                        folder.resolve("queue"), OutboxOptions.Sync.NEVER, 256L << 20)),
                p -> {
                  attempts.incrementAndGet();
                  SendResult v = verdict;
                  if (v == SendResult.DELIVERED) {
                    delivered.add(ByteBuffer.wrap(p.body()).getInt());
                  }
                  return v;
                },
                new ItemAccounting("exporter", "test", Signal.LOGS));
    GraphView graph =
        new GraphView() {
          @Override
          public GraphStatus status() {
            return new GraphStatus(List.of(), List.of());
          }

          @Override
          public Map<String, OutboxView> outboxes() {
            return Map.of("exporter:test@logs", box);
          }

          @Override
          public Optional<Tap> tap(String edge, double perSecond) {
            return Optional.empty();
          }
        };
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            PipelineEndpoints.addTo(new Routes(), graph, InstantSource.system(), TapAccess.NONE),
            null);
    for (int i = 0; i < LETTERS; i++) {
      box.put(
          new EncodedRequest(Signal.LOGS, ByteBuffer.allocate(4).putInt(i).array(), 1, 0, Map.of()),
          AckCallback.NONE);
    }
    awaitLetters(LETTERS);
  }

  @AfterEach
  void end() throws Exception {
    listener.close();
    box.close(Duration.ofSeconds(10));
  }

  private void awaitLetters(long many) throws InterruptedException {
    while (box.status().deadLetters() != many) {
      Waiting.pause(); // until the timeout of the test
    }
  }

  private HttpResponse<String> replay(String more) throws Exception {
    return client.send(
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + listener.port()
                        + "/api/v1/pipelines/dead-letters/replay?node=exporter:test@logs"
                        + more))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void replaysMoreThanOneRead() throws Exception {
    verdict = SendResult.DELIVERED;
    assertThat(replay("&limit=2").body()).contains("\"replayed\":2}");
    awaitLetters(LETTERS - 2);
    assertThat(replay("").body()).contains("\"replayed\":" + (LETTERS - 2) + "}");
    while (delivered.size() < LETTERS) {
      Waiting.pause();
    }
    assertThat(box.status().deadLetters()).isZero();
    assertThat(attempts).hasValue(2 * LETTERS); // none twice
    assertThat(replay("").body()).contains("\"replayed\":0}");
  }

  /** A letter rejected again is a dead letter again, and is not replayed twice in one round. */
  @Test
  void replaysLettersRejectedAgainOnce() throws Exception {
    assertThat(replay("").body()).contains("\"replayed\":" + LETTERS + "}");
    while (attempts.get() < 2 * LETTERS) {
      Waiting.pause();
    }
    awaitLetters(LETTERS);
    assertThat(attempts).hasValue(2 * LETTERS);
  }
}

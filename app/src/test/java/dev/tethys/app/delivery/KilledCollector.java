package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import dev.tethys.pipeline.Batch;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One of our collectors that is ended as by a power failure, again and again, while a client sends.
 */
final class KilledCollector implements AutoCloseable {
  static final int KILLS = Integer.getInteger("tethys.kills", 4);
  static final Duration TIME_LIMIT = Duration.ofSeconds(60);
  static final long SEED = Long.getLong("tethys.seed", System.nanoTime());

  private final PeerProcess process;
  private final Function<Batch, HttpRequest.Builder> request;
  private final HttpClient http = HttpClient.newHttpClient();

  /**
   * Starts it.
   *
   * @param config of which the receiver listens at the port
   * @param request that hands it a batch
   */
  KilledCollector(Path folder, Path config, int port, Function<Batch, HttpRequest.Builder> request)
      throws Exception {
    this.request = request;
    this.process =
        new PeerProcess(
            Files.createDirectories(folder.resolve("collector")),
            port,
            TethysProcess.small("collector", "--config=" + config));
  }

  private boolean accepted(Batch b) throws InterruptedException {
    try {
      return http.send(
                      request.apply(b).timeout(Duration.ofSeconds(10)).build(),
                      BodyHandlers.discarding())
                  .statusCode()
              / 100
          == 2;
    } catch (IOException e) {
      return false; // it was killed: whether it has the request is unknown
    }
  }

  /**
   * Sends all batches, each until it is taken, while the collector is killed at moments of chance.
   *
   * @return how many requests have an unknown outcome
   */
  int feed(List<Batch> batches) throws InterruptedException {
    Random random = new Random(SEED);
    AtomicInteger accepted = new AtomicInteger();
    int[] at = random.ints(KILLS, 0, batches.size()).sorted().toArray();
    AtomicInteger kills = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread killer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    for (int n : at) {
                      TestPipeline.await(
                          "some was accepted", TIME_LIMIT, () -> accepted.get() >= n);
                      Thread.sleep(random.nextInt(5)); // the moment is what is tried
                      process.killAndRestart();
                      kills.incrementAndGet();
                    }
                  } catch (Exception | AssertionError e) {
                    failure.set(e);
                  }
                });
    int next = 0;
    int doubtful = 0;
    while (failure.get() == null && (next < batches.size() || killer.isAlive())) {
      if (next == batches.size()) {
        killer.join(); // the last kills meet what is queued
      } else if (accepted(batches.get(next))) {
        next++;
        accepted.set(next);
      } else {
        doubtful++;
        Thread.sleep(5);
      }
    }
    killer.join();
    Throwable failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException(
          "the collector is not there after kill " + (kills.get() + 1) + ", seed " + SEED, failed);
    }
    assertThat(kills.get()).as("kills").isEqualTo(KILLS);
    return doubtful;
  }

  @Override
  public void close() throws IOException {
    http.close();
    process.close();
  }
}

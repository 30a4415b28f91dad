package dev.tethys.collect.exporter;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs probes within limits: a maximum number concurrently, each until the client's timeout.
 * Thread-safe.
 *
 * <p>Invariant: a slot is released when the thread of the probe has ended, not when its client has
 * disconnected; a source that cannot be interrupted keeps its slot.
 */
public final class ProbeRunner {
  private static final System.Logger LOG = JulLogger.of(ProbeRunner.class.getName());

  private final String name;
  private final int most;
  private final Semaphore places;

  /**
   * @param name name of the exporter
   * @param most maximum number of concurrent probes
   */
  public ProbeRunner(String name, int most) {
    this.name = name;
    this.most = most;
    this.places = new Semaphore(most);
  }

  /**
   * Runs a probe.
   *
   * @throws ProbeException 503 if too many probes are running, 504 on timeout
   */
  public List<MetricFamily> ask(MetricsSource source, Probe probe)
      throws IOException, InterruptedException {
    if (!places.tryAcquire()) {
      throw new ProbeException(
          503, "the " + name + " exporter makes " + most + " probes already; try again later");
    }
    CompletableFuture<List<MetricFamily>> answer = new CompletableFuture<>();
    Thread looking =
        Thread.ofVirtual()
            .name("probe-" + name)
            .unstarted(
                CallersSubject.propagate(
                    () -> {
                      try {
                        answer.complete(source.collect(probe));
                      } catch (InterruptedException e) {
                        answer.completeExceptionally(new IOException("the probe was cancelled"));
                      } catch (IOException | RuntimeException | Error e) {
                        answer.completeExceptionally(e);
                      } finally {
                        places.release();
                      }
                    }));
    looking.start();
    Duration limit = probe.limit(Duration.ZERO, Probe.LONGEST);
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      looking.interrupt();
      throw new ProbeException(
          504, "the " + name + " exporter timed out after " + limit.toMillis() + " ms");
    } catch (InterruptedException e) {
      looking.interrupt();
      throw e;
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case ProbeException p -> throw p;
        case IOException io -> throw io;
        case null, default -> {
          LOG.log(Level.ERROR, "a probe of the " + name + " exporter failed", e.getCause());
          throw new IOException(
              "the " + name + " exporter failed: " + e.getCause() + "; see its log", e);
        }
      }
    }
  }
}

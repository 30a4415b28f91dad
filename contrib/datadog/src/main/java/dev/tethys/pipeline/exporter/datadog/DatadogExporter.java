package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Exporter;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Exporter that tries its API key before it starts, reports its host while it runs, or converts
 * metrics to deltas.
 */
final class DatadogExporter implements Exporter {
  private final Exporter queue;
  private final @Nullable DeltaConversion deltas;
  private final @Nullable HostReporter host;
  private final @Nullable KeyCheck check;

  /**
   * A check of the API key; the endpoint sends it.
   *
   * @param url API URL that validates keys
   */
  record KeyCheck(URI url, HttpEndpoint endpoint, System.Logger log) {
    /** Fails if Datadog does not know the key; an unreachable server is not a failure. */
    void run() throws IOException {
      try {
        HttpEndpoint.Reply r = endpoint.call("GET", url, Map.of(), null);
        boolean invalid =
            r.status() == 401
                || r.status() == 403
                || r.isOk() && r.text().replaceAll("\\s", "").contains("\"valid\":false");
        if (invalid) {
          throw new InvalidKeyException(
              url
                  + ": Datadog rejected the API key; correct api.key or api.site, or remove"
                  + " api.fail_on_invalid_key");
        }
        if (!r.isOk()) {
          log.log(Level.WARNING, "API key not checked url={0} reason=\"{1}\"", url, r.reason());
        }
      } catch (InvalidKeyException e) {
        throw e;
      } catch (IOException e) {
        log.log(Level.WARNING, "API key not checked url={0} reason=\"{1}\"", url, e.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while the API key was checked", e);
      }
    }
  }

  private static final class InvalidKeyException extends IOException {
    private static final long serialVersionUID = 1L;

    InvalidKeyException(String message) {
      super(message);
    }
  }

  /**
   * @param deltas conversion of the queue, closed with it; null if none
   * @param host null for no reports
   * @param check null if none
   */
  DatadogExporter(
      Exporter queue,
      @Nullable DeltaConversion deltas,
      @Nullable HostReporter host,
      @Nullable KeyCheck check) {
    this.queue = queue;
    this.deltas = deltas;
    this.host = host;
    this.check = check;
  }

  @Override
  public void start() throws IOException {
    if (check != null) {
      check.run();
    }
    queue.start();
    if (host != null) {
      host.start();
    }
  }

  @Override
  public void forward() {
    queue.forward();
  }

  @Override
  public void stop(Duration timeLimit) {
    if (host != null) {
      host.stop();
    }
    queue.stop(timeLimit);
    if (deltas != null) {
      deltas.close();
    }
  }

  @Override
  public boolean isExclusive() {
    return queue.isExclusive();
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    queue.consume(batch, ack);
  }

  @Override
  public @Nullable Outcome refuse(int items) {
    return queue.refuse(items);
  }
}

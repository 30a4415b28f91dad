package dev.tethys.pipeline.extension.sampling;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Strategies from the last valid content of a file or URL. */
final class FileStrategies implements StrategySource {
  private static final System.Logger LOG = JulLogger.of(RemoteSampling.class.getName());

  /** The largest file that is read. */
  private static final int MAX_BYTES = 16 << 20;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final String file;
  private final Duration reload;
  private final Scheduler clock;
  private final HttpClientFactory clients;
  private volatile SamplingStrategies strategies = SamplingStrategies.read("{}");
  private final Object reading = new Object();

  @GuardedBy("reading")
  private String text = "";

  @GuardedBy("this")
  private boolean stopped;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  /**
   * @param reload interval of checks; zero for never
   * @param clients process-wide client factory; not closed here
   */
  FileStrategies(String file, Duration reload, Scheduler clock, HttpClientFactory clients) {
    this.file = file;
    this.reload = reload;
    this.clock = clock;
    this.clients = clients;
  }

  @Override
  public void start() throws IOException {
    try {
      load();
    } catch (CodecException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    again();
  }

  private void load() throws IOException {
    synchronized (reading) {
      String now = file.contains("://") ? fetched() : read();
      if (!now.equals(text)) {
        text = now;
        strategies = SamplingStrategies.read(now);
      }
    }
  }

  private String read() throws IOException {
    Path path = Path.of(file);
    if (Files.size(path) > MAX_BYTES) {
      throw new IOException(path + " has more than " + MAX_BYTES + " bytes");
    }
    return Files.readString(path);
  }

  /**
   * Fetches the URL. A server that is not ready (503) has no strategies yet, and the previous ones
   * stay, as in Jaeger.
   */
  @GuardedBy("reading")
  private String fetched() throws IOException {
    ClientRequest call = ClientRequest.get(URI.create(file)).withTimeout(TIMEOUT);
    try (ClientResponse a = clients.client(HttpClientConfig.DEFAULT).send(call)) {
      String body = new String(a.bytes(MAX_BYTES), StandardCharsets.UTF_8);
      if (a.status() == 503) {
        return text.isEmpty() ? "{}" : text;
      }
      if (a.status() != 200) {
        throw new IOException(file + " answered with status " + a.status());
      }
      return body;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(file + ": interrupted", e);
    }
  }

  private synchronized void again() {
    if (!stopped && reload.isPositive()) {
      timer = clock.schedule(reload, () -> clock.execute("sampling strategies", this::reload));
    }
  }

  /** Reads the file again; if it is invalid, the previous strategies stay. */
  void reload() {
    try {
      load();
    } catch (IOException | CodecException e) {
      LOG.log(
          Level.ERROR,
          "Reload of {0} failed, keeping the previous strategies: {1}",
          file,
          e.getMessage());
    }
    again();
  }

  @Override
  public byte[] of(String service) {
    return strategies.of(service).protobuf();
  }

  @Override
  public synchronized void stop() {
    stopped = true;
    if (timer != null) {
      timer.cancel();
    }
  }
}

package dev.tethys.store.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A real Prometheus on a folder, which takes remote writes; ends with {@link #close}. */
public final class RealPrometheus implements AutoCloseable {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Process process;
  private final Path log;
  private final String url;

  /** Starts it on a data folder and waits until it is ready. */
  public RealPrometheus(Path folder, Path data, String... flags) throws IOException {
    int port = Ports.free();
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(config, "storage: {tsdb: {out_of_order_time_window: 10h}}\n");
    log = Files.createTempFile(folder, "prometheus", ".log");
    url = "http://127.0.0.1:" + port;
    List<String> command =
        new ArrayList<>(
            List.of(
                Shared.peer("prometheus").toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + data,
                "--storage.tsdb.retention.time=100y",
                "--web.listen-address=127.0.0.1:" + port,
                "--web.enable-remote-write-receiver",
                "--web.enable-admin-api",
                "--enable-feature=native-histograms"));
    command.addAll(Arrays.asList(flags));
    process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    long end = System.nanoTime() + LIMIT_NANOS;
    while (!ready()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        process.destroyForcibly();
        throw new AssertionError("Prometheus does not start:\n" + Files.readString(log));
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  private boolean ready() {
    try {
      return get("/-/ready").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Asks a path. */
  public HttpResponse<String> get(String path) throws IOException {
    return send(HttpRequest.newBuilder(URI.create(url + path)).build());
  }

  /** Posts nothing to a path. */
  public HttpResponse<String> post(String path) throws IOException {
    return send(
        HttpRequest.newBuilder(URI.create(url + path))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build());
  }

  /** Sends a remote write request, which must be taken. */
  public void write(WriteRequestWriter w) throws IOException {
    byte[] body = SnappyBlock.encode(w.buffer(), 0, w.size());
    HttpResponse<String> r =
        send(
            HttpRequest.newBuilder(URI.create(url + "/api/v1/write"))
                .header("Content-Encoding", "snappy")
                .header("Content-Type", "application/x-protobuf")
                .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(204);
  }

  private static HttpResponse<String> send(HttpRequest r) throws IOException {
    try {
      return CLIENT.send(r, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** Stops it as a user would, so that it closes its files. */
  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

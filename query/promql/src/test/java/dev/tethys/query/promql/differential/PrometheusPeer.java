package dev.tethys.query.promql.differential;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.json.JsonFactory;

/** A real Prometheus with its own folder, stopped with the test. */
final class PrometheusPeer implements AutoCloseable {
  private final Process process;
  private final String url;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  PrometheusPeer(Path folder) throws IOException {
    Path program = Shared.peer("prometheus");
    int port = Ports.free();
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(config, "global: {}\n");
    url = "http://127.0.0.1:" + port;
    process =
        new ProcessBuilder(
                program.toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--storage.tsdb.retention.time=100y",
                "--web.listen-address=127.0.0.1:" + port,
                "--web.enable-remote-write-receiver",
                "--enable-feature=native-histograms,promql-experimental-functions",
                "--log.level=error")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    awaitReady();
  }

  private void awaitReady() throws IOException {
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (System.nanoTime() < deadline && process.isAlive()) {
      try {
        HttpResponse<String> r =
            http.send(
                HttpRequest.newBuilder(URI.create(url + "/-/ready")).build(),
                HttpResponse.BodyHandlers.ofString());
        if (r.statusCode() == 200) {
          return;
        }
      } catch (IOException e) {
        LockSupport.parkNanos(20_000_000); // not listening yet
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
    throw new IOException(
        "the peer did not start"
            + (process.isAlive() ? " in time" : ", exit " + process.exitValue()));
  }

  void write(RemoteWrite w) {
    HttpResponse<String> r =
        send(
            HttpRequest.newBuilder(URI.create(url + "/api/v1/write"))
                .header("Content-Type", "application/x-protobuf")
                .header("Content-Encoding", "snappy")
                .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                .POST(HttpRequest.BodyPublishers.ofByteArray(w.body()))
                .build());
    if (r.statusCode() / 100 != 2) {
      throw new IllegalStateException(r.statusCode() + " " + r.body());
    }
  }

  /** The response's JSON as maps, lists and strings. */
  Map<String, @Nullable Object> range(String query, long start, long end, long step) {
    return post(
        "/api/v1/query_range",
        "query="
            + encode(query)
            + "&start="
            + start / 1000.0
            + "&end="
            + end / 1000.0
            + "&step="
            + step / 1000.0);
  }

  Map<String, @Nullable Object> instant(String query, long time) {
    return post("/api/v1/query", "query=" + encode(query) + "&time=" + time / 1000.0);
  }

  private static String encode(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  @SuppressWarnings("unchecked")
  private Map<String, @Nullable Object> post(String path, String form) {
    HttpResponse<String> r =
        send(
            HttpRequest.newBuilder(URI.create(url + path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build());
    try (JsonParser p = new JsonFactory().createParser(r.body())) {
      p.nextToken();
      return (Map<String, @Nullable Object>) Objects.requireNonNull(value(p));
    }
  }

  private static @Nullable Object value(JsonParser p) {
    switch (p.currentToken()) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> m = new HashMap<>();
        while (p.nextToken() != JsonToken.END_OBJECT) {
          String name = p.currentName();
          p.nextToken();
          m.put(name, value(p));
        }
        return m;
      }
      case START_ARRAY -> {
        List<@Nullable Object> l = new ArrayList<>();
        while (p.nextToken() != JsonToken.END_ARRAY) {
          l.add(value(p));
        }
        return l;
      }
      case VALUE_NULL -> {
        return null;
      }
      default -> {
        return p.getString();
      }
    }
  }

  private HttpResponse<String> send(HttpRequest r) {
    try {
      return http.send(r, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
    }
    http.close();
  }
}

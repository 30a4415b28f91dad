package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import dev.tethys.store.archive.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Snapshot created by a running server of its store. */
final class ServerSnapshot {
  static final Flag SERVER =
      Flag.of(
          "server",
          Flag.Kind.STRING,
          "",
          "URL of the server that runs on the folder, such as http://localhost:9090: it makes the"
              + " snapshot. It must have been started with --web.enable-admin-api.");

  private static final Duration LIMIT = Duration.ofMinutes(10);

  private ServerSnapshot() {}

  /**
   * Requests a snapshot.
   *
   * @return its name in the folder {@code snapshots} of the server's data
   * @throws IOException with the server's message if it rejects
   */
  static String take(String url) throws IOException {
    URI uri;
    try {
      uri = URI.create(url.replaceAll("/+$", "") + "/api/v1/admin/tsdb/snapshot");
    } catch (IllegalArgumentException e) {
      throw new IOException("--server=" + url + " is not a valid URL: " + e.getMessage(), e);
    }
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build()) {
      HttpResponse<byte[]> r =
          client.send(
              HttpRequest.newBuilder(uri)
                  .timeout(LIMIT)
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      Map<String, @Nullable Object> answer = Json.object(r.body());
      if (r.statusCode() != 200) {
        throw new IOException(
            uri
                + " answered "
                + r.statusCode()
                + ": "
                + Json.text(answer, "error")
                + (Json.text(answer, "error").contains("admin APIs disabled")
                    ? "; start the server with --web.enable-admin-api, or stop it and leave --server"
                        + " out"
                    : ""));
      }
      return Json.text(Json.asObject(answer.get("data")), "name");
    } catch (ConnectException e) {
      throw new IOException("no server responds at " + uri, e);
    } catch (IllegalArgumentException e) {
      throw new IOException(uri + " returned an unexpected response: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Returns the folder of a new snapshot. */
  static Path find(Path data, String name) throws IOException {
    Path p = data.resolve("snapshots").resolve(name);
    if (!Files.isDirectory(p)) {
      throw new IOException(
          "the server made snapshot "
              + name
              + ", but there is no "
              + p
              + ": name the data folder of that server, on its machine");
    }
    return p;
  }
}

package dev.tethys.collect.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pushes of many metrics: one is read at a time, and none that cannot be kept is read whole. */
@Timeout(60)
@Tag("slow")
class LargePushTest {
  private final HttpClient client = HttpClient.newHttpClient();

  @SuppressWarnings("NullAway.Init")
  private PushGroups groups;

  @SuppressWarnings("NullAway.Init")
  private HttpListener listener;

  private void start(long maxStored) throws IOException {
    PushOptions options = new PushOptions(null, true, NameScheme.LEGACY, Duration.ZERO, false);
    Registry own = new Registry();
    groups = new PushGroups(options, () -> Instant.ofEpochSecond(1000), own, maxStored);
    PushApi api = new PushApi(groups, own, Duration.ofMillis(50));
    Routes routes = new Routes().get("/-/healthy", (q, r) -> r.send("OK"));
    api.pushes(routes, "");
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterEach
  void stop() throws Exception {
    listener.close();
    groups.close();
  }

  private static byte[] metrics(int count) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      for (int i = 0; i < count; i++) {
        gzip.write(("m{i=\"" + i + "\"} 1\n").getBytes(StandardCharsets.US_ASCII));
      }
    }
    return out.toByteArray();
  }

  private CompletableFuture<HttpResponse<String>> send(String method, String path, byte[] body) {
    return client.sendAsync(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.port() + path))
            .header("Content-Encoding", "gzip")
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void readsOneLargePushAtATime() throws Exception {
    start(Long.MAX_VALUE);
    byte[] large = metrics(PushApi.LARGE_BYTES / 10);
    CompletableFuture<HttpResponse<String>> a;
    CompletableFuture<HttpResponse<String>> b;
    synchronized (groups) { // the first one gets no further than to its groups
      a = send("PUT", "/metrics/job/a", large);
      b = send("PUT", "/metrics/job/b", large);
      CompletableFuture.anyOf(a, b).get();
      HttpResponse<String> refused = (a.isDone() ? a : b).get();
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(send("GET", "/-/healthy", new byte[0]).get().body()).isEqualTo("OK");
      assertThat(a.isDone() && b.isDone()).isFalse();
    }
    assertThat(a.get().statusCode() + b.get().statusCode()).isEqualTo(200 + 503);
    assertThat(send("PUT", "/metrics/job/c", large).get().statusCode()).isEqualTo(200);
    assertThat(groups.groups()).hasSize(2);
  }

  @Test
  void rejectsPushThatExceedsTheMemory() throws Exception {
    start(1000L * PushGroup.METRIC_BYTES);
    HttpResponse<String> r = send("PUT", "/metrics/job/a", metrics(100_000)).get();
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("more than the limit of 160000; delete groups");
    assertThat(groups.groups().getFirst().lastPushSuccessful()).isFalse();
    assertThat(send("PUT", "/metrics/job/a", metrics(500)).get().statusCode()).isEqualTo(200);
    assertThat(groups.groups().getFirst().lastPushSuccessful()).isTrue();
    assertThat(groups.room(groups.groups().getFirst().labels())).isEqualTo(1000);
  }

  @Test
  void rejectsDuplicateSeriesAmongMany() throws Exception {
    start(Long.MAX_VALUE);
    byte[] many = metrics(3000);
    assertThat(send("PUT", "/metrics/job/a", many).get().statusCode()).isEqualTo(200);
    assertThat(send("PUT", "/metrics/job/b", many).get().statusCode())
        .as("its series differ by the job")
        .isEqualTo(200);
    assertThat(send("PUT", "/metrics/job/a/i/2999", metrics(1)).get().body())
        .contains("was collected before with the same name and label values");
    assertThat(send("PUT", "/metrics/job/a/i/3000", metrics(1)).get().statusCode()).isEqualTo(200);
  }
}

package dev.tethys.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.Compression;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.testkit.Waiting;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Large bodies are decoded on platform threads, so that they leave the carriers to others. */
@Timeout(60)
class BodyThreadsTest {
  private static final int MANY = 70; // more than there are threads

  private final CountDownLatch all = new CountDownLatch(MANY);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/kind",
                    (q, r) -> {
                      q.bodyBytes(1 << 20);
                      RequestMemory.charge(1000);
                      r.send(
                          (Thread.currentThread().isVirtual() ? "virtual " : "platform ")
                              + ByteBudget.process().inUse());
                    })
                .post(
                    "/together",
                    (q, r) -> {
                      all.countDown();
                      r.send("" + all.await(30, TimeUnit.SECONDS));
                    }),
            null);
  }

  @AfterEach
  void stop() {
    client.close();
    listener.close();
  }

  private CompletableFuture<HttpResponse<String>> post(
      String path, BodyPublisher body, String... headers) {
    java.net.http.HttpRequest.Builder b =
        java.net.http.HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + listener.port() + path));
    if (headers.length > 0) {
      b.headers(headers);
    }
    return client.sendAsync(b.POST(body).build(), BodyHandlers.ofString());
  }

  @Test
  void decodesLargeBodiesOnPlatformThreads() throws Exception {
    assertThat(post("/kind", BodyPublishers.ofByteArray(new byte[10])).get().body())
        .startsWith("virtual ");
    assertThat(post("/kind", BodyPublishers.ofByteArray(new byte[64 << 10])).get().body())
        .startsWith("platform ");
    BodyPublisher chunked =
        BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[10]));
    assertThat(post("/kind", chunked).get().body()).as("no length").startsWith("platform ");
    byte[] bomb = Compression.GZIP.compress(new byte[10_000_000], 0, 10_000_000, 9);
    assertThat(
            post("/kind", BodyPublishers.ofByteArray(bomb), "Content-Encoding", "gzip")
                .get()
                .body())
        .as("compressed")
        .startsWith("platform ");
  }

  @Test
  void chargesMemoryToTheRequest() throws Exception {
    String answer = post("/kind", BodyPublishers.ofByteArray(new byte[64 << 10])).get().body();
    assertThat(Long.parseLong(answer.split(" ", 2)[1])).isGreaterThanOrEqualTo(1000);
    Waiting.await(() -> ByteBudget.process().inUse() == 0);
  }

  @Test
  void runsMoreRequestsThanThreads() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      answers.add(post("/together", BodyPublishers.ofByteArray(new byte[100_000])));
    }
    for (CompletableFuture<HttpResponse<String>> a : answers) {
      assertThat(a.get().body()).isEqualTo("true");
    }
  }
}

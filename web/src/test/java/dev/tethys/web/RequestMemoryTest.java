package dev.tethys.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.Compression;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.testkit.FullBudget;
import dev.tethys.testkit.Waiting;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests together take no more memory than there is for them. */
@Timeout(60)
class RequestMemoryTest {
  private static final ByteBudget BUDGET = ByteBudget.process();

  private final CountDownLatch reserved = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private HttpListener listener;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeEach
  void start() throws IOException {
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post("/plain", (q, r) -> r.send("" + q.bodyBytes(1 << 30).length))
                .post("/busy", (q, r) -> r.errorStatus(503).send("busy"))
                .post(
                    "/later", (q, r) -> r.header("Retry-After", "7").errorStatus(429).send("later"))
                .post("/invalid", (q, r) -> r.errorStatus(400).send("invalid"))
                .post("/not-ready", (q, r) -> r.status(503).send("not ready"))
                .post("/echo", (q, r) -> r.send(q.bodyBytes(2 << 20)))
                .post(
                    "/gzip",
                    (q, r) -> {
                      byte[] b = q.bodyBytes(1 << 20);
                      b = Compression.GZIP.decompress(b, 0, b.length, 1 << 30, q::reserve);
                      r.send("" + b.length);
                    })
                .post(
                    "/hold",
                    (q, r) -> {
                      try (FullBudget _ = new FullBudget(1000)) {
                        reserved.countDown();
                        go.await(20, TimeUnit.SECONDS);
                      }
                      r.send("held");
                    })
                .post("/read", (q, r) -> RequestMemory.charge(BUDGET.total() + 1))
                .post("/all", (q, r) -> q.reserve(BUDGET.total() + 1)),
            null);
  }

  @AfterEach
  void stop() {
    go.countDown();
    client.close();
    listener.close();
  }

  private java.net.http.HttpRequest post(String path, byte[] body) {
    return java.net.http.HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + listener.port() + path))
        .POST(BodyPublishers.ofByteArray(body))
        .build();
  }

  private HttpResponse<String> answer(String path, byte[] body) throws Exception {
    return client.send(post(path, body), BodyHandlers.ofString());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65535, 65536, 65537, 262143, 262144, 262145, 1_000_003, 2 << 20})
  void bodiesOfAnyLengthAreReadWhole(int length) throws Exception {
    byte[] body = new byte[length];
    new Random(length).nextBytes(body);
    for (boolean declared : new boolean[] {true, false}) {
      BodyPublisher publisher =
          declared
              ? BodyPublishers.ofByteArray(body)
              : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
      HttpResponse<byte[]> answer =
          client.send(
              java.net.http.HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + listener.port() + "/echo"))
                  .POST(publisher)
                  .build(),
              BodyHandlers.ofByteArray());
      assertThat(answer.body()).isEqualTo(body);
    }
  }

  @Test
  void rejectsWith503WhenMemoryIsUsedUp() throws Exception {
    CompletableFuture<HttpResponse<String>> held =
        client.sendAsync(post("/hold", new byte[1]), BodyHandlers.ofString());
    reserved.await();
    assertThat(answer("/plain", new byte[10_000]).statusCode()).as("a small one").isEqualTo(200);
    HttpResponse<String> refused = answer("/plain", new byte[200_000]);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).contains("1");
    byte[] small = Compression.GZIP.compress(new byte[30_000_000], 0, 30_000_000, 9);
    assertThat(answer("/gzip", small).statusCode()).as("a bomb").isEqualTo(503);
    go.countDown();
    assertThat(held.get().body()).isEqualTo("held");
    assertThat(answer("/gzip", small).body()).isEqualTo("30000000");
    assertThat(answer("/plain", new byte[200_000]).body()).isEqualTo("200000");
    while (BUDGET.inUse() > 0) { // given back after the answer was sent
      Waiting.pause();
    }
  }

  @ParameterizedTest
  @CsvSource({"/busy, 503, 1", "/later, 429, 7", "/invalid, 400,", "/not-ready, 503,"})
  void errorsOfOverloadSayWhenToRetry(String path, int status, @Nullable String after)
      throws Exception {
    HttpResponse<String> r = answer(path, new byte[1]);
    assertThat(r.statusCode()).isEqualTo(status);
    assertThat(r.headers().firstValue("Retry-After")).isEqualTo(Optional.ofNullable(after));
  }

  @Test
  void returns413ForBodiesThatNeverFit() throws Exception {
    assertThat(answer("/all", new byte[1]).statusCode()).isEqualTo(413);
    assertThat(answer("/read", new byte[1]).statusCode()).as("what is read").isEqualTo(413);
    while (BUDGET.inUse() > 0) {
      Waiting.pause();
    }
  }

  @Test
  void readsBodiesOfEveryLength() throws Exception {
    for (int n : new int[] {0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 1_000_000}) {
      assertThat(answer("/plain", new byte[n]).body()).isEqualTo("" + n);
    }
  }
}

package dev.tethys.web.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Secret;
import dev.tethys.testkit.S3Double;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.AwsCredentials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("slow")
@Timeout(60)
class S3ClientTest {
  private static final S3Retry RETRY = new S3Retry(3, Duration.ofMillis(1), Duration.ofMillis(10));

  private final S3Double server;
  private final HttpClientFactory http = new HttpClientFactory("tethys/test");

  S3ClientTest() throws IOException {
    server = new S3Double("data", "other");
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  private S3Client client(String bucket, String region, String secret) {
    return new S3Client(
        new S3Location(
            bucket,
            server.url(),
            true,
            S3Location.MIN_PART,
            Map.of("x-amz-storage-class", "STANDARD_IA"),
            true,
            new AwsCredentials.Settings(
                region, S3Double.ACCESS_KEY, new Secret(secret), "", "", "", false),
            HttpClientConfig.DEFAULT),
        http,
        Duration.ofSeconds(10),
        InstantSource.system(),
        RETRY);
  }

  private S3Client client() {
    return client("data", S3Double.REGION, S3Double.SECRET_KEY);
  }

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  /** Keys have any characters; each is signed and named as S3 does it. */
  @Test
  void storesReadsListsAndDeletesObjectsOfAnyKey() throws Exception {
    S3Client c = client();
    List<String> keys =
        List.of("a b/ä+1%2F=&?#~*'();:@$,", "year=2026/month=01/x.json", "/leading//slashes");
    for (String k : keys) {
      c.put(k, Map.of("content-type", "text/plain"), bytes(k));
    }
    c.in("other").put("elsewhere", Map.of(), bytes("x"));
    assertThat(server.objects("data").keySet()).containsExactlyInAnyOrderElementsOf(keys);
    assertThat(server.objects("other")).containsOnlyKeys("elsewhere");
    for (String k : keys) {
      assertThat(c.get(k, 100)).isEqualTo(bytes(k));
      assertThat(server.stored("data", k).headers())
          .containsEntry("x-amz-storage-class", "STANDARD_IA")
          .containsEntry("content-type", "text/plain");
    }
    assertThat(c.list("", "", "").objects()).extracting(S3Client.Listed::key).containsAll(keys);
    c.delete(keys.getFirst());
    c.delete(keys.getFirst());
    assertThat(server.objects("data")).hasSize(2);
    c.checkBucket();
  }

  @Test
  void listingsHavePages() throws Exception {
    S3Client c = client();
    for (int i = 0; i < 25; i++) {
      server.store("data", String.format("p/%02d +", i), new byte[i]);
    }
    server.store("data", "q", new byte[0]);
    server.pageSize(10);
    List<String> keys = new ArrayList<>();
    String token = "";
    int pages = 0;
    do {
      S3Client.Page p = c.list("p/", "p/04 +", token);
      p.objects().forEach(o -> keys.add(o.key() + o.size()));
      token = p.next();
      pages++;
    } while (!token.isEmpty());
    assertThat(pages).isEqualTo(2);
    assertThat(keys).hasSize(20).startsWith("p/05 +5").endsWith("p/24 +24");
  }

  @Test
  void readsPartsOfObjects() throws Exception {
    S3Client c = client();
    server.store("data", "k", bytes("0123456789"));
    assertThat(c.getRange("k", 2, 3)).isEqualTo(bytes("234"));
    assertThat(c.getRange("k", 8, 10)).isEqualTo(bytes("89"));
    assertThat(c.getRange("k", 10, 5)).isEmpty();
    assertThatThrownBy(() -> c.get("k", 9)).hasMessageContaining("more than 9 bytes");
  }

  /** The content is read part by part. */
  @Test
  void sendsLargeObjectsInParts() throws Exception {
    byte[] all = new byte[12 << 20];
    new Random(1).nextBytes(all);
    AtomicInteger most = new AtomicInteger();
    S3Content content =
        new S3Content() {
          @Override
          public long size() {
            return all.length;
          }

          @Override
          public byte[] read(long from, int length) throws IOException {
            most.accumulateAndGet(length, Math::max);
            return S3Content.of(all).read(from, length);
          }
        };
    AtomicInteger failures = new AtomicInteger();
    server.failing(
        r ->
            r.contains("partNumber=2") && failures.getAndIncrement() == 0
                ? new S3Double.Failure(503, "SlowDown")
                : null);
    client().put("large", Map.of(), content, () -> {});
    assertThat(server.stored("data", "large").content()).isEqualTo(all);
    assertThat(most).hasValue(S3Location.MIN_PART);
    assertThat(server.openUploads()).isZero();
    server.failing(
        r -> r.contains("partNumber=2") ? new S3Double.Failure(403, "QuotaExceeded") : null);
    assertThatThrownBy(() -> client().put("other", Map.of(), all))
        .hasMessageContaining("QuotaExceeded");
    assertThat(server.openUploads()).isZero();
    assertThat(server.objects("data")).containsOnlyKeys("large");
  }

  @Test
  void retriesTemporaryFailuresAndExplainsOthers() throws Exception {
    AtomicInteger n = new AtomicInteger();
    server.failing(r -> n.getAndIncrement() < 2 ? new S3Double.Failure(503, "SlowDown") : null);
    client().put("k", Map.of(), bytes("x"));
    assertThat(n).hasValue(3);
    server.failing(r -> new S3Double.Failure(503, "SlowDown"));
    assertThatThrownBy(() -> client().get("k", 10))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> {
              assertThat(e.isOverload()).isTrue();
              assertThat(e.inDoubt()).isTrue();
            })
        .hasMessageContaining("s3: data/k: HTTP status 503: SlowDown: As the test says. (request");
    server.failing(r -> null);
    assertThatThrownBy(() -> client().get("none", 10))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.isAbsent()).isTrue())
        .hasMessageContaining("NoSuchKey");
    assertThatThrownBy(() -> client("none", S3Double.REGION, S3Double.SECRET_KEY).get("k", 10))
        .hasMessageContaining("NoSuchBucket")
        .hasMessageContaining("create the bucket");
    assertThatThrownBy(() -> client("data", S3Double.REGION, "wrong").get("k", 10))
        .hasMessageContaining("SignatureDoesNotMatch");
    assertThatThrownBy(() -> client("data", "us-east-1", S3Double.SECRET_KEY).get("k", 10))
        .hasMessageContaining("AuthorizationHeaderMalformed")
        .hasMessageContaining("set region");
  }

  @Test
  void bucketIsInTheUrlPath() {
    for (String at : List.of("http://127.0.0.1:9000", "https://[::1]:9000", "http://localhost")) {
      assertThat(location(at).url("a", "", "eu-west-1")).hasToString(at + "/bucket/a");
    }
    assertThat(location("http://minio:9000").url("a", "", "eu-west-1"))
        .hasToString("http://bucket.minio:9000/a");
    assertThat(location("").url("a", "", "eu-west-1"))
        .hasToString("https://bucket.s3.eu-west-1.amazonaws.com/a");
  }

  private static S3Location location(String endpoint) {
    return new S3Location(
        "bucket",
        endpoint,
        false,
        S3Location.MIN_PART,
        Map.of(),
        true,
        new AwsCredentials.Settings("eu-west-1", "", Secret.NONE, "", "", "", false),
        HttpClientConfig.DEFAULT);
  }
}

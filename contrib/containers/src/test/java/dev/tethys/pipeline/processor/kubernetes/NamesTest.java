package dev.tethys.pipeline.processor.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.IpText;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parsing of image names, owner names and addresses; cases from the Collector. */
class NamesTest {
  private static ImageName parsed(String image) {
    return Objects.requireNonNull(ImageName.parse(image), image);
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          alpine, alpine, latest, latest, ''
          alpine:v1.0.0, alpine, v1.0.0, v1.0.0, v1.0.0
          alpine/alpine, alpine/alpine, latest, latest, ''
          alpine/alpine:2.0.0, alpine/alpine, 2.0.0, 2.0.0, 2.0.0
          example.com/alpine/alpine:1, example.com/alpine/alpine, 1, 1, 1
          example.com:3000/alpine/alpine, example.com:3000/alpine/alpine, latest, latest, ''
          example.com:3000/alpine/alpine:test, example.com:3000/alpine/alpine, test, test, test
          localhost:5000/a__b/c-d:t_1, localhost:5000/a__b/c-d, t_1, t_1, t_1
          """)
  void splitsImagesIntoRepositoriesAndTags(
      String image, String repository, String tag, String pulled, String version) {
    ImageName n = parsed(image);
    assertThat(n.repository()).isEqualTo(repository);
    assertThat(n.pulledTag()).isEqualTo(pulled);
    assertThat(n.version()).isEqualTo(version);
    assertThat(tag).isEqualTo(pulled);
  }

  @Test
  void treatsDigestsAsVersions() {
    String digest = "sha256:4b0b1b6f6cdd3e5b9e55f74a1e8d19ed93a3f5a04c6b6c3c57c4e6d19f6b7c4d";
    assertThat(ImageName.parse("example-website.com/image3:1.0@" + digest))
        .isEqualTo(new ImageName("example-website.com/image3", "1.0", digest));
    assertThat(parsed("example-website.com/image3:1.0@" + digest).version())
        .isEqualTo("1.0@" + digest);
    ImageName bare = parsed("example.com:81/image2@" + digest);
    assertThat(bare.version()).isEqualTo(digest);
    assertThat(bare.pulledTag()).isEqualTo("latest");
  }

  @ParameterizedTest
  @CsvSource({"''", "aaa:", "Upper/case/", "a//b", "'a b'", "docker-pullable://nginx@sha256:ab"})
  void rejectsInvalidImageNames(String image) {
    assertThat(ImageName.parse(image)).isNull();
  }

  @Test
  void normalizesImageIdsOfRuntimes() {
    String d = "sha256:55d008bc28344c3178645d40e7d07df30f9d90abe4b53c3fc4e5e9c0295533da";
    assertThat(ImageName.canonical("docker.io/otel/collector@" + d))
        .isEqualTo("docker.io/otel/collector@" + d);
    assertThat(ImageName.canonical("docker.io/otel/collector:2.0.0@" + d))
        .isEqualTo("docker.io/otel/collector:2.0.0@" + d);
    assertThat(ImageName.canonical("ghcr.io/initimage1@" + d)).isEqualTo("ghcr.io/initimage1@" + d);
    assertThat(ImageName.canonical("nginx@" + d)).isEqualTo("docker.io/library/nginx@" + d);
    assertThat(ImageName.canonical("grafana/loki@" + d)).isEqualTo("docker.io/grafana/loki@" + d);
    assertThat(ImageName.canonical(d)).isNull();
    assertThat(ImageName.canonical(d.substring(7))).isNull();
    assertThat(ImageName.canonical("nginx:1.27")).isNull();
  }

  @Test
  void derivesOwnersFromNames() {
    assertThat(PodReader.deployment("auth-service-66f5996c7c", "66f5996c7c"))
        .isEqualTo("auth-service");
    assertThat(PodReader.deployment("auth-service-66f5996c7c", "")).isEmpty();
    assertThat(PodReader.deployment("auth-service", "66f5996c7c")).isEmpty();
    long created = Instant.parse("2022-10-31T05:20:04Z").toEpochMilli();
    assertThat(PodReader.cronJob("hello-cronjob-27786560", created)).isEqualTo("hello-cronjob");
    assertThat(PodReader.cronJob("hello-cronjob-20260407", created)).as("a date").isEmpty();
    assertThat(PodReader.cronJob("hello-job-2778656", created)).isEmpty();
    assertThat(PodReader.cronJob("27786560", created)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.7, 10.0.0.7",
    "fd00:0:0:0:0:0:0:1, fd00::1",
    "fd00:10:244:0:0:0:0:0, fd00:10:244::",
    "0:0:0:0:0:0:0:1, ::1",
    "0:0:0:0:0:0:0:0, ::",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
    "::ffff:10.0.0.7, 10.0.0.7"
  })
  void formatsAddressesLikeKubernetes(String address, String text) {
    assertThat(IpText.of(InetAddress.ofLiteral(address))).isEqualTo(text);
    assertThat(IpText.isAddress(address)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"web-1", "1.2.3", "1.2.3.4.5", "999.1.1.1", "''", "a:b"})
  void rejectsHostNamesAsAddresses(String text) {
    assertThat(IpText.isAddress(text)).isFalse();
  }

  @Test
  void limitsTheRateOfCalls() {
    LookupRateLimiter p =
        new LookupRateLimiter(
            (_, _) -> {
              throw new IOException("not asked");
            },
            _ -> {},
            5,
            2);
    long now = System.nanoTime();
    assertThat(p.book(now)).isZero();
    assertThat(p.book(now)).isZero();
    assertThat(p.book(now)).isEqualTo(200);
    assertThat(p.book(now)).isEqualTo(400);
    assertThat(p.book(now + 10_000_000_000L)).isZero();
  }
}

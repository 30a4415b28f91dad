package dev.tethys.web.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.AwsIdentity;
import dev.tethys.web.cloud.AwsSigner;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The examples of "Authenticating Requests: Using the Authorization Header (AWS Signature Version
 * 4)" in Amazon's S3 API reference.
 */
class S3SignatureTest {
  private static final AwsIdentity KEYS =
      new AwsIdentity(
          "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", Instant.MAX);

  private static String signature(
      String method, String path, Map<String, String> headers, byte @Nullable [] body) {
    ClientRequest call =
        new ClientRequest(
            method,
            URI.create("https://examplebucket.s3.amazonaws.com" + path),
            headers,
            body,
            Duration.ofSeconds(1),
            null);
    String a =
        AwsSigner.sign(call, KEYS, "us-east-1", "s3", Instant.parse("2013-05-24T00:00:00Z"))
            .headers()
            .getOrDefault("Authorization", "");
    assertThat(a)
        .startsWith(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request");
    return a.substring(a.indexOf("SignedHeaders="));
  }

  @Test
  void getObject() {
    assertThat(signature("GET", "/test.txt", Map.of("Range", "bytes=0-9"), null))
        .isEqualTo(
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature="
                + "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  }

  /** Characters of the key are encoded once, whether the URL has them so or not. */
  @Test
  void putObject() {
    for (String path : new String[] {"/test$file.text", "/test%24file.text"}) {
      assertThat(
              signature(
                  "PUT",
                  path,
                  Map.of(
                      "Date",
                      "Fri, 24 May 2013 00:00:00 GMT",
                      "x-amz-storage-class",
                      "REDUCED_REDUNDANCY"),
                  "Welcome to Amazon S3.".getBytes(StandardCharsets.UTF_8)))
          .isEqualTo(
              "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
                  + " Signature="
                  + "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    }
  }

  @Test
  void getBucketLifecycle() {
    assertThat(signature("GET", "/?lifecycle", Map.of(), null))
        .endsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  }

  @Test
  void listObjects() {
    assertThat(signature("GET", "/?max-keys=2&prefix=J", Map.of(), null))
        .endsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  }
}

package dev.tethys.collect.cloud.reader;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class CloudTextTest {
  @Test
  void masksCredentials() {
    for (String secret :
        new String[] {
          "AKIAIOSFODNN7EXAMPLE",
          "x-amz-security-token:FwoGZXIvYXdz",
          "\"access_token\": \"ya29.abc\"",
          "Authorization: Bearer eyJhbGciOi.abc",
          "Signature=0123abcdef",
          "client_secret=s3cret&x=1",
          "SecretAccessKey: wJalrXUtnFEMI"
        }) {
      assertThat(CloudText.shown("failed with " + secret + " at the end"))
          .startsWith("failed with ")
          .endsWith(" at the end")
          .doesNotContain("IOSFODNN7", "FwoGZX", "ya29", "eyJ", "0123abcdef", "s3cret", "wJalr");
    }
  }

  @Test
  void boundsLongTextAndRemovesControlCharacters() {
    assertThat(CloudText.shown("a\r\n\u0007b")).isEqualTo("a b");
    assertThat(CloudText.shown("x".repeat(1 << 20))).hasSize(301);
  }

  @Test
  void matchesTagsByGlobs() {
    TagFilters f = TagFilters.of(Map.of("env", "prod-[0-9]*", "team", "*"));

    assertThat(f.matches(Map.of("env", "prod-12"))).isTrue();
    assertThat(f.matches(Map.of("env", "prod-x"))).isFalse();
    assertThat(f.matches(Map.of())).isFalse();
    assertThat(TagFilters.ALL.matches(Map.of())).isTrue();
  }
}

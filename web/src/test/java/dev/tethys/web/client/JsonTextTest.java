package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonTextTest {
  @Test
  void readsJsonOrReportsTheErrorsPosition() throws IOException {
    URI from = URI.create("http://host/path");
    assertThat(JsonText.answered(from, bytes("{\"a\": 1}")).path("a").intValue()).isEqualTo(1);
    assertThatThrownBy(() -> JsonText.answered(from, bytes("<html>\n</html>")))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "http://host/path sent a response that is not JSON: '<' found where a value is expected"
                + " (line 1, column 1)");
  }

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }
}

package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswerTest {
  private static ClientResponse answer(InputStream body) {
    return new ClientResponse(500, Map.of(), body);
  }

  private static ClientResponse answer(String body) {
    return answer(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void errorTextIsTheStartOfTheBody() {
    assertThat(answer(" out of order\n").errorText(100)).isEqualTo("out of order");
    assertThat(answer("out of order").errorText(3)).isEqualTo("out");
    assertThat(answer("").errorText(3)).isEmpty();
  }

  @Test
  void errorLineIsTheFirstLineOnly() {
    assertThat(answer("out of order \r\nsecond line").errorLine(100)).isEqualTo("out of order");
    assertThat(answer("\nsecond line").errorLine(100)).isEmpty();
    assertThat(answer("").errorLine(100)).isEmpty();
  }

  @Test
  void unreadableBodyHasNoErrorText() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("reset");
          }
        };
    assertThat(answer(broken).errorText(100)).isEmpty();
    assertThat(answer(broken).errorLine(100)).isEmpty();
  }
}

package dev.tethys.collect.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class BodyReaderTest {
  private final BodyReader reader = new BodyReader();

  private BodyReader.Body read(String text) throws Exception {
    return reader.read(new Answer(new ByteArrayInputStream(text.getBytes(UTF_8))), 1 << 20);
  }

  private record Answer(InputStream body) implements ScrapeTransport.Response {
    @Override
    public int status() {
      return 200;
    }

    @Override
    public String reason() {
      return "OK";
    }

    @Override
    public String header(String name) {
      return "";
    }

    @Override
    public void close() {}
  }

  @Test
  void reusesArraysForTheLastRead() throws Exception {
    byte[] first;
    try (BodyReader.Body b = read("up 1\n".repeat(40_000))) {
      first = b.bytes();
      assertThat(b.length()).isEqualTo(200_000);
    }
    try (BodyReader.Body b = read("up 0\n")) {
      assertThat(b.bytes()).isSameAs(first);
      assertThat(new String(b.bytes(), 0, b.length(), UTF_8)).isEqualTo("up 0\n");
    }
  }

  /** Many targets at once at a start, one after another forever: few arrays stay. */
  @Test
  void releasesUnusedArrays() throws Exception {
    Deque<BodyReader.Body> open = new ArrayDeque<>();
    for (int i = 0; i < 2 * BodyReader.MAX_POOLED; i++) {
      open.add(read("up 1\n"));
    }
    open.forEach(BodyReader.Body::close);
    assertThat(reader.pooled()).isEqualTo(BodyReader.MAX_POOLED);
    for (int i = 0; i < 2_000; i++) {
      BodyReader.Body one = read("up 1\n");
      read("up 2\n").close();
      one.close();
    }
    assertThat(reader.pooled()).isEqualTo(2);
  }
}

package dev.tethys.codec.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class TextBufferTest {
  private static final String SIGNS = "ab\"\\\n\r\t\b\f\u0000\u001f\u007féß€😀/";

  /** Jackson reads what was written; pieces of it, too, as parts of a larger buffer. */
  @Test
  void jsonTextsRoundTrip() {
    JsonFactory json = new JsonFactory();
    Random random = new Random(3);
    int[] signs = SIGNS.codePoints().toArray();
    for (int n = 0; n < 500; n++) {
      StringBuilder sb = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        sb.appendCodePoint(signs[random.nextInt(signs.length)]);
      }
      String text = sb.toString();
      byte[] around = ("<" + text + ">").getBytes(StandardCharsets.UTF_8);
      byte[] made = new TextBuffer().json(text).json(around, 1, around.length - 2).take();
      String both = new String(made, StandardCharsets.UTF_8);
      assertThat(both.substring(0, both.length() / 2)).isEqualTo(both.substring(both.length() / 2));
      try (JsonParser p =
          json.createParser(ObjectReadContext.empty(), both.substring(0, both.length() / 2))) {
        p.nextToken();
        assertThat(p.getString()).isEqualTo(text);
      }
    }
  }

  /** Text beyond ASCII and half of a surrogate pair, at any place of a text. */
  @Test
  void writesTextsAsUtf8() {
    for (String piece : new String[] {"a", "é", "€", "😀", "\ud83d", "\ude00", "\u0000"}) {
      for (int before = 0; before < 40; before++) {
        String text = "x".repeat(before) + piece + "y".repeat(40 - before);
        String valid = text.replace(piece, lone(piece) ? "\ufffd" : piece);
        TextBuffer b = new TextBuffer().put("é").put(text);
        assertThat(new String(b.take(), StandardCharsets.UTF_8)).isEqualTo("é" + valid);
      }
    }
  }

  private static boolean lone(String s) {
    return s.length() == 1 && Character.isSurrogate(s.charAt(0));
  }

  @Test
  void reservedSpaceHoldsLaterData() {
    TextBuffer b = new TextBuffer();
    b.put("x".repeat(100)).reserve(5000);
    byte[] array = b.array();
    assertThat(b.capacity()).isGreaterThanOrEqualTo(5100);
    b.put("y".repeat(5000));
    assertThat(b.array()).isSameAs(array);
    assertThat(new String(array, 0, b.size(), StandardCharsets.US_ASCII))
        .isEqualTo("x".repeat(100) + "y".repeat(5000));
  }

  @Test
  void hexadecimalDigitsMatchOtlpIds() {
    TextBuffer b = new TextBuffer();
    b.hex(0x0123456789abcdefL).hex(-1).hex(0);
    assertThat(new String(b.copy(0, 32), StandardCharsets.US_ASCII))
        .isEqualTo("0123456789abcdef" + "f".repeat(16));
    assertThat(b.copy(32, b.size())).containsOnly('0').hasSize(16);
  }

  @Test
  void repeatsPartOfItself() {
    TextBuffer b = new TextBuffer();
    b.put("x").put("a".repeat(1000));
    b.put('|').repeat(1, 1000);
    assertThat(new String(b.toByteArray(), StandardCharsets.UTF_8))
        .isEqualTo("x" + "a".repeat(1000) + "|" + "a".repeat(1000));
  }
}

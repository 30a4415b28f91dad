package dev.tethys.model.regex;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteSearchTest {
  @Test
  void findsTheSameAsStrings() {
    Random r = new Random(3);
    for (int n = 0; n < 20_000; n++) {
      String text = random(r, r.nextInt(60));
      String sought = random(r, 1 + r.nextInt(r.nextBoolean() ? 3 : 12));
      int from = r.nextInt(text.length() + 1);
      int to = from + r.nextInt(text.length() - from + 1);
      int expected = text.substring(0, to).indexOf(sought, from);
      byte[] b = text.getBytes(StandardCharsets.ISO_8859_1);
      ByteSearch s = new ByteSearch(sought.getBytes(StandardCharsets.ISO_8859_1));
      assertThat(s.indexOf(b, from, to)).as("%s in %s", sought, text).isEqualTo(expected);
    }
  }

  private static String random(Random r, int length) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < length; i++) {
      sb.append("ab\u0000\u0001\u0080\u00FF".charAt(r.nextInt(6)));
    }
    return sb.toString();
  }
}

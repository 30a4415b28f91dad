package dev.tethys.store.logs.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PieceTest {
  @Test
  void findsPiecesWhereTheyBegin() {
    Random random = new Random(3);
    String letters = "xyXYxy@`_ \u0080\u00ff\u0001";
    int found = 0;
    for (int i = 0; i < 200_000; i++) {
      StringBuilder b = new StringBuilder();
      for (int n = random.nextInt(40); n > 0; n--) {
        b.append(letters.charAt(random.nextInt(letters.length())));
      }
      String text = b.toString();
      boolean ignoreCase = random.nextBoolean();
      StringBuilder wanted = new StringBuilder();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        wanted.append("xyXY_".charAt(random.nextInt(5)));
      }
      Piece piece =
          Objects.requireNonNull(
              Piece.longest(wanted.toString().getBytes(StandardCharsets.ISO_8859_1), ignoreCase));
      int from = random.nextInt(text.length() + 1);
      int to = from + random.nextInt(text.length() - from + 1);
      String in = text.substring(from, to);
      int want =
          ignoreCase
              ? in.toLowerCase(Locale.ROOT).indexOf(wanted.toString().toLowerCase(Locale.ROOT))
              : in.indexOf(wanted.toString());
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
      assertThat(piece.find(bytes, from, to))
          .as(() -> wanted + " in " + in)
          .isEqualTo(want < 0 ? -1 : from + want);
      found += want < 0 ? 0 : 1;
    }
    assertThat(found).isGreaterThan(20_000);
  }
}

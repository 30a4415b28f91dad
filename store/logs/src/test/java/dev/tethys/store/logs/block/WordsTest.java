package dev.tethys.store.logs.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.store.files.ByteSink;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class WordsTest {
  private static byte[] bytes(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(b, b.length + ByteSink.SLACK);
  }

  private static String text(Words words, int id) {
    ByteSink out = new ByteSink();
    words.append(id, out);
    return new String(out.buf, 0, out.size, StandardCharsets.UTF_8);
  }

  private static String word(long n, int length) {
    StringBuilder out = new StringBuilder();
    for (long v = n; out.length() < length; v /= 26) {
      out.append((char) ('a' + v % 26));
    }
    return out.toString();
  }

  @Test
  void assignsOneIdToEqualStrings() {
    Words words = new Words();
    Map<String, Integer> ids = new HashMap<>();
    for (int round = 0; round < 2; round++) {
      for (int length = 1; length <= 40; length++) {
        for (int n = 0; n < 50; n++) {
          String s = word(n * 7919L, length);
          int id = add(words, bytes(s), 0, length);
          assertThat(ids.computeIfAbsent(s, k -> id)).isEqualTo(id);
          assertThat(text(words, id)).isEqualTo(s);
        }
      }
    }
    assertThat(words.count()).isEqualTo(ids.size());
  }

  @Test
  void distinguishesStringsWithEqualPrefixAndSuffix() {
    Words words = new Words();
    byte[] one = bytes("beginning_x_ending___");
    byte[] other = bytes("beginning_y_ending___");
    assertThat(add(words, one, 0, 21)).isNotEqualTo(add(words, other, 0, 21));
  }

  @Test
  void assignsDelimitersTheIdsOfEqualStrings() {
    Words words = new Words();
    byte[] b = bytes(" = \0=\0\0 \" ");
    for (int from = 0; from < 10; from++) {
      for (int to = from + 1; to <= 10; to++) {
        int id = addDelimiters(words, b, from, to);
        assertThat(addDelimiters(words, b, from, to)).isEqualTo(id);
        assertThat(add(words, b, from, to)).isEqualTo(id);
        assertThat(text(words, id))
            .isEqualTo(new String(b, from, to - from, StandardCharsets.UTF_8));
      }
    }
    words.clear();
    assertThat(addDelimiters(words, b, 1, 2)).isZero();
  }

  @Test
  void rejectsRepeatedStringWhenFull() {
    Words words = new Words();
    long n = 0;
    int length = Words.MAX_LENGTH;
    while (add(words, bytes(word(n, length)), 0, length) >= 0) {
      n++;
    }
    byte[] refused = bytes(word(n, length));
    assertThat(add(words, refused, 0, length)).isEqualTo(-1);
    assertThat(addDelimiters(words, bytes("=="), 0, 2)).isEqualTo(-1);
    assertThat(addDelimiters(words, bytes("="), 0, 1)).isEqualTo(-1);
    assertThat(addDelimiters(words, bytes("="), 0, 1)).isEqualTo(-1);
    assertThat(add(words, bytes(word(0, length)), 0, length)).isZero();
  }

  private static int add(Words words, byte[] b, int start, int end) {
    int known = words.frequent(b, start, end);
    return known >= 0 ? known : addNew(words, b, start, end, true);
  }

  private static int addDelimiters(Words words, byte[] b, int start, int end) {
    int known = words.frequentDelimiters(b, start, end);
    return known >= 0 ? known : addNew(words, b, start, end, false);
  }

  private static int addNew(Words words, byte[] b, int start, int end, boolean word) {
    words.prefetch(b, new int[] {start}, new int[] {end}, 1);
    return words.addPrefetched(b, start, end, 0, word);
  }
}

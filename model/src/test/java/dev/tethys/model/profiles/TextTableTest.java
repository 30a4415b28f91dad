package dev.tethys.model.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextTableTest {
  private static byte[] bytes(Random random, int alphabet) {
    byte[] b = new byte[random.nextInt(20)];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) (random.nextInt(alphabet) * 61);
    }
    return b;
  }

  @Test
  void eachTextOccursOnceAndMalformedBytesAreReplaced() {
    TextTable table = new TextTable();
    Map<String, Integer> indexes = new LinkedHashMap<>();
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      byte[] b = bytes(random, 2 + i % 9);
      String text = new String(b, StandardCharsets.UTF_8);
      byte[] within = new byte[b.length + 3];
      System.arraycopy(b, 0, within, 2, b.length);
      int expected = indexes.computeIfAbsent(text, _ -> indexes.size());
      assertThat(table.intern(within, 2, b.length)).isEqualTo(expected);
      assertThat(table.intern(text)).isEqualTo(expected);
    }
    Texts all = table.view();
    assertThat(all.count()).isEqualTo(indexes.size()).isGreaterThan(1000);
    indexes.forEach(
        (text, index) -> {
          assertThat(all.get(index)).isEqualTo(text);
          assertThat(all.length(index)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
        });
  }

  @Test
  void viewIsImmutable() {
    TextTable table = new TextTable();
    table.intern("");
    table.intern("first");
    Texts before = table.view();
    List<String> later = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      later.add("ü" + i);
      table.intern(later.get(i));
    }
    assertThat(before.count()).isEqualTo(2);
    assertThat(before.get(0)).isEmpty();
    assertThat(before.get(1)).isEqualTo("first");
    assertThat(table.view().get(501)).isEqualTo(later.getLast());
  }

  @Test
  void findsAppendedTextsWhenInterned() {
    TextTable table = new TextTable();
    table.intern("a");
    table.reserve(1000, 4000);
    for (int i = 0; i < 1000; i++) {
      byte[] utf8 = ("ä" + i).getBytes(StandardCharsets.UTF_8);
      assertThat(table.append(utf8, 0, utf8.length)).isEqualTo(i + 1);
      if (i % 400 == 0) {
        assertThat(table.intern("ä" + i / 2)).isEqualTo(i / 2 + 1);
      }
    }
    byte[] malformed = {(byte) 0xff, 'b'};
    assertThat(table.append(malformed, 0, 2)).isEqualTo(1001);
    assertThat(table.append(malformed, 1, 1)).as("not looked up").isEqualTo(1002);
    assertThat(table.append(malformed, 1, 1)).as("not looked up").isEqualTo(1003);
    for (int i = 0; i < 1000; i++) {
      assertThat(table.intern("ä" + i)).isEqualTo(i + 1);
    }
    assertThat(table.intern("\ufffdb")).isEqualTo(1001);
    assertThat(table.intern("a")).isZero();
    assertThat(table.intern("new")).isEqualTo(1004);
  }
}

package dev.tethys.store.logs.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.store.files.ByteSink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TextSortTest {
  private final TextSort sort = new TextSort();

  private List<byte[]> sorted(List<byte[]> texts) {
    ByteSink all = new ByteSink(16);
    int[] starts = new int[texts.size()];
    int[] ends = new int[texts.size()];
    for (int t = 0; t < starts.length; t++) {
      starts[t] = all.size;
      all.put(texts.get(t), 0, texts.get(t).length);
      ends[t] = all.size;
    }
    int[] order = IntStream.range(0, starts.length).toArray();
    sort.sort(all, starts, ends, order, order.length);
    return Arrays.stream(order).mapToObj(texts::get).toList();
  }

  private void check(List<byte[]> texts) {
    List<byte[]> expected = new ArrayList<>(texts);
    expected.sort(Arrays::compareUnsigned);
    assertThat(sorted(texts).toArray(byte[][]::new)).isDeepEqualTo(expected.toArray(byte[][]::new));
  }

  @Test
  void sortsTextsByUnsignedBytes() {
    Random random = new Random(7);
    for (int n : new int[] {0, 1, 2, 11, 12, 13, 100, 3000}) {
      for (int values : new int[] {2, 5, 256}) {
        List<byte[]> texts = new ArrayList<>();
        for (int t = 0; t < n; t++) {
          byte[] text = new byte[random.nextInt(24)];
          for (int i = 0; i < text.length; i++) {
            text[i] = (byte) (random.nextInt(values) - (values > 5 ? 128 : 0));
          }
          texts.add(text);
        }
        check(texts);
      }
    }
  }

  @Test
  void zerosAtTheEndCount() {
    List<byte[]> texts = new ArrayList<>();
    for (int n = 40; n >= 0; n--) {
      texts.add(new byte[n]);
      texts.add(("12345678".repeat(3) + "\0".repeat(n)).getBytes(StandardCharsets.ISO_8859_1));
    }
    check(texts);
  }

  @Test
  void comparesLongCommonPrefixesOnce() {
    List<byte[]> texts = new ArrayList<>();
    String common = "level=info msg=\"request finished\" ".repeat(100);
    for (int n = 0; n < 2000; n++) {
      texts.add((common + n * 7919 % 2000).getBytes(StandardCharsets.UTF_8));
    }
    check(texts);
  }
}

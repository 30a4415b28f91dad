package dev.tethys.model.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TupleTableTest {
  private static List<Long> row(Tuples t, int row) {
    List<Long> out = new ArrayList<>();
    for (int c = 0; c < t.length(row); c++) {
      out.add(t.get(row, c));
    }
    return out;
  }

  @Test
  void rowsOfAnyLengthHaveOneIndex() {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      TupleTable table = new TupleTable();
      Map<List<Long>, Integer> known = new HashMap<>();
      for (int i = 0; i < 5000; i++) {
        boolean isPair = i < 1000 || random.nextBoolean(); // the first rows have one length
        int length = isPair ? 2 : random.nextInt(4);
        long[] row = new long[4];
        List<Long> key = new ArrayList<>();
        for (int c = 0; c < length; c++) {
          row[c] = random.nextInt(60) * (random.nextBoolean() ? 1L : 1L << 56);
          key.add(row[c]);
        }
        int index = isPair ? table.intern(row[0], row[1]) : table.intern(row, length);
        Integer before = known.putIfAbsent(key, index);
        assertThat(index).isEqualTo(before == null ? known.size() - 1 : before);
        assertThat(row(table.view(), index)).isEqualTo(key);
      }
      assertThat(table.count()).isEqualTo(known.size());
    }
  }

  @Test
  void findsAppendedRowsWhenInterned() {
    for (int width : new int[] {2, 3}) {
      TupleTable table = new TupleTable();
      table.intern(new long[width], width);
      table.reserveRows(1000, 3000);
      for (int i = 1; i <= 1000; i++) {
        assertThat(table.append(new long[] {9, i, -i, 1}, 1, width)).isEqualTo(i);
        if (i % 400 == 0) {
          assertThat(table.intern(new long[] {i / 2, -i / 2, 1}, width)).isEqualTo(i / 2);
        }
      }
      assertThat(table.append(new long[width], 0, width)).as("not looked up").isEqualTo(1001);
      for (int i = 1; i <= 1000; i++) {
        assertThat(table.intern(new long[] {i, -i, 1}, width)).isEqualTo(i);
      }
      assertThat(row(table.view(), 7)).startsWith(7L, -7L).hasSize(width);
      assertThat(table.intern(new long[] {-1, 0, 0}, width)).isEqualTo(1002);
    }
  }

  @Test
  void sortsAndSumsSamples() {
    Samples s = new Samples();
    for (int round = 0; round < 3; round++) { // the arrays change places
      s.clear();
      for (int i = 300; i > 0; i--) {
        s.add(i / 2, 0, i);
      }
      s.normalize();
      assertThat(s.count).isEqualTo(151);
      for (int i = 1; i < 150; i++) {
        assertThat(s.stacks[i]).isEqualTo(i);
        assertThat(s.values[i]).isEqualTo(4L * i + 1);
      }
    }
  }
}

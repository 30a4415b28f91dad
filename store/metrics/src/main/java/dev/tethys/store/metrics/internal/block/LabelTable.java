package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The labels of a block that is being written. Labels get provisional numbers as they appear, and
 * final ones, ascending by name and value, when all have.
 */
final class LabelTable {
  private record Bytes(byte[] b) {
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Bytes x && Arrays.equals(b, x.b);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(b);
    }
  }

  private static final class Pair {
    final byte[] name;
    final byte[] value;
    int[] series = new int[2];
    int count;

    Pair(byte[] name, byte[] value) {
      this.name = name;
      this.value = value;
    }

    void add(int s) {
      if (count == series.length) {
        series = Arrays.copyOf(series, count * 2);
      }
      series[count++] = s;
    }
  }

  private final Map<Bytes, Integer> numbers = new HashMap<>();
  private final List<Pair> pairs = new ArrayList<>();
  private final ByteSink seriesPairs = new ByteSink(); // a series: uvarint n, n * uvarint number
  private final ByteSink line = new ByteSink();
  private int seriesCount;

  /** Adds the labels of the next series. */
  void add(Labels labels) {
    int series = seriesCount++;
    int[] count = {0};
    line.clear();
    labels.forEachBytes(
        (b, no, nl, vo, vl) -> {
          int start = no - ByteSink.uvarintSize(nl);
          Bytes key = new Bytes(Arrays.copyOfRange(b, start, vo + vl));
          Integer known = numbers.get(key);
          int pair;
          if (known == null) {
            pair = pairs.size();
            numbers.put(key, pair);
            pairs.add(
                new Pair(Arrays.copyOfRange(b, no, no + nl), Arrays.copyOfRange(b, vo, vo + vl)));
          } else {
            pair = known;
          }
          pairs.get(pair).add(series);
          line.uvarint(pair);
          count[0]++;
        });
    seriesPairs.uvarint(count[0]);
    seriesPairs.put(line.buf, 0, line.size);
  }

  int seriesCount() {
    return seriesCount;
  }

  /** Final numbers for all labels so far. */
  Ordered order() {
    return new Ordered();
  }

  /** The labels in their final order. */
  final class Ordered {
    private final List<List<Pair>> byName = new ArrayList<>();
    private final List<Pair> all = new ArrayList<>(pairs.size());
    private final int[] number = new int[pairs.size()];
    private final ByteSource lines = new ByteSource(seriesPairs.buf, 0, seriesPairs.size);

    private Ordered() {
      // ISO 8859-1 strings compare as their bytes do.
      TreeMap<String, List<Integer>> names = new TreeMap<>();
      for (int p = 0; p < pairs.size(); p++) {
        names
            .computeIfAbsent(
                new String(pairs.get(p).name, StandardCharsets.ISO_8859_1), k -> new ArrayList<>())
            .add(p);
      }
      for (List<Integer> list : names.values()) {
        list.sort((a, b) -> Arrays.compareUnsigned(pairs.get(a).value, pairs.get(b).value));
        List<Pair> ofName = new ArrayList<>(list.size());
        for (int p : list) {
          number[p] = all.size();
          all.add(pairs.get(p));
          ofName.add(pairs.get(p));
        }
        byName.add(ofName);
      }
    }

    /** Returns the number of labels. */
    int size() {
      return all.size();
    }

    /** The labels of the next series, as final numbers in their order there. */
    int[] nextSeries() {
      int[] p = new int[lines.count()];
      for (int k = 0; k < p.length; k++) {
        p[k] = number[lines.count(Integer.MAX_VALUE)];
      }
      return p;
    }

    /** Appends the series of a label: their number, then the distances between them. */
    void postings(int label, ByteSink out) {
      Pair p = all.get(label);
      out.uvarint(p.count);
      int before = -1;
      for (int i = 0; i < p.count; i++) {
        out.uvarint(p.series[i] - before - 1);
        before = p.series[i];
      }
    }

    /** Writes the values into one section, their names and restarts into another. */
    void write(ByteSink dictionary, ByteSink names) {
      List<Integer> restarts = new ArrayList<>();
      names.uvarint(byName.size());
      for (List<Pair> list : byName) {
        names.putSized(list.getFirst().name);
        names.uvarint(list.size());
        byte[] before = {};
        for (int i = 0; i < list.size(); i++) {
          byte[] v = list.get(i).value;
          int common = 0;
          if (i % BlockLayout.RESTART == 0) {
            restarts.add(dictionary.size);
          } else {
            int m = Arrays.mismatch(before, v);
            common = m < 0 ? v.length : m;
          }
          dictionary.uvarint(common);
          dictionary.uvarint(v.length - common);
          dictionary.put(v, common, v.length - common);
          before = v;
        }
      }
      names.uvarint(restarts.size());
      int last = 0;
      for (int r : restarts) {
        names.uvarint(r - last);
        last = r;
      }
    }
  }
}

package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.DatabaseStats.Count;
import dev.tethys.store.metrics.internal.index.DistinctCount;
import dev.tethys.store.metrics.internal.index.LabelColumns;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntConsumer;

/**
 * Counts series, and the series that would remain without each label, in two passes over the
 * columns of all parts. The first adds up the hashes of the labels of each series; in the second,
 * that sum less the hash of one label identifies the series without it. A series of several parts
 * has the same sum in each, so that distinct sums are distinct series.
 */
final class CardinalityScan {
  /** Maximum number of distinct values that are counted exactly: 16 MiB. */
  static final int EXACT = 1 << 20;

  /** Maximum number of distinct series of one value that are counted exactly. */
  private static final int EXACT_VALUE = 1 << 12;

  /** Of each part this many times the limit of values are counted where parts overlap. */
  private static final int CANDIDATES = 8;

  private static final Comparator<Count> FIRST =
      Comparator.comparing(Count::value).reversed().thenComparing(Count::name);

  private final List<LabelColumns> parts;
  private final CardinalityQuery query;
  private final List<long[]> sums = new ArrayList<>();
  private final List<long[]> columns = new ArrayList<>();
  private final DistinctCount counter = new DistinctCount(EXACT);
  private boolean exact = true;

  /**
   * @param maxSeries maximum number of series read, with those of several parts counted in each
   */
  CardinalityScan(List<LabelColumns> parts, CardinalityQuery query, long maxSeries) {
    this.parts = parts;
    this.query = query;
    long numbers = 0;
    for (LabelColumns p : parts) {
      numbers += p.numbers();
    }
    if (numbers > maxSeries) {
      throw new StorageException(
          StorageException.Reason.LIMIT,
          "counting "
              + numbers
              + " series in "
              + parts.size()
              + " parts of the store would take more than the "
              + maxSeries
              + " that fit an eighth of the heap: narrow the time range or name match[]");
    }
    for (LabelColumns p : parts) {
      sums.add(new long[p.numbers()]);
      columns.add(new long[p.numbers()]);
    }
  }

  /** Label value that may be among those with the most series. */
  private static final class Candidate {
    final String name;
    final String value;
    final boolean listed; // has the requested label and prefix
    long exact;
    @Nullable DistinctCount series;

    Candidate(String name, String value, boolean listed) {
      this.name = name;
      this.value = value;
      this.listed = listed;
    }

    long count() {
      DistinctCount d = series;
      return d == null ? exact : d.count();
    }
  }

  Cardinality run(double bytesPerSeries) {
    TreeSet<String> names = new TreeSet<>();
    for (LabelColumns p : parts) {
      names.addAll(p.names());
    }
    for (String name : names) {
      fill(name);
      for (int p = 0; p < parts.size(); p++) {
        long[] sum = sums.get(p);
        long[] column = columns.get(p);
        for (int i = 0; i < sum.length; i++) {
          sum[i] += column[i];
        }
      }
    }
    counter.clear();
    each((p, i) -> counter.add(sums.get(p)[i]));
    long series = taken();
    List<Cardinality.Label> labels = new ArrayList<>();
    List<Count> values = new ArrayList<>();
    List<Count> pairs = new ArrayList<>();
    long valueCount = 0;
    for (String name : names) {
      fill(name);
      Map<Long, Candidate> candidates = candidates(name);
      if (parts.size() > 1) {
        count(candidates);
      }
      for (Candidate c : candidates.values()) {
        if (c.listed) {
          values.add(new Count(c.value, c.count()));
        }
        pairs.add(new Count(c.name + "=" + c.value, c.count()));
      }
      keep(values);
      keep(pairs);
      if (name.equals(query.label())) {
        valueCount = listed(name);
      }
      if (!name.equals(Labels.METRIC_NAME)) {
        Cardinality.Label label = label(name, series, bytesPerSeries);
        // A block has names that no requested series has.
        if (label.series() > 0) {
          labels.add(label);
        }
      }
    }
    labels.sort(
        Comparator.comparingLong(Cardinality.Label::seriesIfDropped)
            .thenComparing(Comparator.comparingLong(Cardinality.Label::values).reversed())
            .thenComparing(Cardinality.Label::name));
    return new Cardinality(
        parts.size(),
        series,
        exact ? 0 : DistinctCount.SKETCH_ERROR,
        bytesPerSeries,
        labels.size(),
        List.copyOf(labels.subList(0, Math.min(query.limit(), labels.size()))),
        valueCount,
        List.copyOf(values),
        List.copyOf(pairs));
  }

  private void fill(String name) {
    for (int p = 0; p < parts.size(); p++) {
      java.util.Arrays.fill(columns.get(p), 0);
      parts.get(p).hashes(name, columns.get(p));
    }
  }

  private interface Visitor {
    void series(int part, int number);
  }

  private void each(Visitor v) {
    for (int p = 0; p < parts.size(); p++) {
      int part = p;
      parts.get(p).series().forEach((IntConsumer) i -> v.series(part, i));
    }
  }

  private long taken() {
    exact &= counter.exact();
    return counter.count();
  }

  private Cardinality.Label label(String name, long all, double bytesPerSeries) {
    counter.clear();
    each(
        (p, i) -> {
          if (columns.get(p)[i] != 0) {
            counter.add(columns.get(p)[i]);
          }
        });
    final long values = taken();
    counter.clear();
    each(
        (p, i) -> {
          if (columns.get(p)[i] != 0) {
            counter.add(sums.get(p)[i]);
          }
        });
    final long having = taken();
    counter.clear();
    each((p, i) -> counter.add(sums.get(p)[i] - columns.get(p)[i]));
    long remaining = Math.min(all, taken());
    return new Cardinality.Label(
        name, values, having, remaining, Math.round((all - remaining) * bytesPerSeries));
  }

  /** Returns the values with most series of each part, by their hash. */
  private Map<Long, Candidate> candidates(String name) {
    boolean listing = name.equals(query.label());
    Map<Long, Candidate> out = new HashMap<>();
    int most = parts.size() == 1 ? query.limit() : query.limit() * CANDIDATES;
    for (LabelColumns p : parts) {
      take(p, name, "", most, listing && query.prefix().isEmpty(), out);
      if (listing && !query.prefix().isEmpty()) {
        take(p, name, query.prefix(), most, true, out);
      }
    }
    return out;
  }

  private record ValueCount(String value, long hash, int series) {}

  private static void take(
      LabelColumns part,
      String name,
      String prefix,
      int most,
      boolean listed,
      Map<Long, Candidate> out) {
    PriorityQueue<ValueCount> top =
        new PriorityQueue<>(
            Comparator.comparingInt(ValueCount::series)
                .thenComparing(ValueCount::value, Comparator.reverseOrder()));
    part.values(
        name,
        prefix,
        (value, hash, series) -> {
          ValueCount least = top.size() < most ? null : top.peek();
          if (least == null || series > least.series) {
            top.add(new ValueCount(value, hash, series));
            if (top.size() > most) {
              top.poll();
            }
          }
        });
    for (ValueCount f : top) {
      Candidate known = out.get(f.hash);
      if (known == null || listed && !known.listed) {
        Candidate c = new Candidate(name, f.value, listed);
        c.exact = f.series;
        out.put(f.hash, c);
      }
    }
  }

  /** Counts the series of values over parts that may hold the same series. */
  private void count(Map<Long, Candidate> candidates) {
    for (Candidate c : candidates.values()) {
      c.series = new DistinctCount(EXACT_VALUE);
    }
    each(
        (p, i) -> {
          long h = columns.get(p)[i];
          Candidate c = h == 0 ? null : candidates.get(h);
          DistinctCount d = c == null ? null : c.series;
          if (d != null) {
            d.add(sums.get(p)[i]);
          }
        });
    for (Candidate c : candidates.values()) {
      DistinctCount d = c.series;
      exact &= d == null || d.exact();
    }
  }

  /** Returns the number of values of the requested label that start with the prefix. */
  private long listed(String name) {
    counter.clear();
    for (LabelColumns p : parts) {
      p.values(name, query.prefix(), (value, hash, series) -> counter.add(hash));
    }
    return taken();
  }

  private void keep(List<Count> list) {
    list.sort(FIRST);
    if (list.size() > query.limit()) {
      list.subList(query.limit(), list.size()).clear();
    }
  }
}

package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.TraceIds;
import java.util.Arrays;

/** Traces with the number of their spans and the start of the newest, by open addressing. */
final class TraceTable {
  static final int BYTES = 2 * (8 + 8 + 8 + 4);

  private long[] high;
  private long[] low;
  private long[] newest;
  private int[] counts;
  private int size;

  TraceTable() {
    this(16);
  }

  private TraceTable(int slots) {
    high = new long[slots];
    low = new long[slots];
    newest = new long[slots];
    counts = new int[slots];
  }

  /** Merges the traces of several scans. */
  static TraceTable of(Runs[] runs) {
    long total = 0;
    for (Runs r : runs) {
      total += r.size;
    }
    // traces that several scans have are rare
    TraceTable out = new TraceTable(Integer.highestOneBit(Math.clamp(2 * total, 8, 1 << 18)) << 1);
    for (Runs r : runs) {
      for (int i = 0; i < r.size; i++) {
        out.add(r.high[i], r.low[i], r.newest[i], r.counts[i]);
      }
    }
    return out;
  }

  /**
   * Traces in scan order. A trace occurs once for each contiguous run of its spans, so once if the
   * scan returns all its spans together.
   */
  static final class Runs {
    private long[] high = {};
    private long[] low = {};
    private long[] newest = {};
    private int[] counts = {};
    private int size;

    int size() {
      return size;
    }

    void add(long h, long l, long start, int count) {
      int last = size - 1;
      if (last >= 0 && low[last] == l && high[last] == h) {
        newest[last] = Math.max(newest[last], start);
        counts[last] += count;
        return;
      }
      if (size == counts.length) {
        int room = Math.max(256, Math.multiplyExact(size, 2));
        high = Arrays.copyOf(high, room);
        low = Arrays.copyOf(low, room);
        newest = Arrays.copyOf(newest, room);
        counts = Arrays.copyOf(counts, room);
      }
      high[size] = h;
      low[size] = l;
      newest[size] = start;
      counts[size++] = count;
    }
  }

  int size() {
    return size;
  }

  /** Adds spans of a trace; returns true if the trace is new. */
  boolean add(long h, long l, long start, int count) {
    if (size * 2 >= counts.length) {
      grow();
    }
    int i = slot(h, l);
    boolean fresh = counts[i] == 0;
    if (fresh) {
      high[i] = h;
      low[i] = l;
      newest[i] = start;
      size++;
    } else if (start > newest[i]) {
      newest[i] = start;
    }
    counts[i] += count;
    return fresh;
  }

  boolean contains(long h, long l) {
    return counts[slot(h, l)] != 0;
  }

  private int slot(long h, long l) {
    long x = (h ^ Long.rotateLeft(l, 32)) * 0x9E3779B97F4A7C15L;
    x = (x ^ (x >>> 32) ^ l) * 0xD6E8FEB86659FD93L;
    int mask = counts.length - 1;
    int i = (int) (x >>> 33) & mask;
    while (counts[i] != 0 && (high[i] != h || low[i] != l)) {
      i = (i + 1) & mask;
    }
    return i;
  }

  private void grow() {
    long[] h = high;
    long[] l = low;
    long[] n = newest;
    int[] c = counts;
    int slots = Math.multiplyExact(c.length, 2);
    high = new long[slots];
    low = new long[slots];
    newest = new long[slots];
    counts = new int[slots];
    size = 0;
    for (int i = 0; i < c.length; i++) {
      if (c[i] != 0) {
        add(h[i], l[i], n[i], c[i]);
      }
    }
  }

  /** Adds the traces of another table. */
  void addAll(TraceTable other) {
    if (size == 0) {
      high = other.high.clone();
      low = other.low.clone();
      newest = other.newest.clone();
      counts = other.counts.clone();
      size = other.size;
      return;
    }
    for (int i = 0; i < other.counts.length; i++) {
      if (other.counts[i] != 0) {
        add(other.high[i], other.low[i], other.newest[i], other.counts[i]);
      }
    }
  }

  /** Removes traces with fewer spans. */
  void retain(int minCount) {
    if (minCount <= 1) {
      return;
    }
    TraceTable kept = new TraceTable();
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] >= minCount) {
        kept.add(high[i], low[i], newest[i], counts[i]);
      }
    }
    high = kept.high;
    low = kept.low;
    newest = kept.newest;
    counts = kept.counts;
    size = kept.size;
  }

  TraceIds ids() {
    TraceIds out = new TraceIds();
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        out.add(high[i], low[i]);
      }
    }
    return out;
  }

  /** A trace with the start of its newest span. */
  record Candidate(long high, long low, long newest) implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate o) {
      int c = Long.compare(o.newest, newest);
      c = c != 0 ? c : Long.compareUnsigned(high, o.high);
      return c != 0 ? c : Long.compareUnsigned(low, o.low);
    }
  }

  /** Traces, newest first, in an order that does not depend on threads. */
  Candidate[] candidates() {
    Candidate[] out = new Candidate[size];
    int n = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        out[n++] = new Candidate(high[i], low[i], newest[i]);
      }
    }
    Arrays.sort(out);
    return out;
  }
}

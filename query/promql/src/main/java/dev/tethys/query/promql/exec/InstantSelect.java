package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.CounterReset;
import dev.tethys.model.histogram.HistogramArithmetic;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.Selection.Groups;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An instant vector selector: at each step the newest sample within the lookback, unless it is a
 * stale marker. As the marker's bits mean absence here too, copying values is all there is to do.
 */
public final class InstantSelect extends Operator {
  /** Part of the sample that is used. */
  public enum Part {
    VALUE,
    /** Time of the sample in seconds; drops the metric name. */
    TIMESTAMP,
    /** Start time of the sample in seconds; drops the metric name. */
    START_TIMESTAMP,
    /** 1, for readers that only test for the presence of a sample. */
    PRESENCE
  }

  private final Selector selector;
  private final Part part;

  /** Returns a copy for consumers that need only the presence of samples. */
  InstantSelect presence() {
    if (part != Part.VALUE) {
      return this;
    }
    InstantSelect s = new InstantSelect(selector, Part.PRESENCE);
    s.origin(origin());
    return s;
  }

  private boolean dropsName() {
    return part == Part.TIMESTAMP || part == Part.START_TIMESTAMP;
  }

  public InstantSelect(Selector selector, Part part) {
    this.selector = selector;
    this.part = part;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("InstantSelect")
        .reads(
            selector.reads(
                grid,
                lookback,
                0,
                0,
                part == Part.VALUE
                    ? selector.countsOnly() ? "counts" : "values"
                    : part == Part.PRESENCE ? "presence" : "times"));
  }

  @Override
  boolean remarks() {
    return false;
  }

  @Override
  @Nullable SeriesStream open(Execution x, Grid grid) {
    if (dropsName() && !x.features().delayedNameRemoval()) {
      return null; // names are dropped, which may make series equal
    }
    return new Stream(x, grid, selector.open(x, grid, 0));
  }

  @Override
  Block compute(Execution x, Grid grid) {
    try (Stream s = new Stream(x, grid, selector.open(x, grid, 0))) {
      Block b = Streams.collect(x, grid, s);
      return !dropsName() || x.features().delayedNameRemoval() ? b : SeriesMerge.byStep(x, b, grid);
    }
  }

  /** Returns the block with the labels as stored, regardless of the part. */
  Block keepingLabels(Execution x, Grid grid) {
    try (Stream s = new Stream(x, grid, selector.open(x, grid, 0))) {
      s.keepLabels = true;
      return Streams.collect(x, grid, s);
    }
  }

  /** The positions of a list of timestamps, to be found without making anything. */
  private record CachedPositions(long timestampsId, int[] positions) {}

  private final class Stream implements SeriesStream {
    /** A power of two: lists of one query have neighbouring numbers. */
    private static final int RECENT = 64;

    private boolean keepLabels;
    private final Execution x;
    private final Grid grid;
    private final Selection selection;
    private final SampleCount count;
    private final ConcurrentHashMap<Long, int[]> positions = new ConcurrentHashMap<>();
    private final @Nullable CachedPositions[] recent =
        new @Nullable CachedPositions[RECENT]; // races only lose some

    Stream(Execution x, Grid grid, Selection selection) {
      this.x = x;
      this.grid = grid;
      this.selection = selection;
      this.count = x.count();
    }

    @Override
    public int size() {
      return selection.size();
    }

    @Override
    public Labels labels(int i) {
      Labels l = selection.labels(i);
      return keepLabels || !dropsName() || x.features().delayedNameRemoval()
          ? l
          : SeriesLabels.withoutMetadata(l);
    }

    @Override
    public boolean dropName(int i) {
      return dropsName();
    }

    @Override
    public @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
      return dropsName() ? null : selection.groups(sortedNames, keep);
    }

    @Override
    public void evaluate(int i, Workspace w, SeriesTarget target) {
      SampleBuffer b = w.buffer;
      int[] at;
      long weight = 0;
      if (part == Part.PRESENCE) {
        long id = selection.timesIdIfNeverStale(i);
        at = known(id);
        if (at == null) {
          selection.readTimes(i, b);
          at = positions(b);
          if (b.mayBeStale) {
            weight = takeTimes(b, at, target.values);
          } else {
            weight = mark(at, target.values);
          }
        } else {
          weight = mark(at, target.values);
        }
        countSamples(weight, target);
        return;
      }
      selection.read(i, b);
      if (b.size == 0) {
        return;
      }
      if (b.histograms != null) {
        x.noteHistograms();
      }
      at = positions(b);
      if (part == Part.VALUE) {
        weight = take(b.values, at, target.values);
        if (b.histograms != null) {
          weight = takeHistograms(b, at, target);
        }
      } else if (part == Part.TIMESTAMP || x.features().startTimestamps()) {
        weight = takeTimes(b, at, target.values);
      }
      countSamples(weight, target);
    }

    @Override
    public int @Nullable [] presence(int i) {
      if (part != Part.PRESENCE || count.isByStep()) {
        return null;
      }
      return known(selection.timesIdIfNeverStale(i));
    }

    private int @Nullable [] known(long timestampsId) {
      if (timestampsId == 0) {
        return null;
      }
      int place = (int) timestampsId & RECENT - 1;
      CachedPositions k = recent[place];
      if (k != null && k.timestampsId == timestampsId) {
        return k.positions;
      }
      int[] at = positions.get(timestampsId);
      if (at != null) {
        recent[place] = new CachedPositions(timestampsId, at);
      }
      return at;
    }

    @Override
    public void countPresent(int[] at, int series) {
      long n = 0;
      for (int a : at) {
        n += a >= 0 ? 1 : 0;
      }
      count.add(n * series, n * series);
    }

    private void countSamples(long weight, SeriesTarget target) {
      count.add(weight, weight);
      if (count.isByStep()) {
        count.addPresent(target.values);
      }
    }

    private static long mark(int[] at, double[] out) {
      long n = 0;
      for (int s = 0; s < at.length; s++) {
        if (at[s] >= 0) {
          out[s] = 1;
          n++;
        }
      }
      return n;
    }

    private int[] positions(SampleBuffer b) {
      if (b.timestampsId == 0) {
        return find(b);
      }
      int[] at = known(b.timestampsId);
      if (at == null) {
        at = find(b);
        if (Bounds.canCache(positions.size(), at.length)) {
          positions.put(b.timestampsId, at);
        }
      }
      return at;
    }

    /** Returns by step the index of the newest sample within the lookback, or -1. */
    private int[] find(SampleBuffer b) {
      int[] at = new int[grid.steps()];
      long lookback = x.lookback();
      long shift = 0;
      if (part == Part.TIMESTAMP && selector.at() != null && !keepLabels) {
        // Prometheus forgets the offset here, but not when it selects the samples.
        shift = selector.offset();
        lookback -= Math.abs(shift);
      }
      int next = 0;
      for (int s = 0; s < at.length; s++) {
        long moment = selector.moment(grid.time(s)) + Math.min(shift, 0);
        while (next < b.size && b.timestamps[next] <= moment) {
          next++;
        }
        at[s] = next > 0 && b.timestamps[next - 1] > moment - lookback ? next - 1 : -1;
      }
      return at;
    }

    private static long take(double[] values, int[] at, double[] out) {
      long n = 0;
      for (int s = 0; s < at.length; s++) {
        if (at[s] >= 0) {
          double v = values[at[s]];
          out[s] = v;
          if (!Column.isAbsent(v)) {
            n++;
          }
        }
      }
      return n;
    }

    private long takeHistograms(SampleBuffer b, int[] at, SeriesTarget target) {
      @Nullable Histogram[] in = Streams.there(b.histograms);
      long n = 0;
      for (int s = 0; s < at.length; s++) {
        if (at[s] < 0) {
          continue;
        }
        Histogram h = in[at[s]];
        if (h == null) {
          n += Column.isAbsent(target.values[s]) ? 0 : 1;
        } else if (h.isStale()) {
          target.values[s] = Column.ABSENT;
        } else {
          Histogram taken = selector.countsOnly() ? countsOnly(in, at[s]) : h;
          target.set(s, taken);
          n += HistogramArithmetic.weight(taken);
        }
      }
      return n;
    }

    /** Returns only count and sum, after a check for a reset since the previous sample. */
    private static Histogram countsOnly(@Nullable Histogram[] in, int i) {
      Histogram h = Streams.there(in[i]);
      Histogram before = i == 0 ? null : in[i - 1];
      Histogram.ResetHint hint = h.resetHint();
      if (hint == Histogram.ResetHint.UNKNOWN && before != null && !before.isStale()) {
        hint =
            CounterReset.between(before, h)
                ? Histogram.ResetHint.RESET
                : Histogram.ResetHint.NOT_RESET;
      }
      return HistogramArithmetic.withoutBuckets(h, hint);
    }

    private long takeTimes(SampleBuffer b, int[] at, double[] out) {
      @Nullable Histogram[] hs = b.histograms;
      long n = 0;
      for (int s = 0; s < at.length; s++) {
        int i = at[s];
        if (i < 0) {
          continue;
        }
        Histogram h = hs == null ? null : hs[i];
        if (h != null ? h.isStale() : Column.isAbsent(b.values[i])) {
          continue;
        }
        long time =
            part == Part.TIMESTAMP
                ? b.timestamps[i]
                : b.startTimestamps == null ? 0 : b.startTimestamps[i];
        out[s] = (double) time / 1000;
        n++;
      }
      return n;
    }

    @Override
    public long cost(Grid g) {
      return g.steps()
          + (part == Part.PRESENCE ? 0 : (g.end() - g.start()) / Streams.TYPICAL_INTERVAL);
    }

    @Override
    public void close() {
      selection.close();
    }
  }
}

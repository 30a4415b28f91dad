package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramArithmetic;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr.Extension;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A range vector as the result of an instant query: samples as they are stored or computed. */
public final class RawRange {
  private final RangeSource source;

  public RawRange(RangeSource source) {
    this.source = source;
  }

  /** Returns the source of the series. */
  public RangeSource source() {
    return source;
  }

  /**
   * Evaluates the series; those of a subquery are merged where delayed name removal makes them
   * equal.
   */
  public List<Value.Series> evaluate(Execution x, Grid grid) {
    List<Value.Series> out = new ArrayList<>();
    Workspace w = new Workspace();
    long end = source.moment(grid.start());
    long start = end - source.range();
    boolean extended = source.extension() != Extension.NONE;
    long low = extended ? start - x.lookback() : start;
    long high = source.extension() == Extension.SMOOTHED ? end + x.lookback() : end;
    try (RangeSource.Series series = source.start(x, grid)) {
      for (int i = 0; i < series.size(); i++) {
        x.check();
        series.load(i, w);
        Samples in = w.samples;
        int from = first(in.times, in.size, low);
        int to = first(in.times, in.size, high);
        int hFrom = first(in.histogramTimes, in.histogramSize, low);
        int hTo = first(in.histogramTimes, in.histogramSize, high);
        Labels l = series.labels(i);
        if (x.features().delayedNameRemoval() && series.dropName(i)) {
          l = SeriesLabels.withoutMetadata(l);
        }
        Value.Series s =
            extended
                ? extended(in, l, from, to, hTo - hFrom, start, end)
                : plain(in, l, from, to, hFrom, hTo);
        if (s.size() > 0) {
          long weight = weight(s);
          x.count().add(weight, source.countsReads() ? weight : 0);
          x.count().addAt(0, weight, source.countsReads() ? weight : 0);
          x.holdSamples(weight);
          x.holdBytes(32L * s.size());
          out.add(s);
        }
      }
    }
    out.sort((a, b) -> a.labels().compareTo(b.labels()));
    for (int i = 1; i < out.size(); i++) {
      if (out.get(i).labels().equals(out.get(i - 1).labels())) {
        throw Streams.sameLabelset();
      }
    }
    return out;
  }

  private static long weight(Value.Series s) {
    long n = 0;
    for (int i = 0; i < s.size(); i++) {
      Histogram h = s.histogram(i);
      n += h == null ? 1 : HistogramArithmetic.weight(h);
    }
    return n;
  }

  /** Returns the first index whose time is after a given one. */
  private static int first(long[] t, int size, long moment) {
    int i = 0;
    while (i < size && t[i] <= moment) {
      i++;
    }
    return i;
  }

  private static Value.Series plain(Samples in, Labels l, int from, int to, int hFrom, int hTo) {
    int n = to - from + hTo - hFrom;
    long[] t = new long[n];
    double[] v = new double[n];
    @Nullable Histogram[] hs = hTo > hFrom ? new Histogram[n] : null;
    int f = from;
    int h = hFrom;
    for (int i = 0; i < n; i++) {
      if (h >= hTo || f < to && in.times[f] < in.histogramTimes[h]) {
        t[i] = in.times[f];
        v[i] = in.values[f++];
      } else {
        t[i] = in.histogramTimes[h];
        v[i] = in.histograms[h].sum();
        if (hs != null) {
          hs[i] = in.histograms[h];
        }
        h++;
      }
    }
    return new Value.Series(l, n, t, v, hs);
  }

  private Value.Series extended(
      Samples in, Labels l, int from, int to, int histograms, long start, long end) {
    boolean smoothed = source.extension() == Extension.SMOOTHED;
    if (histograms > 0) {
      throw QueryException.execution(
          (smoothed ? "smoothed" : "anchored") + " modifier is not supported with histograms");
    }
    Value.Series none = new Value.Series(l, 0, new long[0], new double[0], null);
    if (to == from) {
      return none;
    }
    long[] t = in.times;
    double[] v = in.values;
    int last = to - 1;
    int first = from;
    while (first < last && t[first] <= start) {
      first++;
    }
    first = Math.max(from, first - 1);
    if (smoothed) {
      int i = from;
      while (i < last && t[i] < end) {
        i++;
      }
      last = i;
    }
    if (t[last] <= start) {
      return none;
    }
    double left =
        smoothed && t[first] < start ? ExtendedRate.between(t, v, first, start, false) : v[first];
    double right =
        smoothed && last > from && t[last] > end
            ? ExtendedRate.between(t, v, last - 1, end, false)
            : v[last];
    if (t[first] <= start) {
      first++;
    }
    if (t[last] >= end) {
      last--;
    }
    int inside = Math.max(0, last - first + 1);
    long[] times = new long[inside + 2];
    double[] values = new double[inside + 2];
    times[0] = start;
    values[0] = left;
    System.arraycopy(t, first, times, 1, inside);
    System.arraycopy(v, first, values, 1, inside);
    times[inside + 1] = end;
    values[inside + 1] = right;
    return new Value.Series(l, inside + 2, times, Arrays.copyOf(values, inside + 2), null);
  }
}

package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramArithmetic;
import dev.tethys.model.storage.Selection.Groups;
import dev.tethys.model.storage.Summaries;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A function over windows of samples, one series at a time. */
public final class RangeCall extends Operator {
  private final String name;
  private final RangeFunction function;
  private final @Nullable WindowSummary summary;
  private final boolean oneSeries;
  private final RangeSource source;
  private final List<Operator> scalars;
  private final Span span;

  /**
   * @param name function name in PromQL
   * @param summary computation from summaries of samples, which the source may give
   * @param oneSeries whether the caller makes one series of all, regardless of their labels
   * @param scalars the other arguments, in order
   * @param span position of the first argument, to which annotations refer
   */
  public RangeCall(
      String name,
      RangeFunction function,
      @Nullable WindowSummary summary,
      boolean oneSeries,
      RangeSource source,
      List<Operator> scalars,
      Span span) {
    this.name = name;
    this.function = function;
    this.summary = summary;
    this.oneSeries = oneSeries;
    this.source = source;
    this.scalars = List.copyOf(scalars);
    this.span = span;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    Description d =
        new Description("RangeFunction").with("function", name).input("range", source, grid);
    scalars.forEach(s -> d.input("argument", s, grid));
    return d;
  }

  @Override
  boolean remarks() {
    return function.remarks(); // a subquery is computed before there are windows
  }

  @Override
  @Nullable SeriesStream open(Execution x, Grid grid) {
    Stream s = new Stream(x, grid);
    if (!labelsHaveToDiffer(x) || !s.hasSameLabels()) {
      return s;
    }
    // whether they really meet is known only when empty ones are gone
    return Streams.of(x, collect(x, grid, s));
  }

  @Override
  Block compute(Execution x, Grid grid) {
    return collect(x, grid, new Stream(x, grid));
  }

  private boolean labelsHaveToDiffer(Execution x) {
    return !x.features().delayedNameRemoval() && !oneSeries;
  }

  private Block collect(Execution x, Grid grid, Stream stream) {
    Block b;
    try (stream) {
      b = Streams.collect(x, grid, stream);
    }
    if (labelsHaveToDiffer(x) && !stream.distinct && SeriesMerge.hasSameLabels(b.columns())) {
      throw Streams.sameLabelset();
    }
    return b;
  }

  private final class Stream implements SeriesStream {
    private final Execution x;
    private final Runnable check;
    private final Grid grid;
    private final RangeSource.Series series;
    private final SampleCount count;
    private final double[][] arguments;
    private final long[] ends;
    private final long before;
    private final long after;
    private final Bounds.Cache bounds = new Bounds.Cache();
    private final boolean checksName;
    private final @Nullable String metricName; // of all series; null when that is not known
    private final Labels @Nullable [] labels; // null: each is created on request
    private final boolean distinct; // certainly; else it must be looked for

    Stream(Execution x, Grid grid) {
      this.x = x;
      this.check = x::check;
      this.grid = grid;
      List<double[]> args = new ArrayList<>();
      for (Operator o : scalars) {
        args.add(o.scalar(x, grid));
      }
      arguments = args.toArray(double[][]::new);
      x.holdBytes(8L * grid.steps());
      ends = new long[grid.steps()];
      for (int s = 0; s < ends.length; s++) {
        ends[s] = source.moment(grid.time(s));
      }
      before = source.range() + (source.extension() == Extension.NONE ? 0 : x.lookback());
      after = source.extension() == Extension.SMOOTHED ? x.lookback() : 0;
      checksName = function.expectsCounter();
      count = x.count();
      series = source.start(x, grid);
      metricName = SeriesLabels.onlyName(series);
      if (metricName != null) {
        labels = null;
        distinct = true;
        return;
      }
      Labels[] all = new Labels[series.size()];
      boolean same = source.selector() != null;
      for (int i = 0; i < all.length; i++) {
        Labels l = series.labels(i);
        all[i] = dropName(i) ? SeriesLabels.dropped(x, l) : l;
        same = same && SeriesLabels.onlyNameDropped(l, all[i], series.labels(0));
      }
      labels = all;
      distinct = same;
    }

    /** Whether dropping names may have left series with the same labels. */
    boolean hasSameLabels() {
      return !function.keepsName() && !distinct && Streams.hasSameLabels(x, this);
    }

    @Override
    public int size() {
      return series.size();
    }

    @Override
    public Labels labels(int i) {
      if (labels != null) {
        return labels[i];
      }
      Labels l = series.labels(i);
      return dropName(i) ? SeriesLabels.dropped(x, l) : l;
    }

    /** Groups series by labels other than the name, which series may have lost. */
    @Override
    public @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
      return metricName == null || keep && SeriesLabels.namesMetadata(sortedNames)
          ? null
          : series.groups(sortedNames, keep);
    }

    @Override
    public boolean dropName(int i) {
      return !function.keepsName() || series.dropName(i);
    }

    @Override
    public void evaluate(int i, Workspace ws, SeriesTarget target) {
      series.load(i, ws);
      Samples in = ws.samples;
      Summaries rows = in.summaries;
      if (rows != null) {
        summaries(i, ws, rows, target);
        return;
      }
      if (in.size + in.histogramSize == 0) {
        return;
      }
      Windows w =
          new Windows(
              x.annotations(),
              check,
              grid,
              ws,
              source.range(),
              ends,
              source.extension(),
              span,
              arguments);
      w.series(() -> series.labels(i));
      Bounds b = bounds.get(in.timesId, () -> Bounds.find(in.times, in.size, ends, before, after));
      w.times = in.times;
      w.values = in.values;
      w.size = in.size;
      w.starts = in.starts;
      w.bounds = b;
      w.from = b.from();
      w.to = b.to();
      if (in.histogramSize == 0) {
        function.floats(w, target.values);
        countWindows(b, null, in);
      } else {
        Bounds h = Bounds.find(in.histogramTimes, in.histogramSize, ends, before, after);
        w.histograms = in.histograms;
        w.histogramTimes = in.histogramTimes;
        w.histogramStarts = in.histogramStarts;
        w.histogramFrom = h.from();
        w.histogramTo = h.to();
        for (int s = 0; s < ends.length; s++) {
          if (w.from[s] < w.to[s] || w.histogramFrom[s] < w.histogramTo[s]) {
            w.countSamples((long) w.to[s] - w.from[s] + w.histogramTo[s] - w.histogramFrom[s]);
            function.mixed(w, s, target);
          }
        }
        countWindows(b, h, in);
      }
      if (checksName) {
        checkName(w, target);
      }
    }

    /** Variant for summaries from the store instead of samples. */
    private void summaries(int i, Workspace ws, Summaries rows, SeriesTarget target) {
      SummaryWindows windows =
          new SummaryWindows(Objects.requireNonNull(summary, name), rows, ends, before);
      windows.evaluate(target.values);
      long total = 0;
      long fresh = 0;
      int widest = 0;
      for (int s = 0; s < ends.length; s++) {
        int n = windows.to(s) - windows.from(s);
        int seen = s == 0 ? windows.from(0) : Math.max(windows.from(s), windows.to(s - 1));
        int first = s == 0 || !source.isFixed() ? Math.max(0, windows.to(s) - seen) : 0;
        total += n;
        fresh += first;
        widest = Math.max(widest, n);
        if (count.isByStep()) {
          count.addAt(s, n, first);
        }
      }
      x.touchSamples(widest);
      count.add(total, fresh);
      if (checksName) {
        Windows w =
            new Windows(
                x.annotations(),
                check,
                grid,
                ws,
                source.range(),
                ends,
                source.extension(),
                span,
                arguments);
        w.series(() -> series.labels(i));
        checkName(w, target);
      }
    }

    private void checkName(Windows w, SeriesTarget target) {
      String metric = metricName != null ? metricName : w.metricName();
      if (metric.isEmpty() || !hasFloat(target.values)) {
        return;
      }
      if (x.features().typeAndUnitLabels()) {
        String type = w.labels().get(SeriesLabels.TYPE);
        if (!type.equals("counter") && !type.equals("histogram")) {
          x.annotations().possibleNonCounterType(metric, type, span);
        }
      } else if (!metric.endsWith("_total")
          && !metric.endsWith("_sum")
          && !metric.endsWith("_count")
          && !metric.endsWith("_bucket")) {
        x.annotations().possibleNonCounter(metric, span);
      }
    }

    private static boolean hasFloat(double[] values) {
      for (double v : values) {
        if (!Column.isAbsent(v)) {
          return true;
        }
      }
      return false;
    }

    private void countWindows(Bounds b, @Nullable Bounds h, Samples in) {
      long total = b.total();
      long fresh = source.isFixed() ? firstWindow(b) : b.fresh();
      if (h != null) {
        for (int s = 0; s < ends.length; s++) {
          total += weight(in, h.from()[s], h.to()[s]);
          int seen = s == 0 ? h.from()[0] : Math.max(h.from()[s], h.to()[s - 1]);
          if (s == 0 || !source.isFixed()) {
            fresh += weight(in, seen, h.to()[s]);
          }
        }
      }
      x.touchSamples(b.widest());
      count.add(total, source.countsReads() ? fresh : 0);
      if (!count.isByStep()) {
        return;
      }
      if (h != null) {
        countSteps(b, h, in);
      } else if (source.countsReads() && !source.isFixed()) {
        count.addWindows(b);
      } else {
        count.addUnread(b);
        if (source.countsReads()) {
          count.addAt(0, 0, firstWindow(b));
        }
      }
    }

    private long firstWindow(Bounds b) {
      return b.to()[0] - b.from()[0];
    }

    private void countSteps(Bounds b, Bounds h, Samples in) {
      for (int s = 0; s < ends.length; s++) {
        long total = b.to()[s] - b.from()[s];
        long fresh = b.to()[s] - (s == 0 ? b.from()[0] : Math.max(b.from()[s], b.to()[s - 1]));
        total += weight(in, h.from()[s], h.to()[s]);
        fresh += weight(in, s == 0 ? h.from()[0] : Math.max(h.from()[s], h.to()[s - 1]), h.to()[s]);
        boolean reads = source.countsReads() && (s == 0 || !source.isFixed());
        count.addAt(s, total, reads ? fresh : 0);
      }
    }

    private static long weight(Samples in, int from, int to) {
      long n = 0;
      for (int i = from; i < to; i++) {
        n += HistogramArithmetic.weight(in.histograms[i]);
      }
      return n;
    }

    @Override
    public long cost(Grid g) {
      long read = (before + after + g.end() - g.start()) / Streams.TYPICAL_INTERVAL;
      double windowSamples = (double) g.steps() * Math.min(read, before / Streams.TYPICAL_INTERVAL);
      return g.steps() + read + (long) (function.costPerSample() * windowSamples);
    }

    @Override
    public void close() {
      series.close();
    }
  }
}

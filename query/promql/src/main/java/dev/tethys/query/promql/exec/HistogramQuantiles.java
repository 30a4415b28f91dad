package dev.tethys.query.promql.exec;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramStatistics;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code histogram_quantile}, {@code histogram_quantiles} and {@code histogram_fraction}, over
 * native histograms and over classic ones: series that differ only in {@code le}. If both exist
 * with the same labels at a step, neither is evaluated.
 */
public final class HistogramQuantiles extends Operator {
  private final Operator vector;
  private final Span vectorSpan;
  private final List<Operator> scalars;
  private final List<Span> scalarSpans;
  private final boolean fraction;
  private final @Nullable String label;

  /**
   * @param scalars the quantiles, or the two bounds of a fraction
   * @param fraction whether a fraction between two bounds is requested
   * @param label the label that says which quantile, or null for a single one
   */
  public HistogramQuantiles(
      Operator vector,
      Span vectorSpan,
      List<Operator> scalars,
      List<Span> scalarSpans,
      boolean fraction,
      @Nullable String label) {
    this.vector = vector;
    this.vectorSpan = vectorSpan;
    this.scalars = List.copyOf(scalars);
    this.scalarSpans = List.copyOf(scalarSpans);
    this.fraction = fraction;
    this.label = label;
  }

  /** Series of one histogram: labels without {@code le}, classic buckets, native samples. */
  private static final class Group {
    final Labels labels;
    final List<Column> buckets = new ArrayList<>();
    final List<Double> bounds = new ArrayList<>();
    @Nullable Column natives;

    Group(Labels labels) {
      this.labels = labels;
    }
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    Description d =
        new Description(fraction ? "HistogramFraction" : "HistogramQuantile")
            .input("vector", vector, grid);
    if (label != null) {
      d.with("label", label);
    }
    scalars.forEach(s -> d.input(fraction ? "bound" : "quantile", s, grid));
    return d;
  }

  @Override
  Block compute(Execution x, Grid grid) {
    double[][] arguments = new double[scalars.size()][];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = scalars.get(i).scalar(x, grid);
    }
    Block in = vector.evaluate(x, grid);
    if (!fraction) {
      for (int i = 0; i < arguments.length; i++) {
        for (double q : arguments[i]) {
          if (!(q >= 0 && q <= 1)) {
            x.annotations().invalidQuantile(q, scalarSpans.get(i));
          }
        }
      }
    }
    SeriesMerge.Builder out = new SeriesMerge.Builder(x, grid.steps());
    ClassicBuckets classic = new ClassicBuckets();
    HistogramStatistics statistics = new HistogramStatistics();
    for (Group g : groups(x, in, grid.steps())) {
      x.check();
      evaluate(x, grid, g, arguments, classic, statistics, out);
    }
    Block b = x.hold(out.columns());
    x.release(in);
    return b;
  }

  private Iterable<Group> groups(Execution x, Block in, int steps) {
    Map<Labels, Group> groups = new LinkedHashMap<>();
    for (Column c : in.columns()) {
      boolean floats = false;
      for (int s = 0; s < steps && !floats; s++) {
        floats = !Column.isAbsent(c.values()[s]);
      }
      if (floats) {
        String le = c.labels().get("le");
        Double bound = ClassicBuckets.parseBound(le);
        if (bound == null) {
          x.annotations().badBucketLabel(nameIfKept(x, c.labels()), le, vectorSpan);
        } else {
          Labels l = c.labels().drop(List.of("le"));
          Group g = groups.computeIfAbsent(l, Group::new);
          g.buckets.add(c);
          g.bounds.add(bound);
        }
      }
      if (c.histograms() != null) {
        groups.computeIfAbsent(c.labels(), Group::new).natives = c;
      }
    }
    return groups.values();
  }

  private static String nameIfKept(Execution x, Labels l) {
    return x.features().delayedNameRemoval() ? l.metricName() : "";
  }

  private void evaluate(
      Execution x,
      Grid grid,
      Group g,
      double[][] arguments,
      ClassicBuckets classic,
      HistogramStatistics statistics,
      SeriesMerge.Builder out) {
    Labels base = SeriesLabels.dropped(x, g.labels);
    Map<String, Labels> named = new LinkedHashMap<>();
    for (int s = 0; s < grid.steps(); s++) {
      Histogram h = g.natives == null ? null : g.natives.histogram(s);
      classic.clear();
      for (int i = 0; i < g.buckets.size(); i++) {
        double v = g.buckets.get(i).values()[s];
        if (!Column.isAbsent(v)) {
          classic.add(g.bounds.get(i), v);
        }
      }
      if (h != null && classic.size() > 0) {
        x.annotations().mixedClassicNative(nameIfKept(x, g.labels), vectorSpan);
        continue;
      }
      if (h == null && classic.size() == 0) {
        continue;
      }
      if (fraction) {
        double v =
            h != null
                ? nativeFraction(x, arguments[0][s], arguments[1][s], h, statistics, base)
                : classic.fraction(arguments[0][s], arguments[1][s]);
        out.add(base, true, s, v);
        continue;
      }
      for (double[] argument : arguments) {
        double q = argument[s];
        double v =
            h != null
                ? nativeQuantile(x, q, h, statistics, base)
                : classicQuantile(x, q, classic, g.labels, grid.time(s));
        Labels l = base;
        if (label != null) {
          l =
              named.computeIfAbsent(
                  GoFloat.openMetrics(q), t -> base.toBuilder().set(label, t).build());
        }
        out.add(l, true, s, v);
      }
    }
  }

  private double classicQuantile(
      Execution x, double q, ClassicBuckets classic, Labels labels, long time) {
    double v = classic.quantile(q);
    if (classic.forcedMonotonic()) {
      x.annotations()
          .forcedMonotonicity(
              nameIfKept(x, labels),
              vectorSpan,
              time,
              classic.minFixed(),
              classic.maxFixed(),
              classic.maxDifference());
    }
    return v;
  }

  private double nativeQuantile(
      Execution x, double q, Histogram h, HistogramStatistics statistics, Labels labels) {
    double v = statistics.quantile(q, h);
    switch (statistics.note()) {
      case RESULT_IS_NAN -> x.annotations().quantileIsNan(labels.metricName(), vectorSpan);
      case SKEWED -> x.annotations().quantileIsSkewed(labels.metricName(), vectorSpan);
      default -> {}
    }
    return v;
  }

  private double nativeFraction(
      Execution x,
      double from,
      double to,
      Histogram h,
      HistogramStatistics statistics,
      Labels labels) {
    double v = statistics.fraction(from, to, h);
    if (statistics.note() == HistogramStatistics.NanNote.EXCLUDED) {
      x.annotations().fractionExcludesNan(labels.metricName(), vectorSpan);
    }
    return v;
  }
}

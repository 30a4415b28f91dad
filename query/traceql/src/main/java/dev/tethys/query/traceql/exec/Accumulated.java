package dev.tethys.query.traceql.exec;

import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Groups accumulated over all scans. Scans are added in the order of their numbers, so that sums do
 * not vary.
 */
final class Accumulated {
  /** Values of a group over all steps. */
  private static final class Group {
    final List<TraceValue> labels;
    double[] counts = {};
    double[] sums = {};
    Log2 histogram = new Log2(0);
    Exemplars exemplars = new Exemplars(0);
    boolean seen;

    Group(List<TraceValue> labels) {
      this.labels = labels;
    }
  }

  private final TraceqlRun work;
  private final Accumulation.Shape shape;
  private final int maxExemplars;
  private final Map<List<TraceValue>, Group> groups = new HashMap<>();
  private final Map<Integer, Accumulation> waiting = new HashMap<>();
  private int next;

  Accumulated(TraceqlRun work, Accumulation.Shape shape, int maxExemplars) {
    this.work = work;
    this.shape = shape;
    this.maxExemplars = maxExemplars;
  }

  /** Adds a scan; early arrivals wait for the others. */
  synchronized void add(int number, Accumulation a) {
    work.reserve(a.bytes());
    waiting.put(number, a);
    for (Accumulation n = waiting.remove(next); n != null; n = waiting.remove(next)) {
      merge(n);
      work.release(n.bytes());
      next++;
    }
  }

  private void merge(Accumulation a) {
    int n = shape.grid.count();
    for (int g = 0; g < a.size(); g++) {
      if (!hasRows(a, g)) {
        continue;
      }
      Group to = groups.computeIfAbsent(a.labels(g), Group::new);
      if (!to.seen) {
        to.seen = true;
        if (groups.size() > work.limits().maxSeries()) {
          throw TraceQueryException.limit(
              "query has more than "
                  + work.limits().maxSeries()
                  + " series; group by attributes with fewer values");
        }
        work.reserve(16L * n + 200 + (shape.exemplars ? 49L * n : 0));
        if (shape.isHistogram()) {
          to.histogram = new Log2(n);
        } else {
          to.counts = new double[n];
          to.sums = new double[shape.query.value() == null ? 0 : n];
        }
        to.exemplars = new Exemplars(shape.exemplars ? n : 0);
      }
      merge(a, g, to);
    }
  }

  private void merge(Accumulation a, int g, Group to) {
    if (shape.isHistogram()) {
      long before = to.histogram.bytes();
      to.histogram.addAll(a.histograms.get(g), a.first);
      work.reserve(to.histogram.bytes() - before);
    }
    for (int s = 0; s < a.steps; s++) {
      int from = g * a.steps + s;
      int at = a.first + s;
      if (shape.exemplars) {
        to.exemplars.offer(at, a.exemplars, from);
      }
      if (shape.isHistogram() || a.counts[from] == 0) {
        continue;
      }
      if (to.sums.length > 0) {
        double v = a.sums[from];
        to.sums[at] =
            to.counts[at] == 0
                ? v
                : switch (shape.query.function()) {
                  case MIN_OVER_TIME -> Math.min(to.sums[at], v);
                  case MAX_OVER_TIME -> Math.max(to.sums[at], v);
                  default -> to.sums[at] + v;
                };
      }
      to.counts[at] += a.counts[from];
    }
  }

  private boolean hasRows(Accumulation a, int g) {
    if (shape.isHistogram()) {
      return g < a.histograms.size() && a.histograms.get(g).width() > 0;
    }
    if ((g + 1) * a.steps > a.counts.length) {
      return false;
    }
    for (int s = 0; s < a.steps; s++) {
      if (a.counts[g * a.steps + s] != 0) {
        return true;
      }
    }
    return false;
  }

  /** Returns the series, ordered by their labels. */
  List<Series> series() {
    List<Series> out = new ArrayList<>();
    Metric.Function f = shape.query.function();
    for (Group g : groups.values()) {
      switch (f) {
        case QUANTILE_OVER_TIME -> quantiles(g, out);
        case HISTOGRAM_OVER_TIME -> buckets(g, out);
        default -> out.add(new Series(labels(g, null), values(f, g), List.of()));
      }
    }
    if (out.size() > work.limits().maxSeries()) {
      throw TraceQueryException.limit(
          "query has "
              + out.size()
              + " series, more than the limit of "
              + work.limits().maxSeries()
              + "; group by attributes with fewer values");
    }
    out.sort(java.util.Comparator.comparing(Series::order));
    return shape.exemplars ? withExemplars(out) : out;
  }

  private double[] values(Metric.Function f, Group g) {
    double[] out = new double[g.counts.length];
    double unit = shape.unit();
    for (int i = 0; i < out.length; i++) {
      double c = g.counts[i];
      out[i] =
          switch (f) {
            case RATE -> c / shape.grid.seconds();
            case COUNT_OVER_TIME -> c;
            case AVG_OVER_TIME -> c == 0 ? Double.NaN : scaled(g.sums[i] / c, unit);
            default -> c == 0 ? Double.NaN : scaled(g.sums[i], unit);
          };
    }
    return out;
  }

  /** Nanoseconds as seconds by division, which rounds once. */
  private static double scaled(double v, double unit) {
    return unit == 1 ? v : v / 1e9;
  }

  private void quantiles(Group g, List<Series> out) {
    for (double p : shape.query.quantiles()) {
      double[] v = new double[shape.grid.count()];
      for (int i = 0; i < v.length; i++) {
        v[i] = g.histogram.quantile(i, p, shape.unit());
      }
      out.add(new Series(labels(g, new NamedValue("p", new TraceValue.Real(p))), v, List.of()));
    }
  }

  private void buckets(Group g, List<Series> out) {
    Log2 h = g.histogram;
    for (int e = h.lowest(); e < h.lowest() + h.width(); e++) {
      double[] v = new double[shape.grid.count()];
      double total = 0;
      for (int i = 0; i < v.length; i++) {
        v[i] = h.count(i, e);
        total += v[i];
      }
      if (total > 0) {
        double bound = scaled(Math.scalb(1.0, e), shape.unit());
        out.add(
            new Series(
                labels(g, new NamedValue("__bucket", new TraceValue.Real(bound))), v, List.of()));
      }
    }
  }

  private List<NamedValue> labels(Group g, @Nullable NamedValue more) {
    List<NamedValue> out = new ArrayList<>();
    for (int i = 0; i < g.labels.size(); i++) {
      if (g.labels.get(i).type() != ValueType.NIL) {
        out.add(new NamedValue(shape.query.by().get(i).text(), g.labels.get(i)));
      }
    }
    if (g.labels.isEmpty() && more == null) {
      out.add(new NamedValue("__name__", new TraceValue.Text(shape.query.function().text())));
    } else if (out.isEmpty() && !g.labels.isEmpty()) {
      out.add(new NamedValue(shape.query.by().getFirst().text(), TraceValue.NIL));
    }
    if (more != null) {
      out.add(more);
    }
    return out;
  }

  private List<Series> withExemplars(List<Series> series) {
    // the exemplars of a group go to its first series, in turn over steps and groups
    Map<List<NamedValue>, Group> byLabels = new HashMap<>();
    for (Group g : groups.values()) {
      byLabels.put(labels(g, new NamedValue("", TraceValue.NIL)), g);
    }
    List<Series> out = new ArrayList<>();
    int remaining = maxExemplars;
    int n = shape.grid.count();
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      List<NamedValue> key = new ArrayList<>(s.labels());
      key.removeIf(
          l -> l.name().equals("p") || l.name().equals("__bucket") || l.name().equals("__name__"));
      key.add(new NamedValue("", TraceValue.NIL));
      Group g = byLabels.remove(key);
      if (g == null) {
        out.add(s);
        continue;
      }
      int share = Math.max(1, remaining / (series.size() - i));
      List<TraceSeriesResult.Exemplar> e = new ArrayList<>();
      int stride = Math.max(1, n / share);
      for (int step = 0; step < n && e.size() < share && remaining > 0; step++) {
        if (g.exemplars.has(step) && (step % stride == 0 || e.size() * stride < step)) {
          e.add(exemplar(g.exemplars, step, s.values()[step]));
          remaining--;
        }
      }
      out.add(new Series(s.labels(), s.values(), e));
    }
    return out;
  }

  private TraceSeriesResult.Exemplar exemplar(Exemplars e, int step, double ofSeries) {
    HexFormat hex = HexFormat.of();
    double v = e.value[step];
    return new TraceSeriesResult.Exemplar(
        e.time[step],
        Double.isNaN(v) ? ofSeries : scaled(v, shape.unit()),
        hex.toHexDigits(e.traceHigh[step]) + hex.toHexDigits(e.traceLow[step]),
        hex.toHexDigits(e.spanId[step]));
  }
}

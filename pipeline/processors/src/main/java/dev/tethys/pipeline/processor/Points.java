package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Several data points as one. */
public final class Points {
  /** Aggregation function of numbers. */
  public enum Aggregation {
    SUM,
    MEAN,
    MIN,
    MAX,
    COUNT,
    MEDIAN
  }

  private Points() {}

  /**
   * Merges points with equal attributes and time, in place, in the order of their first; of deltas
   * those that start at one time too.
   *
   * @param <P> the kind of points
   */
  public static <P extends DataPoint> void aggregate(MetricData<P> data, Aggregation how) {
    boolean deltas =
        data instanceof MetricData.Aggregated<P> a
            && a.temporality() == MetricData.TEMPORALITY_DELTA;
    List<P> points = data.points();
    Map<Key, List<P>> groups = new LinkedHashMap<>();
    for (P p : points) {
      groups.computeIfAbsent(Key.of(p, deltas), _ -> new ArrayList<>()).add(p);
    }
    points.clear();
    for (List<P> g : groups.values()) {
      points.addAll(g.size() == 1 && how != Aggregation.COUNT ? g : merged(g, how));
    }
  }

  /**
   * Key of points that are merged into one.
   *
   * @param start start time of delta points, otherwise 0
   * @param bounds histogram bounds, otherwise ""
   */
  private record Key(Attributes attributes, long time, long start, String bounds) {
    static Key of(DataPoint p, boolean delta) {
      return new Key(
          p.attributes().copy(),
          p.timeUnixNano(),
          delta ? p.startTimeUnixNano() : 0,
          p instanceof HistogramDataPoint h ? Arrays.toString(h.explicitBounds()) : "");
    }
  }

  /**
   * Adds the counts of a later point to a point; its attributes and times stay. The result keeps
   * only the exemplars of the later point: a running sum would accumulate them without limit.
   *
   * @param more later point of the same class
   * @return whether it could be added; histograms with different bounds cannot, nor can exponential
   *     histograms with no common scale
   */
  public static boolean add(DataPoint sum, DataPoint more) {
    List<Exemplar> latest =
        List.copyOf(exemplars(more.timeUnixNano() < sum.timeUnixNano() ? sum : more));
    switch (sum) {
      case NumberDataPoint s -> {
        NumberDataPoint n = (NumberDataPoint) more;
        if (s.isInt() && n.isInt()) {
          s.setLong(s.longValue() + n.longValue());
        } else {
          s.setDouble(value(s) + value(n));
        }
      }
      case HistogramDataPoint s -> {
        HistogramDataPoint h = (HistogramDataPoint) more;
        if (!Arrays.equals(s.explicitBounds(), h.explicitBounds())
            || s.bucketCounts().length != h.bucketCounts().length) {
          return false;
        }
        histograms(s, List.of(h));
      }
      case ExponentialHistogramDataPoint s -> {
        if (!ExponentialSum.add(s, List.of(s, (ExponentialHistogramDataPoint) more))) {
          return false;
        }
      }
      default -> throw new AssertionError();
    }
    List<Exemplar> own = exemplars(sum);
    own.clear();
    own.addAll(latest);
    return true;
  }

  private static List<Exemplar> exemplars(DataPoint p) {
    return switch (p) {
      case NumberDataPoint n -> n.exemplars();
      case HistogramDataPoint h -> h.exemplars();
      case ExponentialHistogramDataPoint e -> e.exemplars();
      case SummaryDataPoint _ -> throw new AssertionError("summaries are not added");
    };
  }

  private static <P extends DataPoint> List<P> merged(List<P> group, Aggregation how) {
    P first = group.getFirst();
    long start = Long.MAX_VALUE;
    long time = Long.MIN_VALUE;
    for (P p : group) {
      start = Math.min(start, p.startTimeUnixNano());
      time = Math.max(time, p.timeUnixNano());
    }
    boolean done =
        switch (first) {
          case NumberDataPoint n -> {
            numbers(n, group, how);
            yield true;
          }
          case HistogramDataPoint h -> {
            histograms(h, group);
            yield true;
          }
          case ExponentialHistogramDataPoint e ->
              ExponentialSum.add(e, each(group, p -> (ExponentialHistogramDataPoint) p));
          default -> false;
        };
    if (!done) {
      return group;
    }
    first.setStartTimeUnixNano(start);
    first.setTimeUnixNano(time);
    return List.of(first);
  }

  private static void numbers(
      NumberDataPoint into, List<? extends DataPoint> group, Aggregation how) {
    boolean doubles = false;
    double[] values = new double[group.size()];
    long whole = 0;
    for (int i = 0; i < values.length; i++) {
      NumberDataPoint n = (NumberDataPoint) group.get(i);
      doubles |= n.isDouble();
      values[i] = n.isDouble() ? n.doubleValue() : n.longValue();
      whole += n.isDouble() ? 0 : n.longValue();
      if (n != into) {
        into.exemplars().addAll(n.exemplars());
      }
    }
    if (how == Aggregation.SUM && !doubles) {
      into.setLong(whole);
      return;
    }
    double v = reduce(values, how);
    if (doubles) {
      into.setDouble(v);
    } else {
      into.setLong((long) v);
    }
  }

  private static double reduce(double[] values, Aggregation how) {
    return switch (how) {
      case SUM -> Arrays.stream(values).sum();
      case MEAN -> Arrays.stream(values).sum() / values.length;
      case MIN -> Arrays.stream(values).min().orElse(0);
      case MAX -> Arrays.stream(values).max().orElse(0);
      case COUNT -> values.length;
      case MEDIAN -> {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int mid = sorted.length / 2;
        yield sorted.length % 2 == 1 ? sorted[mid] : (sorted[mid - 1] + sorted[mid]) / 2;
      }
    };
  }

  private static void histograms(HistogramDataPoint into, List<? extends DataPoint> group) {
    long[] counts = into.bucketCounts().clone();
    for (DataPoint p : group) {
      HistogramDataPoint h = (HistogramDataPoint) p;
      if (h == into) {
        continue;
      }
      into.setCount(into.count() + h.count());
      if (into.hasSum() && h.hasSum()) {
        into.setSum(into.sum() + h.sum());
      } else {
        into.clearSum();
      }
      for (int i = 0; i < Math.min(counts.length, h.bucketCounts().length); i++) {
        counts[i] += h.bucketCounts()[i];
      }
      extremes(into, h);
      into.exemplars().addAll(h.exemplars());
    }
    into.setBucketCounts(counts);
  }

  /** Merges minimum and maximum if both points have them. */
  static void extremes(DistributionDataPoint into, DistributionDataPoint more) {
    if (into.hasMin() && more.hasMin()) {
      into.setMin(Math.min(into.min(), more.min()));
    } else {
      into.clearMin();
    }
    if (into.hasMax() && more.hasMax()) {
      into.setMax(Math.max(into.max(), more.max()));
    } else {
      into.clearMax();
    }
  }

  /** Returns the aggregation of a keyword; returns null if it is unknown. */
  public static @Nullable Aggregation aggregation(String word) {
    return switch (word) {
      case "sum" -> Aggregation.SUM;
      case "mean" -> Aggregation.MEAN;
      case "min" -> Aggregation.MIN;
      case "max" -> Aggregation.MAX;
      case "count" -> Aggregation.COUNT;
      case "median" -> Aggregation.MEDIAN;
      default -> null;
    };
  }

  /** Returns the value of a gauge or sum point. */
  public static double value(NumberDataPoint p) {
    return p.isDouble() ? p.doubleValue() : p.longValue();
  }

  /** Copies the fields common to points of all kinds. */
  public static <P extends DataPoint> P like(DataPoint from, P to) {
    to.attributes().putAll(from.attributes());
    to.setStartTimeUnixNano(from.startTimeUnixNano());
    to.setTimeUnixNano(from.timeUnixNano());
    to.setFlags(from.flags());
    return to;
  }

  /** Maps the elements of a list and omits null results. */
  public static <A, B> List<B> each(List<A> from, Function<A, @Nullable B> f) {
    List<B> to = new ArrayList<>();
    for (A a : from) {
      B b = f.apply(a);
      if (b != null) {
        to.add(Objects.requireNonNull(b));
      }
    }
    return to;
  }
}

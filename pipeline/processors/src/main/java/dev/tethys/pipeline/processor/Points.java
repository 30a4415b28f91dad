package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
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
  /** How numbers are brought together. */
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
   * Brings points of equal attributes and time together, in place, in the order of their first; of
   * deltas those that start at one time too.
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
   * What points that become one have in common.
   *
   * @param start of deltas, else 0
   * @param bounds of histograms, else ""
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
   * Adds what was counted after a point to it; its attributes and times stay. Exemplars are those
   * of the later of both alone: a sum that is added to for ever would gather them for ever.
   *
   * @param more of the same class
   * @return whether it could be added: histograms of other bounds cannot
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
      case ExponentialHistogramDataPoint s ->
          exponential(s, List.of(s, ((ExponentialHistogramDataPoint) more).copy()));
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
          case ExponentialHistogramDataPoint e -> {
            exponential(e, group);
            yield true;
          }
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
    if (how == Aggregation.COUNT) {
      into.setLong(values.length);
      return;
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
      least(into.hasMin() && h.hasMin(), into.min(), h.min(), into::setMin, into::clearMin);
      most(into.hasMax() && h.hasMax(), into.max(), h.max(), into::setMax, into::clearMax);
      into.exemplars().addAll(h.exemplars());
    }
    into.setBucketCounts(counts);
  }

  private static void least(
      boolean both, double a, double b, java.util.function.DoubleConsumer set, Runnable clear) {
    if (both) {
      set.accept(Math.min(a, b));
    } else {
      clear.run();
    }
  }

  private static void most(
      boolean both, double a, double b, java.util.function.DoubleConsumer set, Runnable clear) {
    if (both) {
      set.accept(Math.max(a, b));
    } else {
      clear.run();
    }
  }

  /** Adds exponential histograms at the coarsest of their scales. */
  public static void exponential(
      ExponentialHistogramDataPoint into, List<? extends DataPoint> group) {
    int scale = Integer.MAX_VALUE;
    for (DataPoint p : group) {
      scale = Math.min(scale, ((ExponentialHistogramDataPoint) p).scale());
    }
    Buckets positive = new Buckets();
    Buckets negative = new Buckets();
    for (DataPoint p : group) {
      ExponentialHistogramDataPoint e = (ExponentialHistogramDataPoint) p;
      positive.add(e.positiveOffset(), e.positiveCounts(), e.scale() - scale);
      negative.add(e.negativeOffset(), e.negativeCounts(), e.scale() - scale);
      if (e == into) {
        continue;
      }
      into.setCount(into.count() + e.count());
      into.setZeroCount(into.zeroCount() + e.zeroCount());
      into.setZeroThreshold(Math.max(into.zeroThreshold(), e.zeroThreshold()));
      if (into.hasSum() && e.hasSum()) {
        into.setSum(into.sum() + e.sum());
      } else {
        into.clearSum();
      }
      least(into.hasMin() && e.hasMin(), into.min(), e.min(), into::setMin, into::clearMin);
      most(into.hasMax() && e.hasMax(), into.max(), e.max(), into::setMax, into::clearMax);
      into.exemplars().addAll(e.exemplars());
    }
    into.setScale(scale);
    into.setPositiveOffset(positive.offset);
    into.setPositiveCounts(positive.counts);
    into.setNegativeOffset(negative.offset);
    into.setNegativeCounts(negative.counts);
  }

  /** Buckets of one sign while they are added up. */
  public static final class Buckets {
    /** The widest range of buckets that is made; wider ones are cut at the low end. */
    static final int MAX_WIDTH = 10_000;

    int offset;
    long[] counts = {};

    /** The index of the first. */
    public int offset() {
      return offset;
    }

    public long[] counts() {
      return counts;
    }

    /**
     * Takes the counts of others away, which have the same scale.
     *
     * @return whether each had as many; nothing was taken otherwise
     */
    public boolean subtract(Buckets others) {
      long[] less = counts.clone();
      for (int i = 0; i < others.counts.length; i++) {
        int at = others.offset + i - offset;
        if (others.counts[i] == 0) {
          continue;
        }
        if (at < 0 || at >= less.length || less[at] < others.counts[i]) {
          return false;
        }
        less[at] -= others.counts[i];
      }
      counts = less;
      return true;
    }

    /** Takes out what lies up to a threshold as a whole, and gives how many that were. */
    public long takeUpTo(double threshold, int scale) {
      if (threshold <= 0) {
        return 0;
      }
      long n = 0;
      double most = Math.log(threshold) / Math.log(2);
      most += Math.abs(most) * 1e-12; // a threshold that is a bound lies on it
      for (int i = 0; i < counts.length; i++) {
        // A bucket reaches up to 2^((index+1) * 2^-scale).
        if (Math.scalb((double) (offset + i + 1), -scale) > most) {
          break;
        }
        n += counts[i];
        counts[i] = 0;
      }
      return n;
    }

    /**
     * Adds counts.
     *
     * @param from the index of the first
     * @param shift how much finer their scale is
     */
    public void add(int from, long[] more, int shift) {
      if (more.length == 0) {
        return;
      }
      int low = shift(from, shift);
      int high = shift(from + more.length - 1, shift);
      int newLow = counts.length == 0 ? low : Math.min(low, offset);
      int newHigh = counts.length == 0 ? high : Math.max(high, offset + counts.length - 1);
      if ((long) newHigh - newLow >= MAX_WIDTH) {
        newLow = newHigh - MAX_WIDTH + 1;
      }
      long[] grown = new long[newHigh - newLow + 1];
      for (int i = 0; i < counts.length; i++) {
        grown[Math.max(0, offset + i - newLow)] += counts[i];
      }
      for (int i = 0; i < more.length; i++) {
        grown[Math.max(0, shift(from + i, shift) - newLow)] += more[i];
      }
      offset = newLow;
      counts = grown;
    }

    private static int shift(int index, int by) {
      return by >= 32 ? index < 0 ? -1 : 0 : index >> by;
    }
  }

  /** The aggregation of a word; null if there is none. */
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

  /** The value of a point of a gauge or a sum. */
  public static double value(NumberDataPoint p) {
    return p.isDouble() ? p.doubleValue() : p.longValue();
  }

  /** A copy of what points of all kinds have in common. */
  public static <P extends DataPoint> P like(DataPoint from, P to) {
    to.attributes().putAll(from.attributes());
    to.setStartTimeUnixNano(from.startTimeUnixNano());
    to.setTimeUnixNano(from.timeUnixNano());
    to.setFlags(from.flags());
    return to;
  }

  /** For each of a list what a function makes of it, without what it makes nothing of. */
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

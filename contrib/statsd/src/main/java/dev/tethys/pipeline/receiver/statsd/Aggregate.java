package dev.tethys.pipeline.receiver.statsd;

import dev.tethys.codec.statsd.StatsdSample;
import dev.tethys.model.histogram.ExponentialCounts;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Aggregate of one series within an interval. Guarded by the aggregator. */
sealed interface Aggregate {
  /** Maximum number of members of a set, or observations of a series, per interval. */
  int MAX_KEPT = 100_000;

  /** Adds a value; returns false if there is no space for it. */
  boolean add(StatsdSample s, double value);

  /** Returns the memory a value will use, here and in the output. */
  default long grows(StatsdSample s) {
    return 0;
  }

  /** Whether it accumulates over intervals; its output is copied then. */
  default boolean accumulates() {
    return false;
  }

  /** Adds its points to a metric and creates the metric's data if necessary. */
  void addTo(Metric m, Map<String, String> attributes, long startNanos, long nanos);

  private static <P extends dev.tethys.model.telemetry.DataPoint> P at(
      P p, Map<String, String> attributes, long startNanos, long nanos) {
    attributes.forEach(p.attributes()::add);
    p.setStartTimeUnixNano(startNanos);
    p.setTimeUnixNano(nanos);
    return p;
  }

  private static MetricData.Gauge gauge(Metric m) {
    if (m.data() instanceof MetricData.Gauge g) {
      return g;
    }
    MetricData.Gauge g = new MetricData.Gauge();
    m.setData(g);
    return g;
  }

  /** Counted since the last interval. */
  final class Count implements Aggregate {
    private final boolean monotonic;
    private final CounterNumbers numbers;
    private double sum;

    Count(boolean monotonic, CounterNumbers numbers) {
      this.monotonic = monotonic;
      this.numbers = numbers;
    }

    @Override
    public boolean accumulates() {
      return true;
    }

    @Override
    public boolean add(StatsdSample s, double value) {
      sum += numbers.of(value / s.rate());
      return true;
    }

    @Override
    public void addTo(Metric m, Map<String, String> attributes, long startNanos, long nanos) {
      MetricData.Sum data;
      if (m.data() instanceof MetricData.Sum d) {
        data = d;
      } else {
        data = new MetricData.Sum();
        data.setTemporality(MetricData.TEMPORALITY_DELTA);
        data.setMonotonic(monotonic);
        m.setData(data);
      }
      NumberDataPoint p = at(new NumberDataPoint(), attributes, startNanos, nanos);
      if (numbers != CounterNumbers.FLOAT && sum == Math.rint(sum) && Math.abs(sum) < 0x1p53) {
        p.setLong((long) sum);
      } else {
        p.setDouble(sum);
      }
      data.points().add(p);
    }
  }

  /** The last value of a gauge. */
  final class Level implements Aggregate {
    private double value;

    Level(double before) {
      value = before;
    }

    double value() {
      return value;
    }

    @Override
    public boolean add(StatsdSample s, double v) {
      value = s.relative() ? value + v : v;
      return true;
    }

    @Override
    public void addTo(Metric m, Map<String, String> attributes, long startNanos, long nanos) {
      NumberDataPoint p = at(new NumberDataPoint(), attributes, 0, nanos);
      p.setDouble(value);
      gauge(m).points().add(p);
    }
  }

  /** Number of distinct members of a set. */
  final class Members implements Aggregate {
    /** Overhead of a member in addition to its text. */
    private static final long MEMBER_BYTES = 128;

    private final Set<String> members = new HashSet<>();

    @Override
    public long grows(StatsdSample s) {
      return members.contains(s.member()) ? 0 : MEMBER_BYTES + 2L * s.member().length();
    }

    @Override
    public boolean add(StatsdSample s, double value) {
      return members.contains(s.member()) || members.size() < MAX_KEPT && members.add(s.member());
    }

    @Override
    public void addTo(Metric m, Map<String, String> attributes, long startNanos, long nanos) {
      NumberDataPoint p = at(new NumberDataPoint(), attributes, 0, nanos);
      p.setLong(members.size());
      gauge(m).points().add(p);
    }
  }

  /** Individual observations: a summary, or one point each. */
  final class Observations implements Aggregate {
    /** Memory of a summary's observation, including sorting. */
    private static final long SUMMARY_BYTES = 48;

    /** Memory of an observation as a point, without attributes. */
    private static final long POINT_BYTES = 256;

    private static final long ATTRIBUTE_BYTES = 32;

    private final boolean summary;
    private final List<Double> percentiles;
    private final long valueBytes;
    private double[] values = new double[8];
    private long[] weights = new long[8];
    private int size;

    Observations(ObserverForm form, Map<String, String> attributes) {
      this.summary = form.shape() == ObserverForm.Shape.SUMMARY;
      this.percentiles = form.percentiles();
      long point = POINT_BYTES;
      for (Map.Entry<String, String> e : attributes.entrySet()) {
        point += ATTRIBUTE_BYTES + 2L * (e.getKey().length() + e.getValue().length());
      }
      this.valueBytes = summary ? SUMMARY_BYTES : point;
    }

    @Override
    public long grows(StatsdSample s) {
      return valueBytes;
    }

    @Override
    public boolean add(StatsdSample s, double value) {
      if (size == MAX_KEPT) {
        return false;
      }
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
        weights = Arrays.copyOf(weights, 2 * size);
      }
      values[size] = value;
      weights[size++] = s.times();
      return true;
    }

    @Override
    public void addTo(Metric m, Map<String, String> attributes, long startNanos, long nanos) {
      if (!summary) {
        for (int i = 0; i < size; i++) {
          NumberDataPoint p = at(new NumberDataPoint(), attributes, 0, nanos);
          p.setDouble(values[i]);
          gauge(m).points().add(p);
        }
        return;
      }
      MetricData.Summary data;
      if (m.data() instanceof MetricData.Summary d) {
        data = d;
      } else {
        data = new MetricData.Summary();
        m.setData(data);
      }
      data.points().add(summary(attributes, startNanos, nanos));
    }

    private SummaryDataPoint summary(Map<String, String> attributes, long start, long nanos) {
      Integer[] order = new Integer[size];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, (a, b) -> Double.compare(values[a], values[b]));
      long count = 0;
      double sum = 0;
      for (int i = 0; i < size; i++) {
        count += weights[i];
        sum += values[i] * weights[i];
      }
      double[] quantiles = new double[percentiles.size()];
      double[] at = new double[quantiles.length];
      for (int q = 0; q < quantiles.length; q++) {
        quantiles[q] = percentiles.get(q) / 100;
        long rank = Math.max(1, (long) Math.ceil(quantiles[q] * count));
        long seen = 0;
        for (int i = 0; i < size; i++) {
          seen += weights[order[i]];
          if (seen >= rank) {
            at[q] = values[order[i]];
            break;
          }
        }
      }
      SummaryDataPoint p = at(new SummaryDataPoint(), attributes, start, nanos);
      p.setCount(count);
      p.setSum(sum);
      p.setQuantiles(quantiles);
      p.setQuantileValues(at);
      return p;
    }
  }

  /** Observations counted into buckets with bounds. */
  final class Buckets implements Aggregate {
    private final double[] bounds;
    private final long[] counts;
    private long count;
    private double sum;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;

    Buckets(List<Double> bounds) {
      this.bounds = bounds.stream().mapToDouble(Double::doubleValue).toArray();
      this.counts = new long[this.bounds.length + 1];
    }

    @Override
    public boolean accumulates() {
      return true;
    }

    @Override
    public boolean add(StatsdSample s, double value) {
      int i = 0;
      while (i < bounds.length && value > bounds[i]) {
        i++;
      }
      counts[i] += s.times();
      count += s.times();
      sum += value * s.times();
      min = Math.min(min, value);
      max = Math.max(max, value);
      return true;
    }

    @Override
    public void addTo(Metric m, Map<String, String> attributes, long startNanos, long nanos) {
      MetricData.Histogram data;
      if (m.data() instanceof MetricData.Histogram d) {
        data = d;
      } else {
        data = new MetricData.Histogram();
        data.setTemporality(MetricData.TEMPORALITY_DELTA);
        m.setData(data);
      }
      HistogramDataPoint p = at(new HistogramDataPoint(), attributes, startNanos, nanos);
      p.setExplicitBounds(bounds);
      p.setBucketCounts(counts.clone());
      p.setCount(count);
      p.setSum(sum);
      p.setMin(min);
      p.setMax(max);
      data.points().add(p);
    }
  }

  /** Observations counted into exponential buckets. */
  final class Exponential implements Aggregate {
    private static final int FIRST_SCALE = 20;
    private static final int MIN_SCALE = -10;

    /** Memory of a bucket, here and in the output. */
    private static final long BUCKET_BYTES = 80;

    private final ExponentialCounts counts;
    private int charged; // buckets whose memory is reserved

    Exponential(int maxSize) {
      counts = new ExponentialCounts(FIRST_SCALE, MIN_SCALE, maxSize);
    }

    @Override
    public boolean accumulates() {
      return true;
    }

    @Override
    public boolean add(StatsdSample s, double value) {
      charged = Math.max(charged, buckets());
      counts.observe(value, s.times());
      return true;
    }

    /** Buckets that were started by earlier values. */
    @Override
    public long grows(StatsdSample s) {
      return Math.max(0, buckets() - charged) * BUCKET_BYTES;
    }

    private int buckets() {
      return counts.positive().size() + counts.negative().size();
    }

    private static long[] dense(Map<Integer, Long> side, int first) {
      int last = first;
      for (int k : side.keySet()) {
        last = Math.max(last, k);
      }
      long[] out = new long[side.isEmpty() ? 0 : last - first + 1];
      side.forEach((k, n) -> out[k - first] = n);
      return out;
    }

    private static int first(Map<Integer, Long> side) {
      return side.isEmpty() ? 0 : side.keySet().iterator().next();
    }

    @Override
    public void addTo(Metric m, Map<String, String> attributes, long startNanos, long nanos) {
      MetricData.ExponentialHistogram data;
      if (m.data() instanceof MetricData.ExponentialHistogram d) {
        data = d;
      } else {
        data = new MetricData.ExponentialHistogram();
        data.setTemporality(MetricData.TEMPORALITY_DELTA);
        m.setData(data);
      }
      ExponentialHistogramDataPoint p =
          at(new ExponentialHistogramDataPoint(), attributes, startNanos, nanos);
      p.setScale(counts.scale());
      p.setZeroCount(counts.zero());
      p.setPositiveOffset(first(counts.positive()));
      p.setPositiveCounts(dense(counts.positive(), first(counts.positive())));
      p.setNegativeOffset(first(counts.negative()));
      p.setNegativeCounts(dense(counts.negative(), first(counts.negative())));
      p.setCount(counts.count());
      p.setSum(counts.sum());
      p.setMin(counts.min());
      p.setMax(counts.max());
      data.points().add(p);
    }
  }
}

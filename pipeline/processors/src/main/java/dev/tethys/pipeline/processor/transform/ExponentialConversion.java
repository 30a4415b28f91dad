package dev.tethys.pipeline.processor.transform;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.processor.Points;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Converts exponential histograms to explicit ones. The count of a bucket goes to one bucket,
 * chosen by its upper bound or midpoint, or is spread evenly or randomly over the buckets it
 * overlaps. Negative observations are dropped.
 */
final class ExponentialConversion {
  private enum Distribution {
    UPPER,
    MIDPOINT,
    UNIFORM,
    RANDOM
  }

  private final Distribution how;
  private final double[] bounds;

  private ExponentialConversion(Distribution how, double[] bounds) {
    this.how = how;
    this.bounds = bounds;
  }

  static OttlExpr.Getter make(Arguments a) {
    Distribution how =
        switch (a.string(0)) {
          case "upper" -> Distribution.UPPER;
          case "midpoint" -> Distribution.MIDPOINT;
          case "uniform" -> Distribution.UNIFORM;
          case "random" -> Distribution.RANDOM;
          default ->
              throw a.error(0, "the distribution must be upper, midpoint, uniform or random");
        };
    double[] bounds =
        a.list(1).stream()
            .mapToDouble(
                e -> (Double) Objects.requireNonNull(e.get(new dev.tethys.pipeline.ottl.Cursor())))
            .toArray();
    if (bounds.length == 0) {
      throw a.error(1, "at least one bound is needed");
    }
    for (int i = 1; i < bounds.length; i++) {
      if (!(bounds[i] > bounds[i - 1])) {
        throw a.error(1, "the bounds must be in ascending order");
      }
    }
    ExponentialConversion c = new ExponentialConversion(how, bounds);
    return at -> {
      if (at.metric().data() instanceof MetricData.ExponentialHistogram e) {
        MetricData.Histogram h = new MetricData.Histogram();
        h.setTemporality(e.temporality());
        for (ExponentialHistogramDataPoint p : e.points()) {
          h.points().add(c.convert(p));
        }
        at.metric().setData(h);
      }
      return null;
    };
  }

  private HistogramDataPoint convert(ExponentialHistogramDataPoint p) {
    HistogramDataPoint h = Points.like(p, new HistogramDataPoint());
    h.setCount(p.count());
    if (p.hasSum()) {
      h.setSum(p.sum());
    }
    if (p.hasMin()) {
      h.setMin(p.min());
    }
    if (p.hasMax()) {
      h.setMax(p.max());
    }
    h.exemplars().addAll(p.exemplars());
    h.setExplicitBounds(bounds.clone());
    long[] counts = new long[bounds.length + 1];
    if (bounds[0] == 0) {
      counts[0] += p.zeroCount();
    }
    double base = Math.pow(2, Math.pow(2, -p.scale()));
    for (int i = 0; i < p.positiveCounts().length; i++) {
      long count = p.positiveCounts()[i];
      if (count > 0) {
        double low = Math.pow(base, p.positiveOffset() + i);
        put(counts, low, low * base, count);
      }
    }
    h.setBucketCounts(counts);
    return h;
  }

  private void put(long[] counts, double low, double high, long count) {
    switch (how) {
      case UPPER -> counts[bucket(high)] += count;
      case MIDPOINT -> counts[bucket((low + high) / 2)] += count;
      case UNIFORM, RANDOM -> {
        List<Integer> crossed = new ArrayList<>();
        for (int i = 0; i < bounds.length; i++) {
          if (bounds[i] >= low && bounds[i] <= high) {
            crossed.add(i);
          }
        }
        if (crossed.isEmpty()) {
          counts[bucket(low)] += count;
        } else if (how == Distribution.UNIFORM) {
          for (int i = 0; i < crossed.size(); i++) {
            counts[crossed.get(i)] += count / crossed.size() + (i < count % crossed.size() ? 1 : 0);
          }
        } else {
          random(counts, crossed, count);
        }
      }
    }
  }

  private static void random(long[] counts, List<Integer> crossed, long count) {
    ThreadLocalRandom r = ThreadLocalRandom.current();
    long remaining = count;
    for (int i = 0; i < crossed.size() - 1 && remaining > 0; i++) {
      long share = Math.min(remaining, r.nextLong(2 * (remaining / (crossed.size() - i)) + 1));
      counts[crossed.get(i)] += share;
      remaining -= share;
    }
    counts[crossed.getLast()] += remaining;
  }

  private int bucket(double value) {
    for (int i = 0; i < bounds.length; i++) {
      if (value <= bounds[i]) {
        return i;
      }
    }
    return bounds.length;
  }
}

package dev.tethys.codec.datadog;

import dev.tethys.codec.protobuf.ProtoWriter;
import java.util.TreeMap;

/**
 * A distribution as Datadog's agent sends it: counts by logarithmic key, with one relative error
 * for all of them.
 *
 * <p>The key of a value is {@code round(log(v) / log(g)) + 1338} with g = 1 + 1/64, rounded to
 * even; the opposite for negative values, 0 for those below some 1e-9. The constants are those of
 * {@code pkg/quantile} of datadog-agent, since Datadog merges by key; the message is {@code
 * SketchPayload.Sketch.Dogsketch} of agent-payload. Values of a bucket with only a count are
 * assumed to be spread evenly over it. Not thread-safe.
 */
public final class DogSketch {
  /** The maximum number of keys; beyond it the lowest are joined, as the agent does. */
  static final int MAX_BINS = 4096;

  /** The agent's bins have 16 bits: a key with a larger count has several bins. */
  static final int MAX_BIN = 65_535;

  static final int BIAS = 1338;
  static final int MAX_KEY = 32_766;
  static final double LN_GAMMA = Math.log1p(1.0 / 64);
  static final double LEAST = Math.exp(LN_GAMMA * (1 - BIAS));

  private final TreeMap<Integer, Long> bins = new TreeMap<>();

  /** Returns the key of a finite value. */
  static int key(double v) {
    if (v < 0) {
      return -key(-v);
    }
    if (v < LEAST) {
      return 0;
    }
    long k = (long) Math.rint(Math.log(v) / LN_GAMMA) + BIAS;
    return (int) Math.clamp(k, 1, MAX_KEY);
  }

  /**
   * Returns the lower bound of a key's values; a key's upper bound is the lower bound of the next.
   */
  static double lower(int key) {
    if (key > 0) {
      return key == 1 ? LEAST : Math.exp(LN_GAMMA * (key - BIAS - 0.5));
    }
    return -lower(1 - key);
  }

  /** Returns a value that represents all values of a key. */
  static double middle(int key) {
    return key == 0 ? 0 : key < 0 ? -middle(-key) : Math.exp(LN_GAMMA * (key - BIAS));
  }

  /** Adds a number of observations with the same value. */
  public void add(double value, long count) {
    if (count > 0) {
      bins.merge(key(value), count, Long::sum);
    }
  }

  /**
   * Observations somewhere between two finite values.
   *
   * @param from lower bound; less than {@code to}
   */
  public void add(double from, double to, long count) {
    int first = key(from);
    int last = key(to);
    if (first == last || !(from < to)) {
      add(to, count);
      return;
    }
    double width = to - from;
    long placed = 0;
    for (int k = first; k <= last && placed < count; k++) {
      double end = k == last ? to : Math.min(to, lower(k + 1));
      long until = k == last ? count : Math.round(count * Math.min(1, (end - from) / width));
      if (until > placed) {
        bins.merge(k, until - placed, Long::sum);
        placed = until;
      }
    }
  }

  public boolean isEmpty() {
    return bins.isEmpty();
  }

  /** Returns the number of observations. */
  public long count() {
    return bins.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns the approximate minimum observation. */
  public double min() {
    return bins.isEmpty() ? 0 : middle(bins.firstKey());
  }

  /** Returns the approximate maximum observation. */
  public double max() {
    return bins.isEmpty() ? 0 : middle(bins.lastKey());
  }

  /** Returns the approximate sum of observations. */
  public double sum() {
    double s = 0;
    for (var b : bins.entrySet()) {
      s += middle(b.getKey()) * b.getValue();
    }
    return s;
  }

  /**
   * Writes a {@code Dogsketch} as a field of a message.
   *
   * @param seconds Unix seconds
   */
  public void write(ProtoWriter w, int field, long seconds, double min, double max, double sum) {
    while (bins.size() > MAX_BINS) {
      long lowest = bins.pollFirstEntry().getValue();
      bins.merge(bins.firstKey(), lowest, Long::sum);
    }
    long count = count();
    int m = w.begin(field);
    w.int64(1, seconds).int64(2, count).float64(3, min).float64(4, max);
    w.float64(5, count == 0 ? 0 : sum / count).float64(6, sum);
    int keys = w.begin(7);
    bins.forEach(
        (k, n) -> {
          for (long remaining = n; remaining > 0; remaining -= MAX_BIN) {
            w.signedVarint(k);
          }
        });
    w.end(keys);
    int counts = w.begin(8);
    bins.forEach(
        (k, n) -> {
          for (long remaining = n; remaining > 0; remaining -= MAX_BIN) {
            w.varint(Math.min(remaining, MAX_BIN));
          }
        });
    w.end(counts);
    w.end(m);
  }
}

package dev.tethys.model.histogram;

import dev.tethys.model.CompensatedSum;

/**
 * Merges buckets into a zero bucket with a larger threshold. Buckets covered by the wider zero
 * bucket are added to it; a populated bucket that the threshold would split extends the threshold
 * further.
 */
final class ZeroBucket {
  double threshold;
  double count;
  double carry;

  /** Sets the threshold, count and carry of the bucket before it is widened. */
  ZeroBucket start(double threshold, double count, double carry) {
    this.threshold = threshold;
    this.count = count;
    this.carry = carry;
    return this;
  }

  /**
   * Widens the bucket. The rows are only read.
   *
   * @param larger new threshold; at least the current one
   * @param carries whether the rows' carries count too
   */
  void widen(double larger, int schema, BucketRow positive, BucketRow negative, boolean carries) {
    if (larger <= threshold) {
      return;
    }
    double before = count;
    while (true) {
      count = before;
      double cut = swallow(positive, schema, larger, carries);
      if (cut != 0) {
        larger = cut;
      }
      cut = swallow(negative, schema, larger, carries);
      if (cut == 0) {
        threshold = larger;
        return;
      }
      larger = cut; // what was taken from the positive side is no longer all: once more
    }
  }

  /** The upper bound of a populated bucket that the threshold cuts, or 0. */
  private double swallow(BucketRow row, int schema, double larger, boolean carries) {
    for (int i = 0; i < row.size; i++) {
      if (BucketBounds.exponential(row.index[i] - 1, schema) >= larger) {
        return 0;
      }
      increase(row.count[i]);
      if (carries) {
        increase(row.carry[i]);
      }
      double upper = BucketBounds.exponential(row.index[i], schema);
      if (upper > larger) {
        return row.count[i] != 0 ? upper : 0;
      }
    }
    return 0;
  }

  private void increase(double v) {
    double t = count + v;
    carry = CompensatedSum.carry(count, v, t, carry);
    count = t;
  }
}

package dev.tethys.query.logql;

import java.util.Arrays;

/** Numbers of rows by bucket of time, buckets ascending. For one thread while it is filled. */
public final class BucketCounts {
  private long[] buckets = new long[2];
  private long[] rows = new long[2];
  private int size;
  private int last; // place of the last addition
  private long total;

  /**
   * Adds rows to a bucket.
   *
   * @return bytes that were taken for it
   */
  public int add(long bucket, long count) {
    total += count;
    int at = find(bucket);
    last = at;
    if (at < size && buckets[at] == bucket) {
      rows[at] += count;
      return 0;
    }
    int taken = 0;
    if (size == buckets.length) {
      taken = 2 * Long.BYTES * size;
      buckets = Arrays.copyOf(buckets, 2 * size);
      rows = Arrays.copyOf(rows, 2 * size);
    }
    if (at < size) {
      System.arraycopy(buckets, at, buckets, at + 1, size - at);
      System.arraycopy(rows, at, rows, at + 1, size - at);
    }
    buckets[at] = bucket;
    rows[at] = count;
    size++;
    return taken;
  }

  /** Place of a bucket, or that of the first later one. Buckets mostly follow each other. */
  private int find(long bucket) {
    int next = last + 1;
    if (next < size && buckets[next] == bucket) {
      return next;
    }
    if (size == 0 || buckets[size - 1] < bucket) {
      return size;
    }
    int at = Arrays.binarySearch(buckets, 0, size, bucket);
    return at < 0 ? -at - 1 : at;
  }

  /** Adds all rows of other counts. */
  public void addAll(BucketCounts other) {
    for (int i = 0; i < other.size; i++) {
      add(other.buckets[i], other.rows[i]);
    }
  }

  /** Number of buckets. */
  public int size() {
    return size;
  }

  /** First time of a bucket. */
  public long bucket(int i) {
    return buckets[i];
  }

  /** Rows of a bucket. */
  public long rows(int i) {
    return rows[i];
  }

  /** Rows of all buckets. */
  public long total() {
    return total;
  }
}

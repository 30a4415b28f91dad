package dev.tethys.query.logql;

import java.util.Arrays;

/** Numbers of rows by bucket of time, buckets ascending. Not thread-safe while it is filled. */
public final class BucketCounts {
  private static final int NEAR = 16; // places after the last one that are tried one by one

  private long[] buckets = new long[2];
  private long[] rows = new long[2];
  private int size;
  private int last; // place of the last addition
  private long total;

  /**
   * Adds rows to a bucket.
   *
   * @return bytes that it used for them
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

  /** Returns the index of a bucket, or of the next one. Buckets are mostly consecutive. */
  private int find(long bucket) {
    if (size == 0 || buckets[size - 1] < bucket) {
      return size;
    }
    int at = last;
    if (buckets[at] <= bucket) {
      for (int end = Math.min(size, at + NEAR); at < end; at++) {
        if (buckets[at] >= bucket) {
          return at;
        }
      }
    }
    int found = Arrays.binarySearch(buckets, 0, size, bucket);
    return found < 0 ? -found - 1 : found;
  }

  /** Adds all rows of other counts. */
  public void addAll(BucketCounts other) {
    long[] times = new long[size + other.size];
    long[] sums = new long[times.length];
    int n = 0;
    int i = 0;
    int j = 0;
    while (i < size || j < other.size) {
      boolean mine = j == other.size || i < size && buckets[i] <= other.buckets[j];
      boolean theirs = i == size || j < other.size && other.buckets[j] <= buckets[i];
      times[n] = mine ? buckets[i] : other.buckets[j];
      sums[n++] = (mine ? rows[i++] : 0) + (theirs ? other.rows[j++] : 0);
    }
    buckets = times;
    rows = sums;
    size = n;
    last = 0;
    total += other.total;
  }

  /** Returns the number of buckets. */
  public int size() {
    return size;
  }

  /** Returns the start time of a bucket. */
  public long bucket(int i) {
    return buckets[i];
  }

  /** Returns the row count of a bucket. */
  public long rows(int i) {
    return rows[i];
  }

  /** Returns the row count across all buckets. */
  public long total() {
    return total;
  }
}

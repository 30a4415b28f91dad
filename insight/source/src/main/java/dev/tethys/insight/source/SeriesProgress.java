package dev.tethys.insight.source;

import java.util.Arrays;

/**
 * Newest sample of each series of a source, so that samples contained in two responses are appended
 * once and a series that ends gets a stale marker. A series is identified by the hash of its labels
 * and costs 28 bytes in a table that is at most two thirds full. Not thread-safe.
 */
final class SeriesProgress {
  /** Longest time between two samples of a series that is taken for its interval. */
  static final int MAX_STEP = 300_000;

  private static final int SMALLEST = 1 << 10;

  private final int max;
  private long[] hashes = new long[SMALLEST]; // 0 is free
  private long[] references = new long[SMALLEST];
  private long[] last = new long[SMALLEST];
  private int[] steps = new int[SMALLEST]; // 0: unknown, or the series has ended
  private int size;

  /**
   * @param max number of series that are known at a time
   */
  SeriesProgress(int max) {
    this.max = max;
  }

  int size() {
    return size;
  }

  /**
   * Place of a series, which is added if it is new; -1 if the table is full. Valid until the next
   * call.
   */
  int place(long hash) {
    long key = hash == 0 ? 1 : hash;
    int at = find(key);
    if (hashes[at] == key) {
      return at;
    }
    if (size >= max) {
      return -1;
    }
    if ((size + 1) * 3L > hashes.length * 2L) {
      resize(hashes.length * 2);
      at = find(key);
    }
    hashes[at] = key;
    references[at] = 0;
    last[at] = Long.MIN_VALUE;
    steps[at] = 0;
    size++;
    return at;
  }

  private int find(long key) {
    int mask = hashes.length - 1;
    int at = (int) (key ^ key >>> 32) & mask;
    while (hashes[at] != 0 && hashes[at] != key) {
      at = at + 1 & mask;
    }
    return at;
  }

  /** Reference in the store; 0 if unknown. */
  long reference(int place) {
    return references[place];
  }

  void setReference(int place, long reference) {
    references[place] = reference;
  }

  /** Returns the timestamp of the newest sample. */
  long last(int place) {
    return last[place];
  }

  /** Records a sample that is newer than all others. */
  void note(int place, long time) {
    long before = last[place];
    last[place] = time;
    if (before != Long.MIN_VALUE && time - before <= MAX_STEP) {
      steps[place] = (int) (time - before);
    }
  }

  /** Receives ended series. */
  interface Ended {
    /** Appends a stale marker. */
    void mark(long reference, long time);
  }

  /**
   * Finds series without the samples that they should have.
   *
   * @param until time up to which all samples were read
   */
  void end(long until, Ended to) {
    for (int i = 0; i < hashes.length; i++) {
      int step = steps[i];
      if (hashes[i] != 0 && step > 0 && last[i] + step * 5L / 2 + 15_000 < until) {
        last[i] += step;
        steps[i] = 0;
        to.mark(references[i], last[i]);
      }
    }
  }

  /** Removes series without samples since a time. */
  void removeBefore(long time) {
    int kept = 0;
    for (int i = 0; i < hashes.length; i++) {
      kept += hashes[i] != 0 && last[i] >= time ? 1 : 0;
    }
    if (kept == size) {
      return;
    }
    long[] h = hashes;
    long[] r = references;
    long[] l = last;
    int[] s = steps;
    int length = SMALLEST;
    while (kept * 3L > length * 2L) {
      length *= 2;
    }
    allocate(length);
    for (int i = 0; i < h.length; i++) {
      if (h[i] != 0 && l[i] >= time) {
        put(h[i], r[i], l[i], s[i]);
      }
    }
  }

  /** Removes all series. */
  void clear() {
    allocate(SMALLEST);
  }

  private void allocate(int length) {
    hashes = new long[length];
    references = new long[length];
    last = new long[length];
    steps = new int[length];
    size = 0;
  }

  private void resize(int length) {
    long[] h = hashes;
    long[] r = references;
    long[] l = last;
    int[] s = steps;
    allocate(length);
    for (int i = 0; i < h.length; i++) {
      if (h[i] != 0) {
        put(h[i], r[i], l[i], s[i]);
      }
    }
  }

  private void put(long hash, long reference, long time, int step) {
    int at = find(hash);
    hashes[at] = hash;
    references[at] = reference;
    last[at] = time;
    steps[at] = step;
    size++;
  }

  @Override
  public String toString() {
    return size + " series, " + Arrays.stream(steps).filter(s -> s > 0).count() + " with a step";
  }
}

package dev.tethys.codec.exposition;

import java.util.Arrays;

/**
 * Collects buckets by ascending index and returns them as spans and counts without empty buckets:
 * only short runs of empty buckets between others are kept.
 */
final class NativeBuckets {
  private final int maxEmpty;
  private int[] spans = new int[16];
  private int spanCount;
  private double[] counts = new double[16];
  private int size;
  private int next; // index after the bucket added last

  NativeBuckets(int maxEmpty) {
    this.maxEmpty = maxEmpty;
  }

  void add(int index, double count) {
    if (count == 0) {
      return;
    }
    if (spanCount == 0) {
      open(index);
    } else if (index - next > maxEmpty) {
      open(index - next);
    } else {
      for (; next < index; next++) {
        push(0);
      }
    }
    push(count);
    next = index + 1;
  }

  private void open(int offset) {
    if (spans.length - spanCount < 2) {
      spans = Arrays.copyOf(spans, spans.length * 2);
    }
    spans[spanCount] = offset;
    spans[spanCount + 1] = 0;
    spanCount += 2;
  }

  private void push(double count) {
    if (size == counts.length) {
      counts = Arrays.copyOf(counts, size * 2);
    }
    counts[size++] = count;
    spans[spanCount - 1]++;
  }

  int[] spans() {
    return Arrays.copyOf(spans, spanCount);
  }

  double[] counts() {
    return Arrays.copyOf(counts, size);
  }
}

package dev.tethys.model.profiles;

import java.util.Arrays;

/** Samples of one profile. Reused; Not thread-safe. */
public final class Samples {
  /** Number of samples. */
  public int count;

  /** Nodes of {@link ProfileSymbols#nodes}. */
  public int[] stacks = new int[64];

  /** Sets of {@link ProfileSymbols#attributes}. */
  public int[] attributes = new int[64];

  public long[] values = new long[64];

  private long[] order = {}; // stack and position of each sample, sorted
  private int ordered; // number of samples of the last order
  private int[] sortedStacks = {};
  private int[] sortedAttributes = {};
  private long[] sortedValues = {};

  /** Removes all samples. */
  public Samples clear() {
    count = 0;
    return this;
  }

  /** Reserves space for a number of samples. */
  public void reserve(int n) {
    if (n > stacks.length) {
      int size = Math.max(n, stacks.length * 2);
      stacks = Arrays.copyOf(stacks, size);
      attributes = Arrays.copyOf(attributes, size);
      values = Arrays.copyOf(values, size);
    }
  }

  /** Length of the arrays in bytes. */
  public long capacity() {
    return 16L * stacks.length + 16L * sortedStacks.length + 8L * order.length;
  }

  /** Adds a sample. */
  public void add(int stack, int set, long value) {
    reserve(count + 1);
    stacks[count] = stack;
    attributes[count] = set;
    values[count++] = value;
  }

  /** Sum of the values; it wraps as the values of one pprof profile do. */
  public long total() {
    long total = 0;
    for (int i = 0; i < count; i++) {
      total += values[i];
    }
    return total;
  }

  /** Sorts by stack and set, and adds up samples that are equal in both. */
  public void normalize() {
    boolean ascending = true;
    for (int i = 1; i < count && ascending; i++) {
      ascending = stacks[i - 1] < stacks[i];
    }
    if (ascending) {
      return;
    }
    if (!isOrdered()) {
      order();
    }
    int[] s = sortedStacks;
    int[] a = sortedAttributes;
    long[] v = sortedValues;
    int n = 0;
    for (int i = 0; i < count; i++) {
      int at = (int) order[i];
      if (n > 0 && s[n - 1] == stacks[at] && a[n - 1] == attributes[at]) {
        v[n - 1] += values[at];
      } else {
        s[n] = stacks[at];
        a[n] = attributes[at];
        v[n++] = values[at];
      }
    }
    sortedStacks = stacks; // arrays change places, so that none is allocated for each profile
    sortedAttributes = attributes;
    sortedValues = values;
    stacks = s;
    attributes = a;
    values = v;
    count = n;
  }

  /** True if the last order is that of these samples: sample types of a profile share stacks. */
  private boolean isOrdered() {
    if (ordered != count || sortedStacks.length < count) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      if (stacks[(int) order[i]] != (int) (order[i] >> 32)) {
        return false;
      }
    }
    return true;
  }

  private void order() {
    if (order.length < count || sortedStacks.length < count) {
      order = new long[stacks.length];
      sortedStacks = new int[stacks.length];
      sortedAttributes = new int[stacks.length];
      sortedValues = new long[stacks.length];
    }
    for (int i = 0; i < count; i++) {
      order[i] = (long) stacks[i] << 32 | i;
    }
    Arrays.sort(order, 0, count);
    ordered = count;
  }
}

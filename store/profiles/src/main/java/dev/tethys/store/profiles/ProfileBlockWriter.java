package dev.tethys.store.profiles;

import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.Samples;
import dev.tethys.store.events.SectionWriter;
import dev.tethys.store.files.ByteSink;

/** Columns of a block, see {@link ProfileSections}. Not thread-safe. */
final class ProfileBlockWriter {
  private final ByteSink[] columns = new ByteSink[ProfileSections.VALUES + 1];
  private int rows;
  private int samples;
  private int series;
  private long time;
  private long duration;
  private long period;
  private boolean hasSets;

  ProfileBlockWriter() {
    for (int i = 0; i < columns.length; i++) {
      columns[i] = new ByteSink(1 << 10);
    }
  }

  void clear() {
    for (ByteSink c : columns) {
      c.clear();
    }
    rows = 0;
    samples = 0;
    series = 0;
    time = 0;
    duration = 0;
    period = 0;
    hasSets = false;
  }

  int rows() {
    return rows;
  }

  int samples() {
    return samples;
  }

  /** Returns the uncompressed size. */
  long bytes() {
    long bytes = 0;
    for (ByteSink c : columns) {
      bytes += c.size;
    }
    return bytes;
  }

  /** Adds a row, which is not before the last one in the order of series. */
  void add(int ordinal, ProfileRows from, int row, int meta, Samples of) {
    columns[ProfileSections.ROW_SERIES].uvarint(ordinal - series);
    series = ordinal;
    columns[ProfileSections.TIMES].svarint(from.times[row] - time);
    time = from.times[row];
    columns[ProfileSections.DURATIONS].svarint(from.durations[row] - duration);
    duration = from.durations[row];
    columns[ProfileSections.PERIODS].svarint(from.periods[row] - period);
    period = from.periods[row];
    columns[ProfileSections.METAS].uvarint(meta);
    columns[ProfileSections.ROW_TOTALS].svarint(from.totals[row]);
    columns[ProfileSections.COUNTS].uvarint(of.count);
    long divisor = divisor(of);
    columns[ProfileSections.DIVISORS].uvarint(divisor);
    int stack = 0;
    for (int i = 0; i < of.count; i++) {
      columns[ProfileSections.STACKS].svarint(of.stacks[i] - stack);
      stack = of.stacks[i];
      columns[ProfileSections.SETS].uvarint(of.attributes[i]);
      hasSets |= of.attributes[i] != 0;
      columns[ProfileSections.VALUES].svarint(of.values[i] / divisor);
    }
    samples += of.count;
    rows++;
  }

  /**
   * Returns the greatest common divisor of the values, at least 1: sampled times are multiples of a
   * period.
   */
  private static long divisor(Samples of) {
    long g = 0;
    for (int i = 0; i < of.count && g != 1; i++) {
      long v = of.values[i];
      if (v == Long.MIN_VALUE) {
        return 1;
      }
      long a = Math.abs(v);
      while (a != 0) {
        long rest = g % a;
        g = a;
        a = rest;
      }
    }
    return Math.max(1, g);
  }

  /** Appends the block to a buffer. */
  void write(SectionWriter to, ByteSink out) {
    to.begin();
    for (int i = 0; i < columns.length; i++) {
      if (i != ProfileSections.SETS || hasSets) {
        to.add(i, columns[i]);
      }
    }
    to.end(out);
  }
}

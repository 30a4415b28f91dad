package dev.tethys.collect.host.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A line of /proc/diskstats.
 *
 * @param values column values in order, in bytes and seconds: reads completed, reads merged, bytes
 *     read, read time, writes completed, writes merged, bytes written, write time, I/Os in
 *     progress, I/O time, weighted I/O time; then the same for discards and flushes
 * @param count number of values that this kernel provides
 */
record DiskLine(String name, String major, String minor, double[] values, int count) {
  private static final double SECTOR = 512.0;
  private static final double TICK = 1.0 / 1000.0;
  private static final int MIN_FIELDS = 14; // older kernels print less of partitions

  private static final double[] SCALE = {
    1, 1, SECTOR, TICK, 1, 1, SECTOR, TICK, 1, TICK, TICK, 1, 1, 1, TICK, 1, TICK
  };

  /**
   * Reads the lines of some devices.
   *
   * @param wanted selects lines by name; the numbers of others may be malformed
   */
  static List<DiskLine> read(Text t, Predicate<String> wanted) throws MalformedException {
    List<DiskLine> out = new ArrayList<>();
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      String major = t.field();
      t.needField();
      String minor = t.field();
      t.needField();
      String name = t.field();
      if (!wanted.test(name)) {
        continue;
      }
      double[] values = new double[SCALE.length];
      int n = 0;
      while (n < values.length && t.nextField()) {
        values[n] = t.unsigned() * SCALE[n];
        n++;
      }
      if (n + 3 >= MIN_FIELDS) {
        out.add(new DiskLine(name, major, minor, values, n));
      }
    }
    return out;
  }
}

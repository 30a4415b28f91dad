package dev.tethys.collect.host.internal;

/** The lines of /proc/stat with the time of one CPU each, read without an object per line. */
final class CpuLines {
  /** Ticks a second in /proc/stat and /proc/PID/stat, the same on every architecture. */
  static final double USER_HZ = 100.0;

  /** user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. */
  static final int TIMES = 10;

  /** More CPUs than Linux can have; a file that names a higher one is malformed. */
  private static final int MAX_CPU = 1 << 16;

  /** Time the CPU spent in each mode; 0 for modes not reported by the kernel. */
  final double[] seconds = new double[TIMES];

  /** CPU number of the current line. */
  int number;

  /** Steps to the next CPU, not to the sum of all; false at the end. */
  boolean next(Text t) throws MalformedException {
    while (t.nextLine()) {
      if (!t.lineStartsWith("cpu")) {
        continue;
      }
      t.needField();
      int from = t.fieldStart + 3;
      if (from == t.fieldEnd) {
        continue; // the sum
      }
      long n = t.integer(from, t.fieldEnd);
      if (n < 0 || n > MAX_CPU) {
        throw t.malformed("no CPU has the number " + n);
      }
      number = (int) n;
      for (int i = 0; i < TIMES; i++) {
        seconds[i] = t.nextField() ? t.number() / USER_HZ : 0;
      }
      return true;
    }
    return false;
  }
}

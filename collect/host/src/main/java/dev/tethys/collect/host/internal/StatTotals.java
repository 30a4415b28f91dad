package dev.tethys.collect.host.internal;

/** Totals of /proc/stat that are not per CPU; absent ones count as 0. */
final class StatTotals {
  /** Number of counted kinds of software interrupts. */
  static final int VECTORS = 10;

  double interrupts;
  double contextSwitches;
  double forks;
  double bootSeconds;
  double running;
  double blocked;
  final double[] softirqs = new double[VECTORS];

  private StatTotals() {}

  /** Reads the file, software interrupts only if needed. */
  static StatTotals read(Text t, boolean softirq) throws MalformedException {
    StatTotals s = new StatTotals();
    while (t.nextLine()) {
      if (t.lineStartsWith("cpu") || !t.nextField()) {
        continue;
      }
      if (t.is("intr")) {
        s.interrupts = t.nextUnsigned();
      } else if (t.is("ctxt")) {
        s.contextSwitches = t.nextUnsigned();
      } else if (t.is("processes")) {
        s.forks = t.nextUnsigned();
      } else if (t.is("btime")) {
        s.bootSeconds = t.nextUnsigned();
      } else if (t.is("procs_running")) {
        s.running = t.nextUnsigned();
      } else if (t.is("procs_blocked")) {
        s.blocked = t.nextUnsigned();
      } else if (softirq && t.is("softirq")) {
        t.needField(); // the total
        for (int i = 0; i < s.softirqs.length; i++) {
          s.softirqs[i] = t.nextUnsigned();
        }
      }
    }
    return s;
  }
}

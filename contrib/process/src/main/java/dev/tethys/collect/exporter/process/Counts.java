package dev.tethys.collect.exporter.process;

/** Accumulated resource usage of a thread, a process or a group, in integers except times. */
record Counts(
    double user,
    double system,
    double readBytes,
    double writtenBytes,
    double majorFaults,
    double minorFaults,
    double voluntarySwitches,
    double involuntarySwitches) {
  static final Counts ZERO = new Counts(0, 0, 0, 0, 0, 0, 0, 0);

  Counts plus(Counts c) {
    return new Counts(
        user + c.user,
        system + c.system,
        readBytes + c.readBytes,
        writtenBytes + c.writtenBytes,
        majorFaults + c.majorFaults,
        minorFaults + c.minorFaults,
        voluntarySwitches + c.voluntarySwitches,
        involuntarySwitches + c.involuntarySwitches);
  }

  /**
   * Returns the increase since earlier counts; files that were unreadable for a while add nothing.
   */
  Counts since(Counts c) {
    return new Counts(
        Math.max(0, user - c.user),
        Math.max(0, system - c.system),
        Math.max(0, readBytes - c.readBytes),
        Math.max(0, writtenBytes - c.writtenBytes),
        Math.max(0, majorFaults - c.majorFaults),
        Math.max(0, minorFaults - c.minorFaults),
        Math.max(0, voluntarySwitches - c.voluntarySwitches),
        Math.max(0, involuntarySwitches - c.involuntarySwitches));
  }

  /** Counts with the context switches of a process's threads, which its own counts lack. */
  Counts withSwitches(double voluntary, double involuntary) {
    return new Counts(
        user, system, readBytes, writtenBytes, majorFaults, minorFaults, voluntary, involuntary);
  }
}

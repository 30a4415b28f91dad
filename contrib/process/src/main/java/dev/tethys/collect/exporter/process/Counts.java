package dev.tethys.collect.exporter.process;

/** Resource usage of a thread, a process or a group so far, in whole numbers except times. */
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

  /** What was added since an earlier look; files that could not be read for a while add nothing. */
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

  /** The same with the switches of a process's threads, which are not in its own. */
  Counts withSwitches(double voluntary, double involuntary) {
    return new Counts(
        user, system, readBytes, writtenBytes, majorFaults, minorFaults, voluntary, involuntary);
  }
}

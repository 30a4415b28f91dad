package dev.tethys.collect.exporter.process;

import java.util.List;

/**
 * State of a process at one scrape.
 *
 * @param openFiles -1 when they cannot be counted
 * @param maxFiles the soft limit as an unsigned number; infinite for no limit
 * @param states numbers in each of {@link #STATES}, of the process and its threads
 * @param waitsIn the function of the kernel that it waits in, {@code ""} for none or unknown
 * @param threads thread statistics; empty if there is only one thread
 * @param partial number of parts that could not be read
 */
record ProcessSnapshot(
    Counts counts,
    Memory memory,
    int openFiles,
    double maxFiles,
    long threadCount,
    List<Integer> states,
    String waitsIn,
    List<ThreadSnapshot> threads,
    int partial) {
  /** The states with their own label value, as the label shows them. */
  static final List<String> STATES = List.of("Running", "Sleeping", "Waiting", "Zombie", "Other");

  /** In bytes. */
  record Memory(
      long resident, long virtual, long swapped, long proportional, long proportionalSwapped) {
    Memory plus(Memory m) {
      return new Memory(
          resident + m.resident,
          virtual + m.virtual,
          swapped + m.swapped,
          proportional + m.proportional,
          proportionalSwapped + m.proportionalSwapped);
    }
  }

  /** A thread; {@code started} distinguishes it from a later one with the same number. */
  record ThreadSnapshot(
      int id, long started, String name, Counts counts, String waitsIn, int state) {}

  /** Returns the position in {@link #STATES} of a letter in {@code stat}. */
  static int state(char letter) {
    return switch (letter) {
      case 'R' -> 0;
      case 'S' -> 1;
      case 'D' -> 2;
      case 'Z' -> 3;
      default -> 4;
    };
  }
}

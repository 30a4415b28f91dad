package dev.tethys.pipeline.operators;

/** Takes entries: the next operator, or what is behind the last. */
@FunctionalInterface
public interface Sink {
  /**
   * Takes an entry over; waits while what comes after is slow.
   *
   * @throws InterruptedException when waiting was ended; the entry was then not taken
   */
  void accept(Entry e) throws InterruptedException;
}

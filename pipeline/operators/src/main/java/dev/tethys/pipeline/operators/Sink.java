package dev.tethys.pipeline.operators;

/** Consumer of entries: the next operator, or the output after the last one. */
@FunctionalInterface
public interface Sink {
  /**
   * Accepts an entry; blocks while downstream is slow.
   *
   * @throws InterruptedException if the wait was interrupted; the entry was not accepted then
   */
  void accept(Entry e) throws InterruptedException;
}

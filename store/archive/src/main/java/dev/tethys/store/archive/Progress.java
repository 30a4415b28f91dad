package dev.tethys.store.archive;

/**
 * Listener for the progress of a long operation. Called often: implementations that display it
 * limit the rate.
 */
public interface Progress {
  /** Shows nothing. */
  Progress NONE =
      new Progress() {
        @Override
        public void step(String name, long total) {}

        @Override
        public void advance(long by) {}
      };

  /** Called when part of the work starts; {@code total} of its units are expected, 0 if unknown. */
  void step(String name, long total);

  /** Called when more units are done. */
  void advance(long by);
}

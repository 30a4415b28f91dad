package dev.tethys.pipeline.stages;

/**
 * One stage. It gives each entry on, now or later, or settles it. A stage with state is not
 * thread-safe.
 */
interface Stage {
  /** Receives the entries that a stage passes on. */
  interface Next {
    void accept(StageEntry entry);
  }

  void process(StageEntry entry, Next next);

  /**
   * Creates a stage of the same kind for another thread: its own streams, but shared counters and
   * limits.
   */
  default Stage fork() {
    return this;
  }

  /**
   * Returns the time when {@link #flush} is due, by the monotonic clock; {@code Long.MAX_VALUE} for
   * never.
   */
  default long nextFlush() {
    return Long.MAX_VALUE;
  }

  /** Emits entries that have been buffered long enough. */
  default void flush(long nanos, Next next) {}

  /** Emits all buffered entries. */
  default void drain(Next next) {}

  /** Unregisters the stage's metrics and releases its resources. */
  default void close() {}

  /** Stage that modifies the entry in place and neither drops nor retains it. */
  @FunctionalInterface
  interface Change extends Stage {
    void change(StageEntry entry);

    @Override
    default void process(StageEntry entry, Next next) {
      change(entry);
      next.accept(entry);
    }
  }
}

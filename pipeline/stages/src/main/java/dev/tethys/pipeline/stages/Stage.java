package dev.tethys.pipeline.stages;

/**
 * One stage. It gives each entry on, now or later, or settles it. A stage with state is for one
 * thread.
 */
interface Stage {
  /** Consumer of the entries of a stage. */
  interface Next {
    void accept(StageEntry entry);
  }

  void process(StageEntry entry, Next next);

  /** A stage of the same kind for another thread: its own streams, the same counters and limits. */
  default Stage fork() {
    return this;
  }

  /** When {@link #flush} has something to do, by the clock that never goes back; or never. */
  default long nextFlush() {
    return Long.MAX_VALUE;
  }

  /** Gives on what has been held back for long enough. */
  default void flush(long nanos, Next next) {}

  /** Gives on all that is held back. */
  default void drain(Next next) {}

  /** Lets go of what it has registered. */
  default void close() {}

  /** A stage that changes the entry in place, and neither drops nor keeps it. */
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

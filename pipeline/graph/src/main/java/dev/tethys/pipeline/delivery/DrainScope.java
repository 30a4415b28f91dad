package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.FullQueueBehavior;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Component through which a thread forwards data, with the components it passed before. A full
 * queue reads it: a thread that passed through a stopping component does not wait, while all others
 * continue waiting.
 */
public final class DrainScope {
  private static final ScopedValue<DrainScope> OF_THREAD = ScopedValue.newInstance();
  private static final Exit WAITING = new Exit(FullQueueBehavior.WAIT);

  private final Exit exit;
  private final @Nullable DrainScope before;

  private DrainScope(Exit exit, @Nullable DrainScope before) {
    this.exit = exit;
    this.before = before;
  }

  private static @Nullable DrainScope ofThread() {
    return OF_THREAD.isBound() ? OF_THREAD.get() : null;
  }

  /** Returns the exits of the components through which this thread came, nearest first. */
  static List<Exit> exits() {
    List<Exit> all = new ArrayList<>();
    for (DrainScope p = ofThread(); p != null; p = p.before) {
      all.add(p.exit);
    }
    return all;
  }

  /** Whether one of the components through which this thread passed is stopping. */
  static boolean isClosing() {
    for (DrainScope p = ofThread(); p != null; p = p.before) {
      if (p.exit.closing) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a full queue may block this thread: the last component on its way that decides this
   * determines it.
   */
  public static boolean mayWait() {
    for (DrainScope p = ofThread(); p != null; p = p.before) {
      if (p.exit.timeLimit != FullQueueBehavior.INHERIT) {
        return p.exit.timeLimit == FullQueueBehavior.WAIT;
      }
    }
    return false;
  }

  /** Runs a forwarding task for a component that may wait, on a thread that is not its own. */
  public static void waiting(Runnable handing) {
    WAITING.pass(handing);
  }

  /** Consumer that forwards every batch of one component. */
  public static final class Exit {
    private final FullQueueBehavior timeLimit;
    private volatile boolean closing;

    public Exit(FullQueueBehavior timeLimit) {
      this.timeLimit = timeLimit;
    }

    /** Forwards an item. */
    public void pass(Runnable handing) {
      ScopedValue.where(OF_THREAD, new DrainScope(this, ofThread())).run(handing);
    }

    /**
     * Marks the component as stopping: queues no longer block it. Threads already waiting must be
     * woken ({@link Outbox#wakeBlockedProducers}).
     */
    public void close() {
      closing = true;
    }
  }
}

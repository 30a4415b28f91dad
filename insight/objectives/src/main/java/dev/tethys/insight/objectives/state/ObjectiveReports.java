package dev.tethys.insight.objectives.state;

import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.state.ObjectiveStates.Report;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Latest report of states, computed when it is read and older than {@link #AGE}: however many
 * clients read it, at most {@link ObjectiveStates#MAX_QUERIES} run in that time. A change of the
 * objectives makes a new one.
 */
public final class ObjectiveReports {
  /** Age up to which a report is not computed again. */
  public static final Duration AGE = Duration.ofSeconds(30);

  private final ObjectiveStates states;
  private final boolean defaults;
  private final LongSupplier millis;
  private final ReentrantLock lock = new ReentrantLock();

  private volatile ObjectiveSet set = ObjectiveSet.EMPTY;

  // guarded by lock
  private ObjectiveSet computedFor = ObjectiveSet.EMPTY;
  private Report last = new Report(Long.MIN_VALUE / 2, List.of(), List.of());

  /**
   * @param defaults whether services have objectives by default
   * @param millis current time in Unix milliseconds
   */
  public ObjectiveReports(ObjectiveStates states, boolean defaults, LongSupplier millis) {
    this.states = states;
    this.defaults = defaults;
    this.millis = millis;
  }

  /** Replaces the objectives. */
  public void set(ObjectiveSet next) {
    set = next;
  }

  /** Returns the objectives defined in files. */
  public ObjectiveSet set() {
    return set;
  }

  /** The report, at most {@link #AGE} old. */
  public Report read() {
    lock.lock();
    try {
      ObjectiveSet now = set;
      long time = millis.getAsLong();
      long age = time - last.time();
      if (now != computedFor || age < 0 || age >= AGE.toMillis()) {
        last = states.at(now, defaults, time);
        computedFor = now;
      }
      return last;
    } finally {
      lock.unlock();
    }
  }
}

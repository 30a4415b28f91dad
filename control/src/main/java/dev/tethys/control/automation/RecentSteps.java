package dev.tethys.control.automation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Results of the last actions of rules, at most {@link #MAX}. Thread-safe. */
final class RecentSteps<S> {
  static final int MAX = 1000;

  @GuardedBy("this")
  private final Deque<S> steps = new ArrayDeque<>(); // the latest first

  /** Adds the latest one. */
  synchronized void add(S step) {
    if (steps.size() == MAX) {
      steps.removeLast();
    }
    steps.addFirst(step);
  }

  /** Adds an entry older than all others if there is space. */
  synchronized void addOldest(S step) {
    if (steps.size() < MAX) {
      steps.addLast(step);
    }
  }

  synchronized void remove(S step) {
    steps.remove(step);
  }

  /** Returns all steps, newest first. */
  synchronized List<S> all() {
    return List.copyOf(steps);
  }
}

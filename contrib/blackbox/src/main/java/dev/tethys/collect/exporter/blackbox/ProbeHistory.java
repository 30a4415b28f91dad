package dev.tethys.collect.exporter.blackbox;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The most recent probes, and the most recent failures among older ones. Thread-safe; holds at most
 * twice its limit.
 */
final class ProbeHistory {
  /** A completed probe. */
  record Entry(long id, String module, String target, String log, boolean success) {}

  private final int limit;

  @GuardedBy("this")
  private final Deque<Entry> newest = new ArrayDeque<>();

  @GuardedBy("this")
  private final Deque<Entry> failures = new ArrayDeque<>();

  @GuardedBy("this")
  private long nextId;

  ProbeHistory(int limit) {
    this.limit = limit;
  }

  synchronized void add(String module, String target, String log, boolean success) {
    newest.addLast(new Entry(nextId++, module, target, log, success));
    if (newest.size() > limit) {
      Entry oldest = newest.removeFirst();
      if (!oldest.success) {
        failures.addLast(oldest);
        if (failures.size() > limit) {
          failures.removeFirst();
        }
      }
    }
  }

  /** Returns all entries, newest first. */
  synchronized List<Entry> list() {
    List<Entry> out = new ArrayList<>(failures);
    out.addAll(newest);
    return out.reversed();
  }

  @Nullable Entry find(long id) {
    return list().stream().filter(e -> e.id == id).findFirst().orElse(null);
  }

  /**
   * Returns the newest probe of a target.
   *
   * @param module {@code ""} for any
   */
  @Nullable Entry find(String target, String module) {
    return list().stream()
        .filter(e -> e.target.equals(target) && (module.isEmpty() || e.module.equals(module)))
        .findFirst()
        .orElse(null);
  }
}

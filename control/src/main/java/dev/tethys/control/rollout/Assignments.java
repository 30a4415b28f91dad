package dev.tethys.control.rollout;

import dev.tethys.control.access.Selector;
import dev.tethys.control.rollout.Rollout.Assignment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Assignments in the order of their creation. A later one holds for the agents that both match; the
 * earlier one stays for the others, and holds again for all when the later one is removed. Guarded
 * by the lock of {@link Rollouts}.
 */
final class Assignments {
  private final List<Assignment> all = new ArrayList<>(); // the latest last

  /**
   * Returns all assignments, including those that currently apply to no agent; most recent last.
   */
  List<Assignment> all() {
    return List.copyOf(all);
  }

  /** Replaces all. */
  void load(List<Assignment> next) {
    all.clear();
    all.addAll(next);
  }

  /**
   * Returns the assignments not superseded by a later one of the same configuration; most recent
   * last.
   */
  List<Assignment> visible() {
    List<Assignment> out = new ArrayList<>();
    Map<String, List<Selector>> later = new HashMap<>();
    for (Assignment a : all.reversed()) {
      List<Selector> above = later.computeIfAbsent(a.configuration(), k -> new ArrayList<>());
      if (above.stream().noneMatch(a.selector()::isWithin)) {
        out.add(a);
        above.add(a.selector());
      }
    }
    return List.copyOf(out.reversed());
  }

  /** Assignments of a configuration that apply to agents; the latest last. */
  List<Assignment> visible(String configuration) {
    return visible().stream().filter(a -> a.configuration().equals(configuration)).toList();
  }

  /** Returns all assignments of a configuration, most recent first. */
  List<Assignment> of(String configuration) {
    return all.reversed().stream().filter(a -> a.configuration().equals(configuration)).toList();
  }

  /** Returns the latest assignment of a configuration; null if none. */
  @Nullable Assignment latest(String configuration) {
    List<Assignment> own = of(configuration);
    return own.isEmpty() ? null : own.getFirst();
  }

  /** Adds the latest one. */
  void add(Assignment a) {
    all.add(a);
  }

  void remove(Assignment a) {
    all.remove(a);
  }

  /** Removes those of a configuration. */
  void remove(String configuration) {
    all.removeIf(a -> a.configuration().equals(configuration));
  }

  /** Removes the assignments of a forgotten rollout, which can no longer be restored by an undo. */
  void forget(long rollout) {
    all.removeIf(a -> a.rollout() == rollout);
  }

  /**
   * Adds assignments missing from an older file, which kept only the last one per configuration:
   * each rollout names the one it replaced.
   */
  static List<Assignment> withFormer(List<Assignment> kept, List<Rollout> rollouts) {
    Map<Long, Rollout> byId = new HashMap<>();
    rollouts.forEach(r -> byId.put(r.id, r));
    List<Assignment> out = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    kept.forEach(a -> seen.add(a.rollout()));
    for (Assignment a : kept) {
      Rollout r = byId.get(a.rollout());
      while (r != null && r.before != null && seen.add(r.before.rollout())) {
        out.add(r.before);
        r = byId.get(r.before.rollout());
      }
    }
    out.sort(java.util.Comparator.comparingLong(Assignment::rollout));
    out.addAll(kept);
    return out;
  }
}

package dev.tethys.pipeline.processor.schema;

import dev.tethys.model.telemetry.Attributes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Attribute renames, applied simultaneously: {@code a: b} and {@code b: a} swap two names. An
 * attribute keeps its name if the new one is in use.
 */
final class Renames {
  private static final int FIXED = -1;

  private final Map<String, String> names;

  Renames(Map<String, String> names) {
    this.names = names;
  }

  /** Inverts renames. If several old names have the same new name, the first is used. */
  static Map<String, String> inverted(Map<String, String> names) {
    Map<String, String> back = new LinkedHashMap<>();
    names.forEach((from, to) -> back.putIfAbsent(to, from));
    return back;
  }

  /** Returns the names that are replaced. */
  Set<String> old() {
    return names.keySet();
  }

  /**
   * Renames attributes.
   *
   * @param collision gets each new name that was taken
   * @return whether any was renamed
   */
  boolean apply(Attributes a, Consumer<String> collision) {
    int last = -1;
    int found = 0;
    for (int i = 0; i < a.size(); i++) {
      if (names.containsKey(a.key(i))) {
        last = i;
        found++;
      }
    }
    if (found == 0) {
      return false;
    }
    if (found > 1) {
      return several(a, collision);
    }
    String to = names.getOrDefault(a.key(last), "");
    if (a.contains(to)) {
      collision.accept(to);
      return false;
    }
    a.setKey(last, to);
    return true;
  }

  private boolean several(Attributes a, Consumer<String> collision) {
    // index of the entry with each resulting name, renamed or unchanged
    Map<String, Integer> holders = new HashMap<>();
    for (int i = 0; i < a.size(); i++) {
      if (!names.containsKey(a.key(i))) {
        holders.put(a.key(i), FIXED);
      }
    }
    boolean[] moves = new boolean[a.size()];
    for (int i = 0; i < a.size(); i++) {
      String to = names.get(a.key(i));
      if (to == null) {
        continue;
      }
      if (holders.putIfAbsent(to, i) == null) {
        moves[i] = true;
        continue;
      }
      collision.accept(to);
      // the unchanged entry may itself block an earlier one
      Integer next = holders.put(a.key(i), FIXED);
      while (next != null && next != FIXED) {
        moves[next] = false;
        collision.accept(names.getOrDefault(a.key(next), ""));
        next = holders.put(a.key(next), FIXED);
      }
    }
    boolean changed = false;
    for (int i = 0; i < moves.length; i++) {
      if (moves[i]) {
        a.setKey(i, names.getOrDefault(a.key(i), ""));
        changed = true;
      }
    }
    return changed;
  }
}

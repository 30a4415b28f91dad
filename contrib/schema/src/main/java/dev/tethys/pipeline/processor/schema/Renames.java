package dev.tethys.pipeline.processor.schema;

import dev.tethys.model.telemetry.Attributes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * New names of attributes, all applied at once: {@code a: b} and {@code b: a} exchange two names.
 * An attribute stays as it is called where its new name is taken.
 */
final class Renames {
  private static final int FIXED = -1;

  private final Map<String, String> names;

  Renames(Map<String, String> names) {
    this.names = names;
  }

  /** The way back. Of several old names with one new name the first is taken. */
  static Map<String, String> inverted(Map<String, String> names) {
    Map<String, String> back = new LinkedHashMap<>();
    names.forEach((from, to) -> back.putIfAbsent(to, from));
    return back;
  }

  /** The names that are replaced. */
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
    // who has a name afterwards: an entry that is renamed, or one that stays
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
      // the entry that stays may itself be in the way of one before it
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

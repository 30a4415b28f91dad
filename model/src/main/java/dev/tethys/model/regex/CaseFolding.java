package dev.tethys.model.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Unicode's simple case folding as orbits of code points that differ only in case: {@code K},
 * {@code k} and the Kelvin sign are one. Taken from the JDK's case mappings; the two letters i that
 * fold only in Turkic languages stay alone, as in Go.
 */
final class CaseFolding {
  /** No letter with case has a higher number. */
  private static final int LAST = 0x1FFFF;

  private static final int CAPITAL_I_WITH_DOT = 0x130;
  private static final int SMALL_DOTLESS_I = 0x131;

  private static final int[] FOLDING; // code points of orbits, ascending
  private static final int[][] ORBITS; // of each of them

  static {
    Map<Integer, List<Integer>> byFold = new HashMap<>();
    for (int c = 0; c <= LAST; c++) {
      int upper = Character.toUpperCase(c);
      int lower = Character.toLowerCase(c);
      if ((upper != c || lower != c) && c != CAPITAL_I_WITH_DOT && c != SMALL_DOTLESS_I) {
        List<Integer> orbit =
            byFold.computeIfAbsent(Character.toLowerCase(upper), k -> new ArrayList<>(2));
        orbit.add(c);
      }
    }
    byFold.forEach( // what a capital folds to need not have a capital itself
        (fold, orbit) -> {
          if (!orbit.contains(fold)) {
            orbit.add(fold);
          }
        });
    int n = 0;
    for (List<Integer> orbit : byFold.values()) {
      n += orbit.size() > 1 ? orbit.size() : 0;
    }
    long[] order = new long[n];
    List<int[]> orbits = new ArrayList<>();
    int k = 0;
    for (List<Integer> orbit : byFold.values()) {
      if (orbit.size() > 1) {
        for (int c : orbit) {
          order[k++] = (long) c << 32 | orbits.size();
        }
        orbits.add(orbit.stream().mapToInt(Integer::intValue).toArray());
      }
    }
    Arrays.sort(order);
    FOLDING = new int[n];
    ORBITS = new int[n][];
    for (int i = 0; i < n; i++) {
      FOLDING[i] = (int) (order[i] >>> 32);
      ORBITS[i] = orbits.get((int) order[i]);
    }
  }

  private CaseFolding() {}

  /** Adds the code points that differ from those of a range only in case. */
  static void addOthers(int low, int high, CharSet.Builder to) {
    int i = Arrays.binarySearch(FOLDING, low);
    for (i = i < 0 ? -i - 1 : i; i < FOLDING.length && FOLDING[i] <= high; i++) {
      for (int c : ORBITS[i]) {
        if (c < low || c > high) {
          to.add(c, c);
        }
      }
    }
  }

  /** A code point with all others that differ only in case. */
  static CharSet orbit(int c) {
    int i = Arrays.binarySearch(FOLDING, c);
    if (i < 0) {
      return CharSet.of(c, c);
    }
    CharSet.Builder b = new CharSet.Builder();
    for (int other : ORBITS[i]) {
      b.add(other, other);
    }
    return b.build();
  }
}

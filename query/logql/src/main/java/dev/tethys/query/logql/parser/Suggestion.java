package dev.tethys.query.logql.parser;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The known word nearest to an unknown one, by edit distance. */
final class Suggestion {
  private Suggestion() {}

  /**
   * Returns a word that differs in at most two letters, or one for words of less than six; null if
   * none.
   */
  static @Nullable String nearest(String word, Iterable<String> known) {
    String w = word.toLowerCase(Locale.ROOT);
    if (w.length() < 3 || w.length() > 40) {
      return null;
    }
    int best = w.length() < 6 ? 2 : 3;
    String nearest = null;
    for (String k : known) {
      int d = distance(w, k);
      if (d < best || d == best && nearest != null && k.compareTo(nearest) < 0) {
        best = d;
        nearest = k;
      }
    }
    return nearest;
  }

  private static int distance(String a, String b) {
    int[] before = new int[b.length() + 1];
    int[] now = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      before[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      now[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        now[j] = Math.min(before[j - 1] + change, 1 + Math.min(before[j], now[j - 1]));
      }
      int[] t = before;
      before = now;
      now = t;
    }
    return before[b.length()];
  }
}

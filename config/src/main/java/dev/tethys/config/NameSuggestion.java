package dev.tethys.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds what a person probably meant to write. */
public final class NameSuggestion {
  private NameSuggestion() {}

  /**
   * The known word with the smallest edit distance, or null when none is near. Of several, one of
   * the same length, for a wrong letter is likelier than a forgotten one; then the first by name.
   */
  public static @Nullable String of(String word, Collection<String> known) {
    String best = null;
    int bestDistance = Math.max(2, word.length() / 3) + 1;
    for (String k : known) {
      int d = distance(word.toLowerCase(Locale.ROOT), k.toLowerCase(Locale.ROOT), bestDistance);
      if (d < bestDistance || (d == bestDistance && best != null && isLikelier(k, best, word))) {
        bestDistance = d;
        best = k;
      }
    }
    return best;
  }

  private static boolean isLikelier(String k, String than, String word) {
    boolean same = k.length() == word.length();
    return same == (than.length() == word.length()) ? k.compareTo(than) < 0 : same;
  }

  /** The edit distance, or something beyond the limit where it is. */
  private static int distance(String a, String b, int limit) {
    if (Math.abs(a.length() - b.length()) > limit) {
      return limit + 1;
    }
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}

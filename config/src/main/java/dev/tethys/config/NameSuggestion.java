package dev.tethys.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the known word most similar to a mistyped one. */
public final class NameSuggestion {
  /** Maximum edit distance of suggestions for any word. */
  private static final int MIN_DISTANCE = 2;

  private NameSuggestion() {}

  /**
   * Returns the known word with the smallest edit distance, or null if none is close. Among
   * several, one of the same length wins, since a wrong letter is likelier than a missing one; then
   * the first by name.
   */
  public static @Nullable String of(String word, Collection<String> known) {
    return of(word, known, Math.max(MIN_DISTANCE, word.length() / 3));
  }

  private static @Nullable String of(String word, Collection<String> known, int most) {
    String best = null;
    int bestDistance = most + 1;
    for (String k : known) {
      int d = distance(word.toLowerCase(Locale.ROOT), k.toLowerCase(Locale.ROOT), bestDistance);
      if (d < bestDistance || (d == bestDistance && best != null && isLikelier(k, best, word))) {
        bestDistance = d;
        best = k;
      }
    }
    return best;
  }

  /**
   * Finds a name of several parts, such as {@code web.listen-address}: unless a word differs in at
   * most two letters, the shortest one that has all parts of the word in order.
   */
  public static @Nullable String ofParts(String word, Collection<String> known) {
    String near = of(word, known, MIN_DISTANCE);
    if (near != null) {
      return near;
    }
    List<String> parts = parts(word);
    return known.stream()
        .filter(k -> hasInOrder(parts(k), parts))
        .min(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
        .orElseGet(() -> of(word, known));
  }

  private static List<String> parts(String name) {
    return List.of(name.toLowerCase(Locale.ROOT).split("[._-]+"));
  }

  private static boolean hasInOrder(List<String> all, List<String> some) {
    Iterator<String> i = some.iterator();
    if (!i.hasNext()) {
      return false;
    }
    String next = i.next();
    for (String part : all) {
      if (part.equals(next)) {
        if (!i.hasNext()) {
          return true;
        }
        next = i.next();
      }
    }
    return false;
  }

  /**
   * Returns the suggestion appended to an error: {@code ", did you mean x?"}; "" if no word is
   * similar.
   */
  public static String question(String word, Collection<String> known) {
    String nearest = of(word, known);
    return nearest == null ? "" : ", did you mean " + nearest + "?";
  }

  private static boolean isLikelier(String k, String than, String word) {
    boolean same = k.length() == word.length();
    return same == (than.length() == word.length()) ? k.compareTo(than) < 0 : same;
  }

  /** Returns the edit distance, or any value above the limit if it exceeds it. */
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

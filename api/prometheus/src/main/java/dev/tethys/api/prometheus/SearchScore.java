package dev.tethys.api.prometheus;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Score of a name for a search text: 1 1 is an exact match, 0 does not match.
 *
 * <p><b>subsequence</b>: all typed characters occur in order. Runs count by the square of their
 * length, characters skipped before and between runs cost their share of the name, those after the
 * last run half of it. The best start wins; its score is divided by the square of the length of the
 * search text and kept just under an exact match. A prefix is equivalent to an exact match.
 *
 * <p><b>jarowinkler</b>: a substring scores from 1 at the start down to 0.1 at the end; without
 * one, the Jaro-Winkler similarity counts (Winkler 1990, prefix weight 0.1, four characters).
 */
final class SearchScore {
  static final List<String> ALGORITHMS = List.of("subsequence", "jarowinkler");

  private static final double BELOW_EXACT = 0.999;

  private final List<String> terms;
  private final boolean subsequence;
  private final boolean caseSensitive;
  private final double threshold;

  /**
   * @param threshold minimum score of fuzzy matches, from 0 to 1
   */
  SearchScore(List<String> terms, boolean subsequence, boolean caseSensitive, double threshold) {
    this.terms =
        terms.stream()
            .filter(t -> !t.isEmpty())
            .map(t -> caseSensitive ? t : t.toLowerCase(Locale.ROOT))
            .toList();
    this.subsequence = subsequence;
    this.caseSensitive = caseSensitive;
    this.threshold = threshold;
  }

  /** Returns the best score over all terms, or -1 if none matches; 1 for an empty query. */
  double of(String name) {
    if (terms.isEmpty()) {
      return 1;
    }
    String s = caseSensitive ? name : name.toLowerCase(Locale.ROOT);
    double best = -1;
    for (String t : terms) {
      best = Math.max(best, subsequence ? subsequence(t, s) : similar(t, s));
    }
    return best;
  }

  private double subsequence(String term, String name) {
    if (name.startsWith(term)) {
      return 1;
    }
    double score = subsequenceScore(term.codePoints().toArray(), name.codePoints().toArray());
    return score > 0 && score >= threshold ? score : -1;
  }

  private static double subsequenceScore(int[] term, int[] name) {
    double best = -1;
    for (int start = 0; start <= name.length - term.length; start++) {
      if (name[start] != term[0]) {
        continue;
      }
      double s = from(start, term, name);
      if (Double.isNaN(s)) {
        break; // what is behind holds even less
      }
      best = Math.max(best, s);
    }
    return best < 0 ? 0 : best / ((double) term.length * term.length) * BELOW_EXACT;
  }

  /** Returns the raw score of the greedy match from a position, or NaN if there is none. */
  private static double from(int start, int[] term, int[] name) {
    double skipped = 0;
    double runs = 0;
    int next = start;
    int last = -1;
    int matched = 0;
    while (matched < term.length) {
      while (next < name.length && name[next] != term[matched]) {
        next++;
      }
      if (next == name.length) {
        return Double.NaN;
      }
      int begin = next;
      while (next < name.length && matched < term.length && name[next] == term[matched]) {
        next++;
        matched++;
      }
      skipped += begin - last - 1;
      runs += (double) (next - begin) * (next - begin);
      last = next - 1;
    }
    double trailing = name.length - 1 - last;
    return runs - (skipped + trailing / 2) / name.length;
  }

  private double similar(String term, String name) {
    int at = name.indexOf(term);
    if (at == 0) {
      return 1;
    }
    if (at > 0) {
      int before = name.codePointCount(0, at);
      int most = name.codePointCount(0, name.length()) - term.codePointCount(0, term.length());
      return 1 - 0.9 * before / most;
    }
    if (threshold == 0) {
      return -1;
    }
    double s = jaroWinkler(term.codePoints().toArray(), name.codePoints().toArray());
    return s >= threshold ? s : -1;
  }

  static double jaroWinkler(int[] first, int[] second) {
    if (Arrays.equals(first, second)) {
      return 1;
    }
    int[] a = first.length <= second.length ? first : second;
    int[] b = a == first ? second : first;
    if (a.length == 0) {
      return 0;
    }
    int window = Math.max(b.length / 2 - 1, 0);
    boolean[] usedB = new boolean[b.length];
    int[] matched = new int[a.length];
    int matches = 0;
    for (int i = 0; i < a.length; i++) {
      int end = Math.min(i + window + 1, b.length);
      for (int j = Math.max(i - window, 0); j < end; j++) {
        if (!usedB[j] && a[i] == b[j]) {
          usedB[j] = true;
          matched[matches++] = a[i];
          break;
        }
      }
    }
    if (matches == 0) {
      return 0;
    }
    int out = 0;
    int k = 0;
    for (int j = 0; j < b.length; j++) {
      if (usedB[j] && b[j] != matched[k++]) {
        out++;
      }
    }
    double m = matches;
    double jaro = (m / a.length + m / b.length + (m - out * 0.5) / m) / 3;
    int prefix = 0;
    while (prefix < Math.min(4, a.length) && a[prefix] == b[prefix]) {
      prefix++;
    }
    return jaro + prefix * 0.1 * (1 - jaro);
  }
}

package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Log records or spans that a reader found, by what they are known by, and how often each. */
final class FoundRecords {
  private static final int SHOWN = 8;
  private static final int LENGTH = 400;

  private final Map<String, String> records = new LinkedHashMap<>();
  private final List<String> contradictions = new ArrayList<>();
  private long again;

  /**
   * Adds a record.
   *
   * @param id {@link KnownRecords.Item#id}
   * @param what in the words of {@link RecordPeer#kept}
   */
  void add(String id, String what) {
    String before = records.putIfAbsent(id, what);
    if (before != null) {
      again++;
      if (!before.equals(what)) {
        int at = same(before, what);
        contradictions.add(id + ": " + shown(before, at) + " and " + shown(what, at));
      }
    }
  }

  /** Number of records that exist more than once. */
  long again() {
    return again;
  }

  /** What there is, by what it is known by. */
  Map<String, String> all() {
    return records;
  }

  /**
   * Everything is there, as it was written, and nothing else.
   *
   * @param kept by what it is known by
   */
  void assertHolds(Map<String, String> kept) {
    List<String> wrong = new ArrayList<>(contradictions);
    Map<String, String> left = new LinkedHashMap<>(records);
    kept.forEach(
        (id, want) -> {
          String is = left.remove(id);
          if (is == null) {
            wrong.add(id + " is not there: " + shown(want, 0));
          } else if (!want.equals(is)) {
            int at = same(want, is);
            wrong.add(id + ":\n  found  " + shown(is, at) + "\n  wanted " + shown(want, at));
          }
        });
    left.forEach((id, is) -> wrong.add("never written: " + id + ' ' + shown(is, 0)));
    assertThat(wrong.stream().limit(SHOWN)).as(wrong.size() + " differences").isEmpty();
  }

  /** How long two texts are equal. */
  private static int same(String a, String b) {
    int n = 0;
    while (n < a.length() && n < b.length() && a.charAt(n) == b.charAt(n)) {
      n++;
    }
    return n;
  }

  /** A text about a place in it. */
  private static String shown(String s, int at) {
    int from = Math.max(0, at - LENGTH / 4);
    int to = Math.min(s.length(), at + LENGTH);
    return (from > 0 ? "…" : "") + s.substring(from, to) + (to < s.length() ? "…" : "");
  }
}

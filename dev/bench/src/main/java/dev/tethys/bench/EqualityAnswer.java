package dev.tethys.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Response of the HTTP API and its differences from another: all values, the order of series if it
 * is significant, error and annotation messages.
 */
final class EqualityAnswer {
  /**
   * Servers may add up series in another order, and functions amplify that: numbers this close,
   * relatively, are counted and not reported.
   */
  private static final double CLOSE = 1e-9;

  private final Map<?, ?> json;

  /** Number of compared values, and number of values with identical text. */
  static final class Tally {
    long numbers;
    long equal;
  }

  EqualityAnswer(Map<?, ?> json) {
    this.json = json;
  }

  /** Describes the difference in a few words, or null. */
  @Nullable String differs(EqualityAnswer ours, boolean ordered, Tally tally) {
    for (String field : List.of("status", "errorType", "error")) {
      String a = maskNondeterminism(String.valueOf(json.get(field)));
      String b = maskNondeterminism(String.valueOf(ours.json.get(field)));
      if (!a.equals(b)) {
        return field
            + ": "
            + a
            + (field.equals("status") ? error() + ours.error() : "")
            + " | "
            + b;
      }
    }
    Object a = json.get("data");
    Object b = ours.json.get("data");
    String d =
        a instanceof Map<?, ?> m && b instanceof Map<?, ?> n && m.containsKey("resultType")
            ? data(m, n, ordered, tally)
            : list(a, b, ordered) ? null : "data: " + a + " | " + b;
    if (d != null) {
      return d;
    }
    for (String field : List.of("warnings", "infos")) {
      Set<String> x = texts(json.get(field));
      Set<String> y = texts(ours.json.get(field));
      if (!x.equals(y)) {
        Set<String> only = new TreeSet<>(x);
        only.removeAll(y);
        y.removeAll(x);
        return field + ": only theirs " + only + ", only ours " + y;
      }
    }
    return null;
  }

  private static boolean list(@Nullable Object a, @Nullable Object b, boolean ordered) {
    return (!ordered && a instanceof List<?> x && b instanceof List<?> y)
        ? x.size() == y.size() && new HashSet<>(x).equals(new HashSet<>(y))
        : Objects.equals(a, b);
  }

  private String error() {
    return json.get("error") == null ? "" : " (" + json.get("error") + ")";
  }

  /**
   * More than ten annotations are a random choice; Prometheus counts forced monotonicity again and
   * again, from step to step.
   */
  private static Set<String> texts(@Nullable Object list) {
    TreeSet<String> out = new TreeSet<>();
    if (list instanceof List<?> l) {
      l.forEach(
          t -> out.add(String.valueOf(t).replaceFirst("over -?\\d+ samples", "over … samples")));
    }
    return out.stream().anyMatch(t -> t.endsWith(" omitted"))
        ? new TreeSet<>(List.of("more than ten"))
        : out;
  }

  /** Masks the series named in an error, which is arbitrary. */
  private static String maskNondeterminism(String error) {
    return error
        .replaceFirst("match group \\{.*\\}( on the|\\];many)", "match group …$1")
        .replaceFirst("side of the operation: \\[.*\\];many", "side of the operation: …;many");
  }

  private static @Nullable String data(Map<?, ?> a, Map<?, ?> b, boolean ordered, Tally tally) {
    if (!String.valueOf(a.get("resultType")).equals(String.valueOf(b.get("resultType")))) {
      return "type: " + a.get("resultType") + " | " + b.get("resultType");
    }
    if (!(a.get("result") instanceof List<?> x) || !(b.get("result") instanceof List<?> y)) {
      return "no result";
    }
    if (!"vector".equals(a.get("resultType")) && !"matrix".equals(a.get("resultType"))) {
      return value("", x, y, tally);
    }
    List<String> keysX = keys(x);
    List<String> keysY = keys(y);
    boolean matrix = "matrix".equals(a.get("resultType"));
    if (matrix ? !keysX.equals(keysY) : !sorted(keysX).equals(sorted(keysY))) {
      List<String> only = new ArrayList<>(keysX);
      only.removeAll(keysY);
      List<String> extra = new ArrayList<>(keysY);
      extra.removeAll(keysX);
      return "series: "
          + (only.isEmpty() && extra.isEmpty()
              ? "order"
              : "only theirs "
                  + only.size()
                  + only.stream().limit(1).toList()
                  + ", only ours "
                  + extra.size()
                  + extra.stream().limit(1).toList());
    }
    Map<String, Object> byKey = new TreeMap<>();
    for (int i = 0; i < y.size(); i++) {
      byKey.put(keysY.get(i), y.get(i));
    }
    for (int i = 0; i < x.size(); i++) {
      String d = value(keysX.get(i), x.get(i), byKey.get(keysX.get(i)), tally);
      if (d != null) {
        return d;
      }
    }
    // equal values are in any order
    return ordered && !matrix ? value("in order", values(x), values(y), tally) : null;
  }

  private static List<String> values(List<?> result) {
    return result.stream()
        .map(s -> (Map<?, ?>) s)
        .map(s -> String.valueOf(s.get("value")))
        .toList();
  }

  private static List<String> keys(List<?> result) {
    List<String> out = new ArrayList<>();
    for (Object s : result) {
      out.add(new TreeMap<>((Map<?, ?>) ((Map<?, ?>) s).get("metric")).toString());
    }
    return out;
  }

  private static List<String> sorted(List<String> l) {
    List<String> out = new ArrayList<>(l);
    Collections.sort(out);
    return out;
  }

  private static @Nullable String value(
      String where, @Nullable Object a, @Nullable Object b, Tally tally) {
    if (a instanceof Map<?, ?> m && b instanceof Map<?, ?> n) {
      if (!m.keySet().equals(n.keySet())) {
        return where + " fields: " + m.keySet() + " | " + n.keySet();
      }
      for (Map.Entry<?, ?> e : m.entrySet()) {
        String d = value(where + " " + e.getKey(), e.getValue(), n.get(e.getKey()), tally);
        if (d != null) {
          return d;
        }
      }
      return null;
    }
    if (a instanceof List<?> l && b instanceof List<?> r) {
      if (l.size() != r.size()) {
        return where + " sizes: " + l.size() + " | " + r.size() + ", first " + first(l, r);
      }
      for (int i = 0; i < l.size(); i++) {
        String d = value(where + " " + i, l.get(i), r.get(i), tally);
        if (d != null) {
          return d;
        }
      }
      return null;
    }
    String x = String.valueOf(a);
    String y = String.valueOf(b);
    tally.numbers++;
    if (x.equals(y)) {
      tally.equal++;
      return null;
    }
    return close(x, y) ? null : where + ": " + x + " | " + y;
  }

  private static String first(List<?> l, List<?> r) {
    for (int i = 0; i < Math.min(l.size(), r.size()); i++) {
      if (!l.get(i).equals(r.get(i))) {
        return l.get(i) + " | " + r.get(i);
      }
    }
    return l.size() > r.size() ? l.get(r.size()) + " |" : "| " + r.get(l.size());
  }

  private static boolean close(String a, String b) {
    try {
      double x = Double.parseDouble(a);
      double y = Double.parseDouble(b);
      return Math.abs(x - y) <= CLOSE * Math.max(Math.abs(x), Math.abs(y));
    } catch (NumberFormatException e) {
      return false;
    }
  }
}

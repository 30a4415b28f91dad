package dev.tethys.insight.source;

import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Names of metrics in groups, each of which one request reads. A group whose response is too large
 * is split; a single name is instead omitted for {@link #LEFT_OUT_MILLIS}.
 */
final class NameBatches {
  /** Maximum number of names in a request. */
  static final int MAX_NAMES = 50;

  /** Maximum length of a selector; VictoriaMetrics refuses queries of more than 16 kB. */
  static final int MAX_SELECTOR = 6_000;

  /** Maximum number of names. */
  static final int MAX_ALL_NAMES = 50_000;

  /** Time after which an omitted name is requested again. */
  static final long LEFT_OUT_MILLIS = 600_000;

  private static final String META = "\\.+*?()|[]{}^$";

  /**
   * Names read by a request, or a selector without a metric name.
   *
   * @param names not used if the selector is not empty
   */
  record Batch(List<String> names, String selector) {
    /** Selector in PromQL. */
    String promql() {
      if (!selector.isEmpty()) {
        return selector;
      }
      if (names.size() == 1) {
        return "{" + Labels.METRIC_NAME + "=" + GoQuote.quote(names.getFirst()) + "}";
      }
      StringBuilder sb = new StringBuilder();
      for (String n : names) {
        sb.append(sb.isEmpty() ? "" : "|").append(literal(n));
      }
      return "{" + Labels.METRIC_NAME + "=~" + GoQuote.quote(sb.toString()) + "}";
    }

    private static String literal(String name) {
      if (LabelNames.isLegacyMetricName(name)) {
        return name;
      }
      StringBuilder sb = new StringBuilder();
      for (int i = 0; i < name.length(); i++) {
        char c = name.charAt(i);
        if (META.indexOf(c) >= 0) {
          sb.append('\\');
        }
        sb.append(c);
      }
      return sb.toString();
    }

    /** Human-readable description of its series. */
    String shown() {
      return selector.isEmpty() ? names.getFirst() : selector;
    }

    boolean isSingle() {
      return !selector.isEmpty() || names.size() == 1;
    }

    private int length() {
      int n = 0;
      for (String s : names) {
        n += s.length() + 1;
      }
      return n;
    }
  }

  /** Name or selector that is left out. */
  private record LeftOut(long until, String reason) {}

  private final List<Batch> batches = new ArrayList<>();
  private final Map<String, LeftOut> leftOut = new LinkedHashMap<>();
  private int excess;

  /**
   * Sets the names and selectors to read from now on. Groups stay as they are as far as possible,
   * so that splits are kept.
   */
  void update(Collection<String> names, Collection<String> selectors, long now) {
    leftOut.values().removeIf(l -> l.until <= now);
    TreeSet<String> wanted = new TreeSet<>(names);
    excess = Math.max(0, wanted.size() - MAX_ALL_NAMES);
    while (wanted.size() > MAX_ALL_NAMES) {
      wanted.pollLast();
    }
    wanted.removeAll(leftOut.keySet());
    Set<String> raw = new TreeSet<>(selectors);
    raw.removeAll(leftOut.keySet());
    List<Batch> next = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (Batch b : batches) {
      if (b.selector.isEmpty()) {
        List<String> kept = b.names.stream().filter(wanted::contains).toList();
        if (!kept.isEmpty()) {
          next.add(kept.size() == b.names.size() ? b : new Batch(kept, ""));
          known.addAll(kept);
        }
      } else if (raw.contains(b.selector)) {
        next.add(b);
        known.add(b.selector);
      }
    }
    List<String> open = new ArrayList<>();
    for (String n : wanted) {
      if (known.contains(n)) {
        continue;
      }
      open.add(n);
      if (open.size() == MAX_NAMES || new Batch(open, "").length() > MAX_SELECTOR) {
        next.add(new Batch(List.copyOf(open), ""));
        open.clear();
      }
    }
    if (!open.isEmpty()) {
      next.add(new Batch(List.copyOf(open), ""));
    }
    for (String s : raw) {
      if (!known.contains(s)) {
        next.add(new Batch(List.of(), s));
      }
    }
    batches.clear();
    batches.addAll(next);
  }

  List<Batch> all() {
    return List.copyOf(batches);
  }

  /** Replaces a group by its halves and returns them; empty if it has a single name. */
  List<Batch> split(Batch b) {
    if (b.isSingle()) {
      return List.of();
    }
    int half = b.names.size() / 2;
    List<Batch> halves =
        List.of(
            new Batch(List.copyOf(b.names.subList(0, half)), ""),
            new Batch(List.copyOf(b.names.subList(half, b.names.size())), ""));
    int at = batches.indexOf(b);
    if (at >= 0) {
      batches.set(at, halves.getFirst());
      batches.add(at + 1, halves.getLast());
    }
    return halves;
  }

  /** Skips a group for a while. */
  void leaveOut(Batch b, long now, String reason) {
    batches.remove(b);
    if (b.selector.isEmpty()) {
      for (String n : b.names) {
        leftOut.put(n, new LeftOut(now + LEFT_OUT_MILLIS, reason));
      }
    } else {
      leftOut.put(b.selector, new LeftOut(now + LEFT_OUT_MILLIS, reason));
    }
  }

  /** Problems: omissions with reasons. */
  List<String> problems() {
    List<String> out = new ArrayList<>();
    leftOut.forEach((what, l) -> out.add(what + " is left out: " + l.reason));
    if (excess > 0) {
      out.add(
          excess
              + " names of metrics are left out: the source has more than "
              + MAX_ALL_NAMES
              + " that are wanted. Narrow --insight.source.metrics");
    }
    return out;
  }
}

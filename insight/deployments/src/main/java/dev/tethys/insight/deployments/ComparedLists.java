package dev.tethys.insight.deployments;

import dev.tethys.insight.deployments.ComparedList.Item;
import dev.tethys.insight.deployments.DeploymentSignals.NamedAmount;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * Patterns, failing spans, attributes and functions that are new or more frequent in the second of
 * two windows.
 */
final class ComparedLists {
  /** Most items of a list. */
  static final int MAX_ITEMS = 20;

  /** Most items of a window that are compared; the largest are kept. */
  static final int MAX_COMPARED = 2_000;

  private static final int MAX_NAME = 300;

  /** Least amount of a new item, and least growth of another one. */
  private static final double NEW_COUNT = 3;

  private static final double GROWTH = 10;

  /** Least growth of a share. */
  private static final double SHARE = 0.02;

  private static final Comparator<Item> LARGEST_FIRST =
      Comparator.comparingDouble((Item i) -> i.before() - i.after()).thenComparing(Item::name);

  private final DeploymentSignals signals;
  private final TimeWindow before;
  private final TimeWindow after;
  private final LongPredicate isLate;

  /** Amounts of a window. */
  private interface Amounts {
    List<NamedAmount> of(TimeWindow w);
  }

  ComparedLists(
      DeploymentSignals signals, TimeWindow before, TimeWindow after, LongPredicate isLate) {
    this.signals = signals;
    this.before = before;
    this.after = after;
    this.isLate = isLate;
  }

  /** All lists, in the order of the page. */
  List<ComparedList> compare(ComparedQueries q, long end) {
    String streams = q.streams();
    String failures = q.failures(after.length());
    return List.of(
        list(
            new ComparedList(
                "log_patterns", "Log patterns", "count", List.of(), 0, "logql", streams, ""),
            w -> signals.patterns(streams, w.from(), w.to()),
            end),
        list(
            new ComparedList(
                "failing_spans", "Failing spans", "count", List.of(), 0, "traceql", failures, ""),
            w -> failures(failures, w),
            end),
        attributes(q.entrySpans(), end),
        list(
            new ComparedList(
                "functions",
                "Functions by processor time",
                "ratio",
                List.of(),
                0,
                "profile",
                streams,
                ""),
            w -> shares(signals.functions(streams, w.from(), w.to())),
            end));
  }

  private static ComparedList with(ComparedList l, List<Item> items, int compared, String note) {
    return new ComparedList(
        l.id(), l.title(), l.unit(), items, compared, l.language(), l.query(), note);
  }

  private ComparedList list(ComparedList empty, Amounts amounts, long end) {
    if (isLate.test(end)) {
      return with(empty, List.of(), 0, late());
    }
    try {
      Map<String, Double> b = byName(amounts.of(before));
      Map<String, Double> a = byName(amounts.of(after));
      String missing = missing(b.isEmpty(), a.isEmpty());
      if (!missing.isEmpty() && !empty.id().equals("failing_spans")) {
        return with(empty, List.of(), b.size() + a.size(), missing);
      }
      List<Item> items = new ArrayList<>();
      a.forEach(
          (name, amount) -> {
            SignalJudgement j =
                empty.unit().equals("ratio")
                    ? ofShares(b.getOrDefault(name, 0.0), amount)
                    : ofCounts(b.getOrDefault(name, 0.0), amount);
            if (j != SignalJudgement.SAME) {
              items.add(new Item(name, b.getOrDefault(name, 0.0), amount, j));
            }
          });
      items.sort(LARGEST_FIRST);
      return with(empty, first(items), a.size() + b.size(), "");
    } catch (SignalMissingException e) {
      return with(empty, List.of(), 0, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      return with(empty, List.of(), 0, "the query failed: " + e.getMessage());
    }
  }

  private static String late() {
    return "not asked: the queries before it took "
        + DeploymentComparer.MAX_NANOS / 1_000_000_000
        + " s";
  }

  private static String missing(boolean noneBefore, boolean noneAfter) {
    if (noneBefore && noneAfter) {
      return "no data before and after";
    }
    return noneBefore ? "no data before" : noneAfter ? "no data after" : "";
  }

  private static List<Item> first(List<Item> all) {
    return List.copyOf(all.size() > MAX_ITEMS ? all.subList(0, MAX_ITEMS) : all);
  }

  private static SignalJudgement ofCounts(double before, double after) {
    if (before <= 0) {
      return after >= NEW_COUNT ? SignalJudgement.NEW : SignalJudgement.SAME;
    }
    return after >= 2 * before && after - before >= GROWTH
        ? SignalJudgement.GROWN
        : SignalJudgement.SAME;
  }

  private static SignalJudgement ofShares(double before, double after) {
    if (after - before < SHARE || after < 1.5 * before) {
      return SignalJudgement.SAME;
    }
    return before <= 0 ? SignalJudgement.NEW : SignalJudgement.GROWN;
  }

  private static Map<String, Double> byName(List<NamedAmount> all) {
    Map<String, Double> out = new TreeMap<>();
    all.stream()
        .sorted(
            Comparator.comparingDouble(NamedAmount::amount)
                .reversed()
                .thenComparing(NamedAmount::name))
        .limit(MAX_COMPARED)
        .forEach(n -> out.merge(shortened(n.name()), n.amount(), Double::sum));
    return out;
  }

  private static String shortened(String name) {
    return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME) + "…";
  }

  private static List<NamedAmount> shares(List<NamedAmount> all) {
    double total = all.stream().mapToDouble(NamedAmount::amount).sum();
    return total <= 0
        ? List.of()
        : all.stream().map(n -> new NamedAmount(n.name(), n.amount() / total)).toList();
  }

  private List<NamedAmount> failures(String query, TimeWindow w) {
    Map<String, Double> out = new LinkedHashMap<>();
    for (Sample s : signals.traces(query, w.to())) {
      StringBuilder name = new StringBuilder(s.labels().getOrDefault("name", ""));
      for (String label : List.of("span_http_response_status_code", "statusMessage")) {
        String v = s.labels().getOrDefault(label, "");
        if (!v.isEmpty() && !v.equals("nil")) {
          name.append(" · ").append(withoutNumbers(label, v));
        }
      }
      if (s.value() > 0) {
        out.merge(name.toString(), s.value(), Double::sum);
      }
    }
    return out.entrySet().stream().map(e -> new NamedAmount(e.getKey(), e.getValue())).toList();
  }

  /** Messages that differ in numbers only are one shape. */
  private static String withoutNumbers(String label, String value) {
    return label.equals("statusMessage") ? value.replaceAll("[0-9]+", "#") : value;
  }

  private ComparedList attributes(String query, long end) {
    ComparedList empty =
        new ComparedList(
            "attributes", "Attributes of requests", "ratio", List.of(), 0, "traceql", query, "");
    if (isLate.test(end)) {
      return with(empty, List.of(), 0, late());
    }
    try {
      List<Item> found = signals.attributes(query, before, after);
      List<Item> items = new ArrayList<>();
      for (Item i : found) {
        SignalJudgement j = ofShares(i.before(), i.after());
        if (j != SignalJudgement.SAME) {
          items.add(new Item(shortened(i.name()), i.before(), i.after(), j));
        }
      }
      items.sort(LARGEST_FIRST);
      return with(
          empty, first(items), found.size(), found.isEmpty() ? "no data before and after" : "");
    } catch (SignalMissingException e) {
      return with(empty, List.of(), 0, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      return with(empty, List.of(), 0, "the query failed: " + e.getMessage());
    }
  }
}

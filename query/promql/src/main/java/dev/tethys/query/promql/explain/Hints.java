package dev.tethys.query.promql.explain;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.exec.Description;
import dev.tethys.query.promql.exec.Profile;
import dev.tethys.query.promql.function.FunctionTrait;
import dev.tethys.query.promql.function.PromqlFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Detects from a plan and its costs why a query is slow or does not do what was intended. */
public final class Hints {
  /** Number of series from which a selector gets a hint. */
  static final long MANY_SERIES = 10_000;

  /** Number of evaluations per evaluation of the query from which a subquery gets a hint. */
  static final int MANY_EVALUATIONS = 100;

  private static final Pattern META = Pattern.compile("[\\\\.+*?()|\\[\\]{}^$]");

  private final List<Hint> out = new ArrayList<>();
  private final int steps;
  private final long interval;

  private Hints(int steps, long interval) {
    this.steps = steps;
    this.interval = interval;
  }

  /**
   * Finds hints for a query.
   *
   * @param steps number of steps of the query
   * @param interval milliseconds between them
   */
  public static List<Hint> of(PlanNode root, int steps, long interval) {
    Hints h = new Hints(steps, interval);
    root.walk(h::inspect);
    return List.copyOf(h.out);
  }

  private void add(PlanNode n, String rule, String text) {
    out.add(new Hint(n.id(), rule, text));
  }

  private void inspect(PlanNode n) {
    Description.Reads r = n.reads();
    if (r != null) {
      matchers(n, r.matchers());
      cardinality(n, n.measured());
    }
    switch (n.operator()) {
      case "RangeFunction" -> window(n);
      case "Subquery" -> subquery(n);
      default -> {}
    }
  }

  private void matchers(PlanNode n, List<Matcher> matchers) {
    boolean named = false;
    for (Matcher m : matchers) {
      boolean name = m.name().equals(Labels.METRIC_NAME);
      named |= name && m.type() != Matcher.Type.NOT_EQUAL && m.type() != Matcher.Type.NOT_REGEX;
      boolean regex = m.type() == Matcher.Type.REGEX || m.type() == Matcher.Type.NOT_REGEX;
      if (!regex) {
        continue;
      }
      if (!META.matcher(m.value()).find()) {
        add(
            n,
            "regex-is-equality",
            m
                + " has nothing of a regular expression: "
                + (m.type() == Matcher.Type.REGEX ? "=" : "!=")
                + " says the same");
      } else if (m.value().length() > 2
          && (m.value().startsWith(".*") || m.value().startsWith(".+"))) {
        add(
            n,
            "regex-without-prefix",
            m + " begins with anything, so that every value of " + m.name() + " is tried");
      }
    }
    if (!named) {
      add(
          n,
          "no-metric-name",
          "the selector names no metric, so that series of all metrics are searched");
    }
  }

  private void cardinality(PlanNode n, Profile.@Nullable Node m) {
    if (m != null && m.storedSeries() >= MANY_SERIES) {
      add(
          n,
          "many-series",
          "the selector finds "
              + m.storedSeries()
              + " series: more matchers, or a recording rule, make it cheaper");
    }
  }

  private void window(PlanNode n) {
    PlanNode source = n.children().getFirst();
    Description.Reads r = source.reads();
    String function = n.attributes().getOrDefault("function", "");
    if (r == null || !PromqlFunctions.has(function, FunctionTrait.TWO_SAMPLES)) {
      return;
    }
    Profile.Node own = n.measured();
    Profile.Node read = source.measured();
    if (own != null && read != null && read.readSamples() > 0 && own.samples() == 0) {
      add(
          n,
          "window-too-short",
          "no window of "
              + r.range()
              + " ms holds the two samples that "
              + function
              + " needs: make the range at least twice the scrape interval");
    }
    if (n.steps() > 1 && n.steps() == steps && r.at() == null && r.range() < interval) {
      add(
          n,
          "window-shorter-than-step",
          "the range of "
              + r.range()
              + " ms is shorter than the step of "
              + interval
              + " ms, so that samples in between are ignored");
    }
  }

  private void subquery(PlanNode n) {
    if (n.children().isEmpty()) {
      return;
    }
    long evaluations = n.children().getFirst().steps();
    if (evaluations >= (long) MANY_EVALUATIONS * steps) {
      add(
          n,
          "dense-subquery",
          "the subquery evaluates its expression at "
              + evaluations
              + " points for "
              + steps
              + ": a longer resolution, or a recording rule, makes it cheaper");
    }
  }
}

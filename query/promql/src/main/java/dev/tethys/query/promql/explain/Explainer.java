package dev.tethys.query.promql.explain;

import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.Description;
import dev.tethys.query.promql.exec.Grid;
import dev.tethys.query.promql.exec.PlanStep;
import dev.tethys.query.promql.exec.Profile;
import dev.tethys.query.promql.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Converts a plan into a readable tree. */
public final class Explainer {
  /** A result used in several positions is computed once per grid. */
  private record SharedKey(int number, Grid grid) {}

  private final byte[] text;
  private final long lookback;
  private final @Nullable Profile profile;
  private final Map<SharedKey, Integer> shared = new HashMap<>();
  private int ids;

  private Explainer(String text, long lookback, @Nullable Profile profile) {
    this.text = text.getBytes(StandardCharsets.UTF_8);
    this.lookback = lookback;
    this.profile = profile;
  }

  /**
   * Describes a plan.
   *
   * @param text the query, for the texts of steps
   * @param lookback maximum age of a sample in milliseconds
   * @param profile measured costs, or null
   */
  public static PlanNode explain(
      Plan plan, Grid grid, String text, long lookback, @Nullable Profile profile) {
    Explainer e = new Explainer(text, lookback, profile);
    return switch (plan) {
      case Plan.Steps s -> e.node("", s.operator(), grid);
      case Plan.Range r -> e.node("", r.range().source(), grid);
      case Plan.Text t ->
          new PlanNode(
              1,
              "",
              "Text",
              "",
              text,
              null,
              Map.of("value", t.value()),
              grid.steps(),
              null,
              0,
              null,
              List.of());
    };
  }

  private PlanNode node(String role, PlanStep step, Grid grid) {
    int id = ++ids;
    Description d = step.describe(grid, lookback);
    PlanStep.Origin origin = step.origin();
    int sameAs = 0;
    if (d.sharedResult() >= 0) {
      Integer first = shared.putIfAbsent(new SharedKey(d.sharedResult(), grid), id);
      sameAs = first == null ? 0 : first;
    }
    List<PlanNode> children = new ArrayList<>();
    if (sameAs == 0) {
      for (Description.Input i : d.inputs()) {
        children.add(node(i.role(), i.step(), i.grid()));
      }
    }
    return new PlanNode(
        id,
        role,
        d.operator(),
        origin == null ? "" : origin.name(),
        origin == null ? "" : part(origin.span()),
        origin == null ? null : origin.span(),
        d.attributes(),
        grid.steps(),
        d.reads(),
        sameAs,
        profile == null || sameAs > 0 ? null : profile.find(step),
        List.copyOf(children));
  }

  private String part(Span s) {
    int from = Math.clamp(s.start(), 0, text.length);
    int to = Math.clamp(s.end(), from, text.length);
    return new String(text, from, to - from, StandardCharsets.UTF_8);
  }
}

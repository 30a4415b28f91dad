package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.match.LabelMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Path of an alert through the routes, with the decision of each route visited. Routes are
 * identified by their number in configuration order; the root is 0.
 */
public final class RouteWalk {
  /**
   * Result of evaluating one matcher.
   *
   * @param value value of the label; "" if the label is missing
   */
  public record Decision(LabelMatcher matcher, String value, boolean met) {}

  /** A visited route; it matches if all its matchers do. */
  public record Step(int id, RoutingNode route, List<Decision> decisions) {
    public boolean matched() {
      return decisions.stream().allMatch(Decision::met);
    }
  }

  /** Route matched by the alert. */
  public record MatchedRoute(int id, RoutingNode route) {}

  private final Map<String, String> labels;
  private final List<Step> steps = new ArrayList<>();
  private final List<MatchedRoute> taken = new ArrayList<>();
  private int next;

  private RouteWalk(Map<String, String> labels) {
    this.labels = labels;
  }

  /** Walks the tree for an alert with the given labels. */
  public static RouteWalk of(RoutingNode root, Map<String, String> labels) {
    RouteWalk w = new RouteWalk(labels);
    w.into(root);
    return w;
  }

  /** Returns the visited routes, in order. */
  public List<Step> steps() {
    return List.copyOf(steps);
  }

  /** Returns the routes matched by the alert, in order. */
  public List<MatchedRoute> taken() {
    return List.copyOf(taken);
  }

  private static int size(RoutingNode route) {
    int n = 1;
    for (RoutingNode child : route.children()) {
      n += size(child);
    }
    return n;
  }

  /** Whether the alert is accepted here or below. */
  private boolean into(RoutingNode route) {
    int id = next++;
    Step step =
        new Step(
            id,
            route,
            route.matchers().all().stream()
                .map(m -> new Decision(m, labels.getOrDefault(m.name(), ""), m.matches(labels)))
                .toList());
    steps.add(step);
    if (!step.matched()) {
      next = id + size(route);
      return false;
    }
    boolean below = false;
    for (RoutingNode child : route.children()) {
      boolean found = into(child);
      below |= found;
      if (found && !child.continues()) {
        break;
      }
    }
    next = id + size(route);
    if (!below) {
      taken.add(new MatchedRoute(id, route));
    }
    return true;
  }
}

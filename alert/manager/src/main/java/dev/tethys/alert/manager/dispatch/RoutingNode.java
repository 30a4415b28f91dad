package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.config.RouteConfig;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.state.LabelSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Node of the routing tree with its effective settings, including those inherited from its parents.
 */
public final class RoutingNode {
  static final Duration GROUP_WAIT = Duration.ofSeconds(30);
  static final Duration GROUP_INTERVAL = Duration.ofMinutes(5);
  static final Duration REPEAT_INTERVAL = Duration.ofHours(4);

  private final String receiver;
  private final Set<String> groupBy;
  private final boolean groupByAll;
  private final Duration groupWait;
  private final Duration groupInterval;
  private final Duration repeatInterval;
  private final Map<String, String> labels;
  private final RouteConfig config;
  private final String key;
  private final String id;
  private final List<RoutingNode> children = new ArrayList<>();

  private RoutingNode(RouteConfig c, @Nullable RoutingNode parent, int index) {
    config = c;
    receiver = c.receiver() != null || parent == null ? name(c) : parent.receiver;
    Set<String> by = c.groupBy();
    groupBy = by != null ? by : parent == null ? Set.of() : parent.groupBy;
    groupByAll = by != null ? c.groupByAll() : parent != null && parent.groupByAll;
    groupWait = or(c.groupWait(), parent == null ? GROUP_WAIT : parent.groupWait);
    groupInterval = or(c.groupInterval(), parent == null ? GROUP_INTERVAL : parent.groupInterval);
    repeatInterval =
        or(c.repeatInterval(), parent == null ? REPEAT_INTERVAL : parent.repeatInterval);
    Map<String, String> merged = new TreeMap<>(parent == null ? Map.of() : parent.labels);
    merged.putAll(c.labels());
    labels = merged;
    key = (parent == null ? "" : parent.key + "/") + c.matchers();
    id = parent == null ? key : parent.id + "/" + c.matchers() + "/" + index;
    for (int i = 0; i < c.routes().size(); i++) {
      children.add(new RoutingNode(c.routes().get(i), this, i));
    }
  }

  private static String name(RouteConfig c) {
    return Objects.requireNonNull(c.receiver(), "the root route has a receiver");
  }

  private static Duration or(@Nullable Duration own, Duration inherited) {
    return own == null ? inherited : own;
  }

  /** Builds the routing tree from the configured root route. */
  public static RoutingNode of(RouteConfig root) {
    return new RoutingNode(root, null, 0);
  }

  public String receiver() {
    return receiver;
  }

  /** Returns the time from a group's first alert to its first notification. */
  public Duration groupWait() {
    return groupWait;
  }

  /** Returns the time between two flushes of a group. */
  public Duration groupInterval() {
    return groupInterval;
  }

  /** Returns the interval at which an unchanged notification is repeated. */
  public Duration repeatInterval() {
    return repeatInterval;
  }

  /** Returns the names of intervals in which the route is muted. */
  public List<String> muteTimeIntervals() {
    return config.muteTimeIntervals();
  }

  /** Returns the names of the intervals in which the route is active; empty for always. */
  public List<String> activeTimeIntervals() {
    return config.activeTimeIntervals();
  }

  /** Returns the labels for templates, not yet expanded. */
  Map<String, String> labels() {
    return labels;
  }

  /** Returns the matchers that select alerts from the parent route. */
  public LabelMatchers matchers() {
    return config.matchers();
  }

  /** Returns the matchers from the root to this route; other routes may have the same. */
  public String key() {
    return key;
  }

  /** Returns the unique identifier. */
  public String id() {
    return id;
  }

  /**
   * Returns the routes for alerts with the given labels: the first matching ones, or this route.
   */
  public List<RoutingNode> match(LabelSet alert) {
    if (!config.matchers().matches(alert.map())) {
      return List.of();
    }
    List<RoutingNode> all = new ArrayList<>();
    for (RoutingNode child : children) {
      List<RoutingNode> found = child.match(alert);
      all.addAll(found);
      if (!found.isEmpty() && !child.config.continues()) {
        break;
      }
    }
    return all.isEmpty() ? List.of(this) : all;
  }

  /** Returns the labels that identify the alert's group on this route. */
  public LabelSet group(LabelSet alert) {
    if (groupByAll) {
      return alert;
    }
    Map<String, String> m = new TreeMap<>();
    for (String name : groupBy) {
      String v = alert.map().get(name);
      if (v != null) {
        m.put(name, v);
      }
    }
    return LabelSet.of(m);
  }

  /** Returns the names of the labels that make a group, {@code ...} for all. */
  public List<String> groupBy() {
    return groupByAll ? List.of("...") : List.copyOf(groupBy);
  }

  /** Whether the routes after this one are visited, too. */
  public boolean continues() {
    return config.continues();
  }

  /** Returns the routes below this one, in order. */
  public List<RoutingNode> children() {
    return List.copyOf(children);
  }

  /** Returns the position in the configuration. */
  public String where() {
    return config.at().node().where();
  }

  /** Shows this route and all below it. */
  void walk(Consumer<RoutingNode> to) {
    to.accept(this);
    children.forEach(c -> c.walk(to));
  }
}

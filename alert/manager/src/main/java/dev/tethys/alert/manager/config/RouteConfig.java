package dev.tethys.alert.manager.config;

import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A route as configured; null if a setting is inherited from its parent.
 *
 * @param groupByAll whether alerts are in the same group only if all labels are equal
 */
public record RouteConfig(
    YamlObject at,
    @Nullable String receiver,
    @Nullable Set<String> groupBy,
    boolean groupByAll,
    LabelMatchers matchers,
    boolean continues,
    @Nullable Duration groupWait,
    @Nullable Duration groupInterval,
    @Nullable Duration repeatInterval,
    List<String> muteTimeIntervals,
    List<String> activeTimeIntervals,
    Map<String, String> labels,
    List<RouteConfig> routes) {
  static final Section SECTION = new Section("route", "Receiver and grouping of matching alerts.");
  static final Key<String> RECEIVER =
      SECTION.key("receiver", Type.STRING, "", "Receiver; required at the root.");
  private static final Key<List<String>> GROUP_BY =
      SECTION.optional(
          "group_by",
          Type.list(Type.STRING),
          "Labels that alerts are grouped by; ['...'] for all.");
  private static final Key<Duration> GROUP_WAIT =
      SECTION.optional(
          "group_wait",
          Type.DURATION,
          "Time from the first alert of a group to its first notification; 30s by default.");
  private static final Key<Duration> GROUP_INTERVAL =
      SECTION.optional(
          "group_interval", Type.DURATION, "Interval between flushes of a group; 5m by default.");
  private static final Key<Duration> REPEAT_INTERVAL =
      SECTION.optional(
          "repeat_interval",
          Type.DURATION,
          "Interval between repeated notifications of an unchanged group; 4h by default.");
  private static final Key<Boolean> CONTINUE =
      SECTION.key(
          "continue", Type.BOOL, false, "If true, the next sibling routes are matched, too.");
  static final Key<Map<String, String>> MATCH =
      SECTION.key("match", Type.map(Type.STRING), Map.of(), "Deprecated form of matchers.");
  private static final Key<Map<String, String>> MATCH_RE =
      SECTION.key("match_re", Type.map(Type.STRING), Map.of(), "Deprecated form of matchers.");
  static final Key<List<String>> MATCHERS =
      SECTION.key("matchers", Type.list(Type.STRING), List.of(), "Matchers of alerts.");
  static final Key<List<String>> MUTE =
      SECTION.key(
          "mute_time_intervals",
          Type.list(Type.STRING),
          List.of(),
          "Time intervals in which notifications are muted.");
  static final Key<List<String>> ACTIVE =
      SECTION.key(
          "active_time_intervals",
          Type.list(Type.STRING),
          List.of(),
          "Time intervals in which notifications are active.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.key(
          "labels", Type.map(Type.STRING), Map.of(), "Labels for templates; templates themselves.");
  private static final Key<List<YamlNode>> ROUTES =
      SECTION.key("routes", Type.list(Type.of("route", null, n -> n)), List.of(), "Child routes.");

  static RouteConfig read(YamlNode node, MatcherSyntax syntax, int depth) {
    if (depth > AlertmanagerConfig.MAX_ROUTE_DEPTH) {
      throw node.error(
          "routes are nested more than " + AlertmanagerConfig.MAX_ROUTE_DEPTH + " deep");
    }
    YamlObject o = node.object(SECTION);
    ConfigException wrong = node.attempt(o::readAll);
    List<RouteConfig> routes = new ArrayList<>();
    if (wrong != null) {
      addRoutes(o, syntax, depth, routes);
      throw wrong;
    }
    for (String name : o.get(LABELS).keySet()) {
      if (!syntax.isLabelName(name)) {
        throw o.error(LABELS, "invalid label name " + GoQuote.quote(name) + " in route labels");
      }
    }
    List<String> by = o.find(GROUP_BY);
    boolean all = by != null && by.contains("...");
    Set<String> groupBy = by == null ? null : new TreeSet<>();
    if (by != null && groupBy != null) {
      for (String l : by) {
        if (l.equals("...")) {
          continue;
        }
        if (!syntax.isLabelName(l)) {
          throw o.error(GROUP_BY, "invalid label name " + GoQuote.quote(l) + " in group_by list");
        }
        if (!groupBy.add(l)) {
          throw o.error(GROUP_BY, "duplicated label " + GoQuote.quote(l) + " in group_by");
        }
      }
      if (all && !groupBy.isEmpty()) {
        throw o.error(
            GROUP_BY, "cannot have wildcard group_by (`...`) and other labels at the same time");
      }
    }
    addRoutes(o, syntax, depth, routes);
    return new RouteConfig(
        o,
        o.get(RECEIVER).isEmpty() ? null : o.get(RECEIVER),
        all ? Set.of() : groupBy,
        all,
        LabelMatchers.sorted(
            new MatcherReader(o, syntax).equal(MATCH).regex(MATCH_RE).matchers(MATCHERS).all()),
        o.get(CONTINUE),
        o.find(GROUP_WAIT),
        positive(o, GROUP_INTERVAL),
        positive(o, REPEAT_INTERVAL),
        o.get(MUTE),
        o.get(ACTIVE),
        o.get(LABELS),
        List.copyOf(routes));
  }

  private static void addRoutes(
      YamlObject o, MatcherSyntax syntax, int depth, List<RouteConfig> to) {
    for (YamlNode n : o.get(ROUTES)) {
      n.attempt(() -> to.add(read(n, syntax, depth + 1)));
    }
  }

  /** Creates a route for alerts that are not grouped with others and do not wait. */
  static RouteConfig of(YamlObject at, String receiver, LabelMatchers matchers) {
    return new RouteConfig(
        at,
        receiver,
        Set.of(),
        true,
        matchers,
        false,
        Duration.ZERO,
        null,
        null,
        List.of(),
        List.of(),
        Map.of(),
        List.of());
  }

  RouteConfig withRoutes(List<RouteConfig> others) {
    return new RouteConfig(
        at,
        receiver,
        groupBy,
        groupByAll,
        matchers,
        continues,
        groupWait,
        groupInterval,
        repeatInterval,
        muteTimeIntervals,
        activeTimeIntervals,
        labels,
        List.copyOf(others));
  }

  private static @Nullable Duration positive(YamlObject o, Key<Duration> key) {
    Duration d = o.find(key);
    if (d != null && d.isZero()) {
      throw o.error(key, key.name() + " cannot be zero");
    }
    return d;
  }
}

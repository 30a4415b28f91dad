package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.AlertStatus;
import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.config.TimeInterval;
import dev.tethys.alert.manager.dispatch.RouteWalk;
import dev.tethys.alert.manager.dispatch.RoutingNode;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/**
 * {@code /api/tethys/routes}, an extension of Alertmanager's API: the routing tree, and the current
 * result of routing an alert with given labels. Routes are identified by their number in
 * configuration order; the root is 0.
 */
final class RoutingApi {
  private final Alertmanager manager;

  RoutingApi(Alertmanager manager) {
    this.manager = manager;
  }

  /** Whether the interval with this name is active. */
  private static boolean holds(AlertmanagerConfig config, String name, Instant at) {
    return config.timeIntervals().getOrDefault(name, List.<TimeInterval>of()).stream()
        .anyMatch(i -> i.contains(at));
  }

  /**
   * Returns the intervals that mute a route, or an empty list if it is active. Matches the
   * dispatcher's decision.
   */
  private static List<String> mutingIntervals(
      AlertmanagerConfig config, RoutingNode route, Instant at) {
    List<String> active = route.activeTimeIntervals();
    if (!active.isEmpty() && active.stream().noneMatch(n -> holds(config, n, at))) {
      return active;
    }
    return route.muteTimeIntervals().stream().filter(n -> holds(config, n, at)).toList();
  }

  void tree(HttpRequest q, HttpResponse r) throws IOException {
    AlertmanagerConfig config = manager.config();
    Instant now = manager.clock().instant();
    int[] number = new int[1];
    AlertmanagerApi.send(r, g -> route(g, RoutingNode.of(config.route()), config, now, number));
  }

  private static void route(
      JsonGenerator g, RoutingNode route, AlertmanagerConfig config, Instant now, int[] number) {
    g.writeStartObject();
    g.writeNumberProperty("id", number[0]++);
    g.writeStringProperty("where", route.where());
    g.writeStringProperty("receiver", route.receiver());
    ApiJson.names(
        g, "matchers", route.matchers().all().stream().map(LabelMatcher::toString).toList());
    ApiJson.names(g, "groupBy", route.groupBy());
    g.writeNumberProperty("groupWaitMillis", route.groupWait().toMillis());
    g.writeNumberProperty("groupIntervalMillis", route.groupInterval().toMillis());
    g.writeNumberProperty("repeatIntervalMillis", route.repeatInterval().toMillis());
    g.writeBooleanProperty("continue", route.continues());
    ApiJson.names(g, "muteTimeIntervals", route.muteTimeIntervals());
    ApiJson.names(g, "activeTimeIntervals", route.activeTimeIntervals());
    ApiJson.names(g, "mutedBy", mutingIntervals(config, route, now));
    g.writeArrayPropertyStart("routes");
    for (RoutingNode child : route.children()) {
      route(g, child, config, now, number);
    }
    g.writeEndArray();
    g.writeEndObject();
  }

  /** Writes a visited route; the matcher is the first one that failed. */
  static void step(JsonGenerator g, RouteWalk.Step s) {
    g.writeStartObject();
    g.writeNumberProperty("id", s.id());
    g.writeBooleanProperty("matched", s.matched());
    for (RouteWalk.Decision v : s.decisions()) {
      if (!v.met()) {
        g.writeStringProperty("matcher", v.matcher().toString());
        g.writeStringProperty("value", v.value());
        break;
      }
    }
    g.writeArrayPropertyStart("verdicts");
    for (RouteWalk.Decision v : s.decisions()) {
      g.writeStartObject();
      g.writeStringProperty("matcher", v.matcher().toString());
      g.writeStringProperty("value", v.value());
      g.writeBooleanProperty("met", v.met());
      g.writeEndObject();
    }
    g.writeEndArray();
    g.writeEndObject();
  }

  void test(HttpRequest q, HttpResponse r) throws IOException {
    Map<String, String> posted = PostedJson.labels(AlertmanagerApi.jsonBody(q));
    AlertmanagerConfig config = manager.config();
    Instant now = manager.clock().instant();
    LabelSet labels = LabelSet.of(posted);
    RouteWalk walk = RouteWalk.of(RoutingNode.of(config.route()), labels.map());
    AlertStatus status = manager.status(labels);
    AlertmanagerApi.send(
        r,
        g -> {
          g.writeStartObject();
          g.writeArrayPropertyStart("routes");
          for (RouteWalk.MatchedRoute t : walk.taken()) {
            g.writeStartObject();
            g.writeNumberProperty("id", t.id());
            g.writeStringProperty("receiver", t.route().receiver());
            ApiJson.labels(g, "group", t.route().group(labels));
            ApiJson.names(g, "mutedBy", mutingIntervals(config, t.route(), now));
            g.writeEndObject();
          }
          g.writeEndArray();
          g.writeArrayPropertyStart("steps");
          walk.steps().forEach(step -> step(g, step));
          g.writeEndArray();
          ApiJson.names(g, "silencedBy", status.silencedBy());
          ApiJson.names(g, "inhibitedBy", status.inhibitedBy());
          g.writeEndObject();
        });
  }
}

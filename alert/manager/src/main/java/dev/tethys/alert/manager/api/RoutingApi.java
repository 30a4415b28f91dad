package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.AlertStatus;
import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.config.TimeInterval;
import dev.tethys.alert.manager.dispatch.Route;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * {@code /api/v2/tethys/routes}, which Alertmanager has not: the routing tree, and what becomes of
 * an alert with given labels now. Routes are named by their number in the order in which they
 * stand, the root is 0.
 */
final class RoutingApi {
  private final Alertmanager manager;

  RoutingApi(Alertmanager manager) {
    this.manager = manager;
  }

  /** Whether an interval of this name holds. */
  private static boolean holds(AlertmanagerConfig config, String name, Instant at) {
    return config.timeIntervals().getOrDefault(name, List.<TimeInterval>of()).stream()
        .anyMatch(i -> i.contains(at));
  }

  /** Which intervals keep a route quiet; none when it speaks. As the dispatcher decides it. */
  private static List<String> quiet(AlertmanagerConfig config, Route route, Instant at) {
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
    AlertmanagerApi.send(r, g -> route(g, Route.of(config.route()), config, now, number));
  }

  private static void route(
      JsonGenerator g, Route route, AlertmanagerConfig config, Instant now, int[] number) {
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
    ApiJson.names(g, "mutedBy", quiet(config, route, now));
    g.writeArrayPropertyStart("routes");
    for (Route child : route.children()) {
      route(g, child, config, now, number);
    }
    g.writeEndArray();
    g.writeEndObject();
  }

  /** A route that was asked: with the matcher that kept the alert out, or null. */
  private record Step(int route, @Nullable LabelMatcher failed) {}

  /** A route that the alert takes. */
  private record Taken(int id, Route route) {}

  /** One walk through the tree. */
  private static final class Walk {
    private final Map<String, String> labels;
    private final List<Step> steps = new ArrayList<>();
    private final List<Taken> taken = new ArrayList<>();
    private int next;

    Walk(Map<String, String> labels) {
      this.labels = labels;
    }

    private static int size(Route route) {
      int n = 1;
      for (Route child : route.children()) {
        n += size(child);
      }
      return n;
    }

    /** Whether the alert is taken here or below. */
    boolean into(Route route) {
      int id = next++;
      for (LabelMatcher m : route.matchers().all()) {
        if (!m.matches(labels)) {
          steps.add(new Step(id, m));
          next = id + size(route);
          return false;
        }
      }
      steps.add(new Step(id, null));
      boolean below = false;
      for (Route child : route.children()) {
        boolean found = into(child);
        below |= found;
        if (found && !child.continues()) {
          break;
        }
      }
      next = id + size(route);
      if (!below) {
        taken.add(new Taken(id, route));
      }
      return true;
    }
  }

  void test(HttpRequest q, HttpResponse r) throws IOException {
    Map<String, String> posted = PostedJson.labels(AlertmanagerApi.jsonBody(q));
    AlertmanagerConfig config = manager.config();
    Instant now = manager.clock().instant();
    LabelSet labels = LabelSet.of(posted);
    Walk walk = new Walk(labels.map());
    walk.into(Route.of(config.route()));
    AlertStatus status = manager.status(labels);
    AlertmanagerApi.send(
        r,
        g -> {
          g.writeStartObject();
          g.writeArrayPropertyStart("routes");
          for (Taken t : walk.taken) {
            g.writeStartObject();
            g.writeNumberProperty("id", t.id);
            g.writeStringProperty("receiver", t.route.receiver());
            ApiJson.labels(g, "group", t.route.group(labels));
            ApiJson.names(g, "mutedBy", quiet(config, t.route, now));
            g.writeEndObject();
          }
          g.writeEndArray();
          g.writeArrayPropertyStart("steps");
          for (Step s : walk.steps) {
            g.writeStartObject();
            g.writeNumberProperty("id", s.route);
            LabelMatcher failed = s.failed;
            g.writeBooleanProperty("matched", failed == null);
            if (failed != null) {
              g.writeStringProperty("matcher", failed.toString());
              g.writeStringProperty("value", labels.map().getOrDefault(failed.name(), ""));
            }
            g.writeEndObject();
          }
          g.writeEndArray();
          ApiJson.names(g, "silencedBy", status.silencedBy());
          ApiJson.names(g, "inhibitedBy", status.inhibitedBy());
          g.writeEndObject();
        });
  }
}

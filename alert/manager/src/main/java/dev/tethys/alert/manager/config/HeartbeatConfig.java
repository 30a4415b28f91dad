package dev.tethys.alert.manager.config;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
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
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Alert that must be received regularly; its absence raises another alert.
 *
 * @param matchers select the alerts that count as a sign of life
 * @param within longest permitted gap between them
 * @param receiver receiver of the raised alert; null for routing by labels
 * @param labels labels of the raised alert, including its name and the heartbeat's
 */
public record HeartbeatConfig(
    YamlObject at,
    String name,
    LabelMatchers matchers,
    Duration within,
    @Nullable String receiver,
    Map<String, String> labels,
    Map<String, String> annotations) {
  /** Name of the alert unless labels set another. */
  public static final String ALERT_NAME = "HeartbeatMissing";

  /** Label that names the heartbeat. */
  public static final String LABEL = "heartbeat";

  static final Duration SHORTEST = Duration.ofSeconds(10);

  static final Section SECTION =
      new Section("heartbeat", "Alert expected at regular intervals. An extension of Tethys.");
  private static final Key<String> NAME =
      SECTION.key(
          "name", Type.STRING, "", "Value of the label heartbeat of the missing-heartbeat alert.");
  private static final Key<List<String>> MATCHERS =
      SECTION.key(
          "matchers",
          Type.list(Type.STRING),
          List.of(),
          "Matchers of the firing alerts that count as heartbeats.");
  private static final Key<Duration> WITHIN =
      SECTION.optional("within", Type.DURATION, "Maximum time between heartbeats; at least 10s.");
  static final Key<String> RECEIVER =
      SECTION.key(
          "receiver",
          Type.STRING,
          "",
          "Receiver of the missing-heartbeat alert; by default routes decide.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.key(
          "labels",
          Type.map(Type.STRING),
          Map.of(),
          "Labels of the missing-heartbeat alert; alertname is HeartbeatMissing by default.");
  private static final Key<Map<String, String>> ANNOTATIONS =
      SECTION.key(
          "annotations",
          Type.map(Type.STRING),
          Map.of(),
          "Annotations of the missing-heartbeat alert.");

  static HeartbeatConfig read(YamlNode node, MatcherSyntax syntax, Set<String> receivers) {
    YamlObject o = node.object(SECTION);
    o.readAll();
    if (o.get(NAME).isEmpty()) {
      throw o.error("missing name in heartbeat");
    }
    LabelMatchers matchers =
        LabelMatchers.sorted(new MatcherReader(o, syntax).matchers(MATCHERS).all());
    if (matchers.all().stream().allMatch(m -> m.isEqual() && m.matches(""))) {
      throw o.error(MATCHERS, "heartbeat: at least one matcher must not match the empty string");
    }
    Duration within = o.find(WITHIN);
    if (within == null) {
      throw o.error("missing within in heartbeat: longest time without one of its alerts");
    }
    if (within.compareTo(SHORTEST) < 0) {
      throw o.error(WITHIN, "within is shorter than " + SHORTEST.toSeconds() + "s");
    }
    String receiver = o.get(RECEIVER);
    if (!receiver.isEmpty() && !receivers.contains(receiver)) {
      throw o.error(
          RECEIVER, "undefined receiver " + GoQuote.quote(receiver) + " used in heartbeat");
    }
    Map<String, String> labels = new TreeMap<>(o.get(LABELS));
    for (Map<String, String> m : List.of(labels, o.get(ANNOTATIONS))) {
      for (String l : m.keySet()) {
        if (!syntax.isLabelName(l)) {
          throw o.error("invalid label name " + GoQuote.quote(l) + " in heartbeat");
        }
      }
    }
    if (labels.containsKey(LABEL)) {
      throw o.error(LABELS, "the label heartbeat is reserved for the name of the heartbeat");
    }
    labels.putIfAbsent("alertname", ALERT_NAME);
    labels.put(LABEL, o.get(NAME));
    labels.values().removeIf(String::isEmpty);
    if (matchers.matches(labels)) {
      throw o.error(
          MATCHERS, "heartbeat: the matchers select the alert about the missing heartbeat itself");
    }
    return new HeartbeatConfig(
        o,
        o.get(NAME),
        matchers,
        within,
        receiver.isEmpty() ? null : receiver,
        labels,
        o.get(ANNOTATIONS));
  }

  /** Adds the routes of heartbeats, whose receivers are notified first. */
  static RouteConfig before(RouteConfig root, List<HeartbeatConfig> heartbeats) {
    List<RouteConfig> routes = new ArrayList<>();
    for (HeartbeatConfig h : heartbeats) {
      if (h.receiver != null) {
        routes.add(RouteConfig.of(h.at, h.receiver, matching(h.labels)));
      }
    }
    routes.addAll(root.routes());
    return root.withRoutes(routes);
  }

  private static LabelMatchers matching(Map<String, String> labels) {
    return LabelMatchers.sorted(
        labels.entrySet().stream()
            .map(e -> LabelMatcher.of(LabelMatcher.Type.EQUAL, e.getKey(), e.getValue()))
            .toList());
  }
}

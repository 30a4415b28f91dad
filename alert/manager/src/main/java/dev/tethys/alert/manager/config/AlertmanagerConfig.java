package dev.tethys.alert.manager.config;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.recorder.output.RecorderConfig;
import dev.tethys.config.ConfigException;
import dev.tethys.config.FilePattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import dev.tethys.web.tracing.TracingConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code alertmanager.yml} as a whole.
 *
 * @param templates files of templates
 * @param route the root, with the routes of heartbeats before all others
 * @param timeIntervals time intervals by name
 * @param tracing null for no traces
 * @param recorder outputs for the event record
 */
public record AlertmanagerConfig(
    GlobalConfig global,
    List<String> templates,
    RouteConfig route,
    Map<String, ReceiverConfig> receivers,
    List<InhibitRule> inhibitRules,
    Map<String, List<TimeInterval>> timeIntervals,
    List<HeartbeatConfig> heartbeats,
    @Nullable TracingConfig tracing,
    RecorderConfig recorder,
    YamlNode root) {
  /** Maximum nesting depth of routes. */
  static final int MAX_ROUTE_DEPTH = 100;

  private static final Section SECTION =
      new Section("alertmanager.yml", "Configuration of the Alertmanager.");
  private static final Key<YamlNode> GLOBAL =
      SECTION.optional(
          "global", any(GlobalConfig.SECTION), "Global settings and defaults of receivers.");
  private static final Key<List<String>> TEMPLATES =
      SECTION.key(
          "templates",
          Type.list(Type.PATH),
          List.of(),
          "Template files; the last part of a path may contain *.");
  private static final Key<YamlNode> ROUTE =
      SECTION.optional("route", any(RouteConfig.SECTION), "Root of the routing tree.");
  private static final Key<List<YamlNode>> INHIBIT_RULES =
      SECTION.key(
          "inhibit_rules",
          Type.sparseList(any(InhibitRule.SECTION)),
          List.of(),
          "Inhibition rules.");
  private static final Key<List<YamlNode>> RECEIVERS =
      SECTION.key(
          "receivers",
          Type.list(any(ReceiverConfig.SECTION)),
          List.of(),
          "Receivers of notifications.");
  private static final Section INTERVAL = new Section("time_interval", "Named time intervals.");
  private static final Key<String> INTERVAL_NAME =
      INTERVAL.key("name", Type.STRING, "", "Name that routes refer to.");
  private static final Key<List<TimeInterval>> INTERVALS =
      INTERVAL.key(
          "time_intervals", Type.sparseList(TimeInterval.TYPE), List.of(), "Time intervals.");
  private static final Key<List<YamlNode>> TIME_INTERVALS =
      SECTION.key(
          "time_intervals", Type.sparseList(any(INTERVAL)), List.of(), "Named time intervals.");
  private static final Key<List<YamlNode>> MUTE_TIME_INTERVALS =
      SECTION.key(
          "mute_time_intervals",
          Type.sparseList(any(INTERVAL)),
          List.of(),
          "Deprecated form of time_intervals.");
  private static final Key<List<YamlNode>> HEARTBEATS =
      SECTION.key(
          "heartbeats",
          Type.list(any(HeartbeatConfig.SECTION)),
          List.of(),
          "Alerts expected at regular intervals. An extension of Tethys.");

  private static final Key<TracingConfig> TRACING =
      SECTION.optional("tracing", TracingConfig.OF_ALERTMANAGER, "Tracing of the Alertmanager.");

  private static final Key<RecorderConfig> EVENT_RECORDER =
      SECTION.key(
          "event_recorder",
          RecorderConfig.TYPE,
          RecorderConfig.NONE,
          "Outputs of recorded events.");

  /** Returns a type for a map that is parsed later by hand. */
  private static Type<YamlNode> any(Section section) {
    return Type.of(section.name(), null, n -> n);
  }

  /** Returns the labels of receivers, by their names. */
  public Map<String, Map<String, String>> receiverLabels() {
    Map<String, Map<String, String>> out = new LinkedHashMap<>();
    receivers.forEach((name, r) -> out.put(name, r.labels()));
    return out;
  }

  /** Returns the sections, for the reference of all keys. */
  public static List<Section> sections() {
    List<Section> all = new ArrayList<>();
    all.addAll(
        List.of(
            SECTION,
            GlobalConfig.SECTION,
            RouteConfig.SECTION,
            InhibitRule.SECTION,
            INTERVAL,
            HeartbeatConfig.SECTION,
            ReceiverConfig.SECTION));
    all.addAll(TracingConfig.sectionsOfAlertmanager());
    all.addAll(RecorderConfig.sections());
    return all;
  }

  /**
   * Reads a file.
   *
   * @throws ConfigException if something is invalid or not supported, with its position
   * @throws IOException if the file cannot be read
   */
  public static AlertmanagerConfig read(Path file, MatcherSyntax syntax) throws IOException {
    return read(YamlDocument.read(file), syntax);
  }

  /** Reads a configuration from a document. */
  public static AlertmanagerConfig read(YamlDocument document, MatcherSyntax syntax) {
    return document.readWhole(() -> readOnce(document, syntax));
  }

  private static AlertmanagerConfig readOnce(YamlDocument document, MatcherSyntax syntax) {
    YamlNode root = document.root();
    if (root.isNull()) {
      throw root.error("no route provided in config");
    }
    YamlObject o = root.object(SECTION);
    ConfigException unread = root.attempt(o::readAll);
    // An error in the global settings affects every receiver that inherits them.
    List<GlobalConfig> globals = new ArrayList<>();
    ConfigException incomplete = root.attempt(() -> globals.add(GlobalConfig.read(o.at(GLOBAL))));
    Map<String, ReceiverConfig> receivers = new LinkedHashMap<>();
    for (YamlNode n : globals.isEmpty() ? List.<YamlNode>of() : o.get(RECEIVERS)) {
      ConfigException e =
          n.attempt(
              () -> {
                ReceiverConfig r = ReceiverConfig.read(n, globals.getFirst());
                if (receivers.put(r.name(), r) != null) {
                  throw n.error(
                      "notification config name " + GoQuote.quote(r.name()) + " is not unique");
                }
              });
      incomplete = incomplete == null ? e : incomplete;
    }
    Map<String, List<TimeInterval>> intervals = new LinkedHashMap<>();
    ConfigException x = root.attempt(() -> intervals.putAll(intervals(o)));
    incomplete = incomplete == null ? x : incomplete;
    boolean complete = incomplete == null; // so that a name that is missing is a mistake
    List<RouteConfig> routes = new ArrayList<>();
    x =
        root.attempt(
            () -> {
              YamlNode routeNode = o.find(ROUTE);
              if (routeNode == null) {
                throw o.error("no routes provided");
              }
              routes.add(RouteConfig.read(routeNode, syntax, 0));
              checkRoot(routes.getFirst());
              if (complete) {
                checkRoute(routes.getFirst(), receivers.keySet(), intervals.keySet());
              }
            });
    incomplete = incomplete == null ? x : incomplete;
    List<InhibitRule> rules = new ArrayList<>();
    for (YamlNode n : o.get(INHIBIT_RULES)) {
      x = n.attempt(() -> rules.add(InhibitRule.read(n, syntax)));
      incomplete = incomplete == null ? x : incomplete;
    }
    if (incomplete == null) {
      incomplete = unread;
    }
    if (incomplete != null) {
      throw incomplete;
    }
    GlobalConfig global = globals.getFirst();
    RouteConfig route = routes.getFirst();
    List<HeartbeatConfig> heartbeats = heartbeats(o, syntax, receivers.keySet());
    for (String pattern : o.get(TEMPLATES)) {
      try {
        FilePattern.of(pattern);
      } catch (IllegalArgumentException e) {
        throw o.error(TEMPLATES, String.valueOf(e.getMessage()));
      }
    }
    TracingConfig tracing = o.find(TRACING);
    document.refuseNotBuilt();
    return new AlertmanagerConfig(
        global,
        o.get(TEMPLATES),
        HeartbeatConfig.before(route, heartbeats),
        receivers,
        List.copyOf(rules),
        intervals,
        heartbeats,
        tracing,
        o.get(EVENT_RECORDER),
        root);
  }

  private static List<HeartbeatConfig> heartbeats(
      YamlObject o, MatcherSyntax syntax, Set<String> receivers) {
    Map<String, HeartbeatConfig> all = new LinkedHashMap<>();
    for (YamlNode n : o.get(HEARTBEATS)) {
      HeartbeatConfig h = HeartbeatConfig.read(n, syntax, receivers);
      if (all.put(h.name(), h) != null) {
        throw n.error("heartbeat " + GoQuote.quote(h.name()) + " is not unique");
      }
    }
    return List.copyOf(all.values());
  }

  private static void checkRoot(RouteConfig r) {
    if (r.receiver() == null) {
      throw r.at().error(RouteConfig.RECEIVER, "root route must specify a default receiver");
    }
    if (!r.matchers().isEmpty()) {
      throw r.at().error("root route must not have any matchers");
    }
    if (!r.muteTimeIntervals().isEmpty()) {
      throw r.at().error(RouteConfig.MUTE, "root route must not have any mute time intervals");
    }
    if (!r.activeTimeIntervals().isEmpty()) {
      throw r.at().error(RouteConfig.ACTIVE, "root route must not have any active time intervals");
    }
    if (r.continues()) {
      throw r.at().error("cannot have continue in root route");
    }
  }

  private static void checkRoute(RouteConfig r, Set<String> receivers, Set<String> intervals) {
    YamlNode at = r.at().node();
    String name = r.receiver();
    if (name != null && !receivers.contains(name)) {
      at.attempt(
          () -> {
            throw r.at()
                .error(
                    RouteConfig.RECEIVER,
                    "undefined receiver " + GoQuote.quote(name) + " used in route");
          });
    }
    at.attempt(() -> checkIntervals(r, RouteConfig.ACTIVE, r.activeTimeIntervals(), intervals));
    at.attempt(() -> checkIntervals(r, RouteConfig.MUTE, r.muteTimeIntervals(), intervals));
    r.routes().forEach(child -> checkRoute(child, receivers, intervals));
  }

  private static void checkIntervals(
      RouteConfig r, Key<List<String>> key, List<String> used, Set<String> known) {
    for (String n : used) {
      if (!known.contains(n)) {
        throw r.at().error(key, "undefined time interval " + GoQuote.quote(n) + " used in route");
      }
    }
  }

  private static Map<String, List<TimeInterval>> intervals(YamlObject o) {
    Map<String, List<TimeInterval>> all = new LinkedHashMap<>();
    addIntervals(all, o.get(MUTE_TIME_INTERVALS), "mute time interval");
    addIntervals(all, o.get(TIME_INTERVALS), "time interval");
    return all;
  }

  private static void addIntervals(
      Map<String, List<TimeInterval>> all, List<YamlNode> nodes, String what) {
    for (YamlNode n : nodes) {
      n.attempt(
          () -> {
            YamlObject i = n.object(INTERVAL);
            String name = i.get(INTERVAL_NAME);
            if (name.isEmpty()) {
              throw i.error("missing name in " + what);
            }
            if (all.put(name, List.of()) != null) { // known also where its times are wrong
              throw i.error(what + " " + GoQuote.quote(name) + " is not unique");
            }
            all.put(name, i.get(INTERVALS));
          });
    }
  }

  /**
   * Returns the template files that currently exist.
   *
   * @throws IOException if a folder cannot be listed
   */
  public List<Path> templateFiles() throws IOException {
    List<Path> out = new ArrayList<>();
    for (String pattern : templates) {
      out.addAll(FilePattern.of(pattern).files());
    }
    return out;
  }

  /**
   * Returns the active file with secrets masked and without heartbeats, which Alertmanager's tools
   * would reject.
   */
  public String text() {
    return ConfigText.of(root, SECTION, sectionsByName(), Set.of(HEARTBEATS.name()));
  }

  private static Map<String, Section> sectionsByName() {
    Map<String, Section> m = new LinkedHashMap<>();
    sections().forEach(s -> m.put(s.name(), s));
    return m;
  }
}

package dev.tethys.pipeline.receiver.objects;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings;
import dev.tethys.pipeline.receiver.leader.ElectedReceiver;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a receiver.
 *
 * @param initial whether existing objects are emitted as added, before their changes
 */
public record ObjectsConfig(
    ClusterSettings access,
    @Nullable Reference elector,
    List<WatchedObject> objects,
    ErrorMode errors,
    boolean initial) {
  /** Handling of objects that the cluster does not serve. */
  enum ErrorMode {
    /** The receiver does not start. */
    PROPAGATE,

    /** It is logged, and the others are followed. */
    IGNORE,

    /** The others are followed. */
    SILENT
  }

  /** Mode of collection. */
  enum Mode {
    PULL,
    WATCH
  }

  /**
   * One kind of objects.
   *
   * @param name as in paths of the API: {@code pods}
   * @param group of the API; {@code ""} for the first that has them
   * @param interval between two lists
   * @param delay before the first list
   * @param version to begin with; {@code ""} for now
   * @param without kinds of changes that are not told
   */
  record WatchedObject(
      String name,
      String group,
      Mode mode,
      List<String> namespaces,
      String labels,
      String fields,
      Duration interval,
      Duration delay,
      String version,
      Set<String> without) {
    private static final Section SECTION = new Section("object", "A kind of objects.");
    private static final Key<String> NAME =
        SECTION.required("name", Type.STRING, "As in paths of the API: pods.");
    private static final Key<String> GROUP =
        SECTION.key("group", Type.STRING, "", "Of the API; without, the first that has them.");
    private static final Key<Mode> MODE =
        SECTION.key("mode", Type.lowerCase("mode", Mode.class), Mode.PULL, "pull or watch.");
    private static final Key<List<String>> NAMESPACES =
        SECTION.key("namespaces", Type.list(Type.STRING), List.of(), "Only of these.");
    private static final Key<String> LABELS =
        SECTION.key("label_selector", Type.STRING, "", "Only those with such labels.");
    private static final Key<String> FIELDS =
        SECTION.key("field_selector", Type.STRING, "", "Only those with such fields.");
    private static final Key<Duration> INTERVAL =
        SECTION.key(
            "interval", GoDurations.TYPE, Duration.ZERO, "Between two lists; the receiver's.");
    private static final Key<Duration> DELAY =
        SECTION.key("initial_delay", GoDurations.TYPE, Duration.ZERO, "Before the first list.");
    private static final Key<String> VERSION =
        SECTION.key(
            "resource_version",
            Type.STRING,
            "",
            "Resource version at which to begin; empty for the current one.");
    private static final Key<List<String>> WITHOUT =
        SECTION.key(
            "exclude_watch_type",
            Type.list(
                Type.oneOf(
                    "watch type", List.of("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"))),
            List.of(),
            "Changes that are not told.");

    static {
      SECTION
          .notBuilt("exclude_namespaces", "Namespaces whose objects are left out.")
          .notBuilt("persist_resource_version", "Storage of resource versions between starts.");
    }

    static final Type<WatchedObject> TYPE = SECTION.type(WatchedObject::read);

    private static WatchedObject read(YamlObject o) {
      if (!o.get(NAME).matches("[a-z0-9]+")) {
        throw o.error(NAME, "name is that of paths of the API, in lower case: pods");
      }
      for (String n : o.get(NAMESPACES)) {
        if (!n.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
          throw o.error(NAMESPACES, "\"" + n + "\" is no name of a namespace");
        }
      }
      if (o.get(MODE) == Mode.PULL && !o.get(WITHOUT).isEmpty()) {
        throw o.error(WITHOUT, "exclude_watch_type says something with mode: watch only");
      }
      if (o.get(MODE) == Mode.WATCH && o.has(INTERVAL)) {
        throw o.error(INTERVAL, "interval says something with mode: pull only");
      }
      if (o.get(MODE) == Mode.WATCH && o.has(DELAY)) {
        throw o.error(DELAY, "initial_delay says something with mode: pull only");
      }
      return new WatchedObject(
          o.get(NAME),
          o.get(GROUP),
          o.get(MODE),
          List.copyOf(new LinkedHashSet<>(o.get(NAMESPACES))),
          o.get(LABELS),
          o.get(FIELDS),
          o.get(INTERVAL),
          o.get(DELAY),
          o.get(VERSION),
          Set.copyOf(o.get(WITHOUT)));
    }

    /** With the interval of the receiver, if it has none itself. */
    private WatchedObject every(Duration otherwise) {
      return new WatchedObject(
          name,
          group,
          mode,
          namespaces,
          labels,
          fields,
          interval.isZero() ? otherwise : interval,
          delay,
          version,
          without);
    }
  }

  private static final Section SECTION =
      new Section("k8sobjects", "Objects of a Kubernetes cluster, and their changes.");
  private static final ClusterSettings.Keys ACCESS = new ClusterSettings.Keys(SECTION);
  private static final Key<List<WatchedObject>> OBJECTS =
      SECTION.required("objects", Type.list(WatchedObject.TYPE), "Objects to collect.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "interval",
          GoDurations.TYPE,
          Duration.ofHours(1),
          "Between two lists of objects that say nothing of it.");
  private static final Key<ErrorMode> ERRORS =
      SECTION.key(
          "error_mode",
          Type.lowerCase("error_mode", ErrorMode.class),
          ErrorMode.PROPAGATE,
          "Handling of objects that the cluster does not know.");
  private static final Key<Reference> ELECTOR = ElectedReceiver.elector(SECTION);
  private static final Key<Boolean> INITIAL =
      SECTION.key(
          "include_initial_state",
          Type.BOOL,
          false,
          "With watch: existing objects are emitted as added.");

  static {
    SECTION.notBuilt("storage", "Storage of resource versions between starts.");
  }

  static final Type<ObjectsConfig> TYPE =
      SECTION.type(
          o -> {
            if (o.get(OBJECTS).isEmpty()) {
              throw o.error(OBJECTS, "k8sobjects requires at least one entry in objects");
            }
            Duration interval = o.get(INTERVAL).isZero() ? Duration.ofHours(1) : o.get(INTERVAL);
            List<WatchedObject> objects =
                o.get(OBJECTS).stream().map(w -> w.every(interval)).toList();
            for (WatchedObject w : objects) {
              if (w.delay().isPositive() && w.delay().compareTo(w.interval()) >= 0) {
                throw o.error(
                    OBJECTS, "initial_delay of " + w.name() + " has to be less than its interval");
              }
            }
            return new ObjectsConfig(
                ACCESS.read(o), o.find(ELECTOR), objects, o.get(ERRORS), o.get(INITIAL));
          });
}

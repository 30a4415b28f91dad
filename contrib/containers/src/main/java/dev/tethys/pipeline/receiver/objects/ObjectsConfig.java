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
 * Receiver settings.
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

    /** Logs the error and follows the other kinds. */
    IGNORE,

    /** Follows the other kinds without logging. */
    SILENT
  }

  /** Collection mode. */
  enum Mode {
    PULL,
    WATCH
  }

  /**
   * One kind of objects.
   *
   * @param name resource name as in API paths, such as {@code pods}
   * @param group API group, or {@code ""} for the first group with such a resource
   * @param interval interval between two lists
   * @param delay delay before the first list
   * @param version resource version to start from, or {@code ""} for the current one
   * @param without types of changes that are not reported
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
    private static final Section SECTION = new Section("object", "Kind of Kubernetes objects.");
    private static final Key<String> NAME =
        SECTION.required("name", Type.STRING, "Name of the resource in API paths, such as pods.");
    private static final Key<String> GROUP =
        SECTION.key(
            "group",
            Type.STRING,
            "",
            "API group; by default the first group with such a resource.");
    private static final Key<Mode> MODE =
        SECTION.key(
            "mode",
            Type.lowerCase("mode", Mode.class),
            Mode.PULL,
            "Mode of collection: pull or watch.");
    private static final Key<List<String>> NAMESPACES =
        SECTION.key(
            "namespaces", Type.list(Type.STRING), List.of(), "Observed namespaces; all if empty.");
    private static final Key<String> LABELS =
        SECTION.key("label_selector", Type.STRING, "", "Label selector of the objects.");
    private static final Key<String> FIELDS =
        SECTION.key("field_selector", Type.STRING, "", "Field selector of the objects.");
    private static final Key<Duration> INTERVAL =
        SECTION.key(
            "interval",
            GoDurations.TYPE,
            Duration.ZERO,
            "Interval between two lists; by default that of the receiver.");
    private static final Key<Duration> DELAY =
        SECTION.key(
            "initial_delay", GoDurations.TYPE, Duration.ZERO, "Delay before the first list.");
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
            "Types of watch events to ignore.");

    static {
      SECTION
          .notBuilt("exclude_namespaces", "Namespaces to exclude.")
          .notBuilt("persist_resource_version", "Storage of resource versions between starts.");
    }

    static final Type<WatchedObject> TYPE = SECTION.type(WatchedObject::read);

    private static WatchedObject read(YamlObject o) {
      if (!o.get(NAME).matches("[a-z0-9]+")) {
        throw o.error(NAME, "name is that of paths of the API, in lower case: pods");
      }
      for (String n : o.get(NAMESPACES)) {
        if (!n.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
          throw o.error(NAMESPACES, "\"" + n + "\" is not a valid namespace name");
        }
      }
      if (o.get(MODE) == Mode.PULL && !o.get(WITHOUT).isEmpty()) {
        throw o.error(WITHOUT, "exclude_watch_type is valid with mode: watch only");
      }
      if (o.get(MODE) == Mode.WATCH && o.has(INTERVAL)) {
        throw o.error(INTERVAL, "interval is valid with mode: pull only");
      }
      if (o.get(MODE) == Mode.WATCH && o.has(DELAY)) {
        throw o.error(DELAY, "initial_delay is valid with mode: pull only");
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

    /** Applies the receiver's interval if it has none. */
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
      new Section("k8sobjects", "Collects Kubernetes objects and their changes.");
  private static final ClusterSettings.Keys ACCESS = new ClusterSettings.Keys(SECTION);
  private static final Key<List<WatchedObject>> OBJECTS =
      SECTION.required("objects", Type.list(WatchedObject.TYPE), "Objects to collect.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "interval",
          GoDurations.TYPE,
          Duration.ofHours(1),
          "Interval between two lists of objects without their own interval.");
  private static final Key<ErrorMode> ERRORS =
      SECTION.key(
          "error_mode",
          Type.lowerCase("error_mode", ErrorMode.class),
          ErrorMode.PROPAGATE,
          "Handling of resources that the cluster does not have.");
  private static final Key<Reference> ELECTOR = ElectedReceiver.elector(SECTION);
  private static final Key<Boolean> INITIAL =
      SECTION.key(
          "include_initial_state",
          Type.BOOL,
          false,
          "If true, watch mode emits existing objects as added.");

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

package dev.tethys.insight.incidents;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.EntityChange;
import dev.tethys.insight.entities.Relation;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.incidents.IncidentEvent.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Changes of entities within a range: starts of processes and containers, deployments, targets that
 * went down, and instances that appeared or ended. Reads metrics and the history of entities.
 *
 * <p>Bounds: {@link #MAX_OF_KIND} series of a query, {@link #MAX_AROUND} entities around one. A
 * query that fails has no changes.
 */
public final class IncidentChanges {
  /** Changes of one kind that are read, the newest. */
  static final int MAX_OF_KIND = 500;

  /** Entities around the entity of an incident. */
  static final int MAX_AROUND = 2_000;

  /** Name of the part of a replica set that changes with each version. */
  private static final Pattern REPLICA_SET =
      Pattern.compile("-[bcdfghjklmnpqrstvwxz2456789]{8,10}$");

  private static final Set<EntityKind> KINDS =
      Set.of(EntityKind.INSTANCE, EntityKind.CONTAINER, EntityKind.NODE);

  /**
   * Change.
   *
   * @param entities ids of the changed entity and of its owners
   */
  public record Change(IncidentEvent event, Set<String> entities) {}

  /** History of entities. */
  public interface Entities {
    List<EntityChange> changes(Set<EntityKind> kinds, long from, long to, int limit);
  }

  private final MetricAnswers answers;
  private final Entities history;

  public IncidentChanges(MetricAnswers answers, Entities history) {
    this.answers = answers;
    this.history = history;
  }

  /** Changes in the range before a time. */
  public List<Change> find(World world, Duration range, long now) {
    return new Reading(new AlertEntities(world), range.toSeconds(), now).all();
  }

  /** One reading of all changes. */
  private final class Reading {
    private final AlertEntities entities;
    private final long seconds;
    private final long now;
    private final List<Change> out = new ArrayList<>();

    Reading(AlertEntities entities, long seconds, long now) {
      this.entities = entities;
      this.seconds = seconds;
      this.now = now;
    }

    List<Change> all() {
      String recent = " > time() - " + seconds;
      ask("process_start_time_seconds" + recent)
          .forEach(
              s -> add(Kind.RESTART, "process_start_time_seconds", s, target(s) + " started", ""));
      ask("container_start_time_seconds{name!=\"\"}" + recent)
          .forEach(
              s ->
                  add(
                      Kind.RESTART,
                      "container_start_time_seconds",
                      s,
                      container(s) + " started",
                      ""));
      ask("kube_replicaset_created" + recent).forEach(this::addReplicaSet);
      ask(versions()).forEach(this::addVersion);
      ask("max_over_time(timestamp(up == 1)[" + seconds + "s:30s]) and up == 0")
          .forEach(s -> add(Kind.DOWN, "up", s, target(s) + " went down", ""));
      for (EntityChange c : history.changes(KINDS, now - seconds * 1_000, now, MAX_OF_KIND)) {
        addEntity(c);
      }
      return List.copyOf(out);
    }

    private List<Sample> ask(String query) {
      try {
        List<Sample> found = answers.at("topk(" + MAX_OF_KIND + ", " + query + ")", now);
        return found.size() > MAX_OF_KIND ? found.subList(0, MAX_OF_KIND) : found;
      } catch (RuntimeException e) {
        return List.of(); // the incident is shown without these changes
      }
    }

    /** A version that came later than its service did: a new service is not a deployment. */
    private String versions() {
      return firstSeen("job, service_name, service_version", "{service_version!=\"\"}")
          + " > on (job) group_left () ("
          + firstSeen("job", "")
          + " + 90)";
    }

    private String firstSeen(String by, String of) {
      return "min by ("
          + by
          + ") (min_over_time(timestamp(target_info"
          + of
          + ")["
          + seconds
          + "s:1m]))";
    }

    private void addReplicaSet(Sample s) {
      String set = s.label("replicaset");
      String workload = REPLICA_SET.matcher(set).replaceFirst("");
      Map<String, String> labels = new TreeMap<>(s.labels());
      labels.put("workload", workload);
      add(
          Kind.DEPLOYMENT,
          "kube_replicaset_created",
          new Sample(labels, s.value()),
          workload + " deployed",
          set);
    }

    private void addVersion(Sample s) {
      String job = s.label("job");
      String name =
          s.label("service_name").isEmpty()
              ? job.substring(job.lastIndexOf('/') + 1)
              : s.label("service_name");
      Map<String, String> labels = new TreeMap<>(s.labels());
      labels.put("service_name", name);
      add(
          Kind.DEPLOYMENT,
          "target_info",
          new Sample(labels, s.value()),
          name + " deployed",
          "version " + s.label("service_version"));
    }

    private void add(Kind kind, String metric, Sample s, String title, String detail) {
      Entity e = entities.find(s.labels());
      long time = Math.round(s.value() * 1_000);
      if (e == null || time > now || time < now - seconds * 1_000) {
        return;
      }
      Set<String> ids = new LinkedHashSet<>(Set.of(e.id()));
      ids.addAll(owners(entities.world(), e.id()));
      String query = selector(metric, s.labels());
      out.add(
          new Change(
              new IncidentEvent(
                  time,
                  kind,
                  kind.text() + ":" + time / 1_000 + ":" + title,
                  title,
                  detail,
                  "",
                  e.id(),
                  query),
              ids));
    }

    private void addEntity(EntityChange c) {
      Entity e = c.entity();
      Set<String> ids = new LinkedHashSet<>(Set.of(e.id()));
      ids.addAll(c.owners());
      c.owners().forEach(o -> ids.addAll(owners(entities.world(), o)));
      Kind kind = c.ended() ? Kind.DISAPPEARED : Kind.APPEARED;
      String what = e.kind().text().replace('_', ' ') + " " + e.name();
      out.add(
          new Change(
              new IncidentEvent(
                  c.time(),
                  kind,
                  kind.text() + ":" + c.time() + ":" + e.id(),
                  what + (c.ended() ? " disappeared" : " appeared"),
                  "",
                  "",
                  e.id(),
                  ""),
              ids));
    }
  }

  private static String target(Sample s) {
    return (s.label("job") + " " + s.label("instance")).strip();
  }

  private static String container(Sample s) {
    if (!s.label("pod").isEmpty()) {
      return (s.label("pod") + " " + s.label("container")).strip();
    }
    return s.label("name").isEmpty() ? s.label("container_id") : s.label("name");
  }

  private static String selector(String metric, Map<String, String> labels) {
    StringBuilder out = new StringBuilder(metric).append('{');
    String separator = "";
    for (Map.Entry<String, String> l : new TreeMap<>(labels).entrySet()) {
      boolean isOwn = l.getKey().equals("__name__") || l.getKey().equals("workload");
      if (!isOwn && l.getKey().matches("[A-Za-z_][A-Za-z0-9_]*")) {
        out.append(separator).append(l.getKey()).append("=\"");
        out.append(l.getValue().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
        out.append('"');
        separator = ", ";
      }
    }
    return out.append('}').toString();
  }

  /** Ids of the entities of which an entity is a part, at every level. */
  private static Set<String> owners(World world, String id) {
    return follow(
        Set.of(id),
        at ->
            world.from(at).stream()
                .filter(r -> r.kind() == RelationKind.PART_OF)
                .map(Relation::to)
                .toList());
  }

  /**
   * Ids of the entities whose changes may explain an incident: its entities with their parts and
   * hosts, and callees.
   */
  public static Set<String> around(World world, Set<String> ids) {
    Set<String> start = new LinkedHashSet<>(ids);
    for (String id : ids) {
      world.from(id).stream()
          .filter(
              r ->
                  switch (r.kind()) {
                    case CALLS, READS, WRITES -> true;
                    default -> false;
                  })
          .limit(MAX_AROUND)
          .forEach(r -> start.add(r.to()));
    }
    Set<String> out =
        follow(
            start,
            at ->
                world.to(at).stream()
                    .filter(r -> r.kind() == RelationKind.PART_OF)
                    .map(Relation::from)
                    .toList());
    out.addAll(start);
    for (String id : List.copyOf(out)) {
      world.from(id).stream()
          .filter(r -> r.kind() == RelationKind.RUNS_ON)
          .forEach(r -> out.add(r.to()));
    }
    return out;
  }

  private interface Next {
    List<String> of(String id);
  }

  private static Set<String> follow(Set<String> start, Next next) {
    Set<String> out = new LinkedHashSet<>();
    List<String> level = List.copyOf(start);
    while (!level.isEmpty() && out.size() < MAX_AROUND) {
      List<String> following = new ArrayList<>();
      for (String id : level) {
        for (String other : next.of(id)) {
          if (!start.contains(other) && out.add(other)) {
            following.add(other);
          }
        }
      }
      level = following;
    }
    return new HashSet<>(out);
  }
}

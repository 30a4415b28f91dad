package dev.tethys.insight.deployments;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.EntityPast;
import dev.tethys.insight.entities.EntityPast.EntitySpan;
import dev.tethys.insight.entities.EntityPast.RelationSpan;
import dev.tethys.insight.entities.kind.EntityKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds deployments in the history of entities. Each instance has versions: {@code
 * service.version}, the tags of its images by repository, and the hash of its ReplicaSet. Each of
 * these kinds is followed alone: a version that begins to run while others run, or after others
 * ran, is a change of the service. Changes that begin within {@link #JOINED} are one deployment.
 *
 * <ul>
 *   <li>A version with which the service was first seen does not count.
 *   <li>A version that returns within {@link #ABSENCE} was not absent, so that restarts do not
 *       count.
 *   <li>A rollout ends with the last instance of earlier versions. The model ends entities some
 *       minutes after their last sample; these are subtracted.
 *   <li>Where an instance changes its version and stays, the two versions have samples in one
 *       entity for these minutes. Its rollout is the whole time in which the change may have been.
 * </ul>
 *
 * <p>The result depends on the set of spans, not on their order.
 */
public final class DeploymentFinder {
  /** Largest distance of the starts of changes that are one deployment, in milliseconds. */
  static final long JOINED = 5 * 60_000;

  /** Time for which a version may be missing between two instances, in milliseconds. */
  static final long ABSENCE = 5 * 60_000;

  /**
   * Time for which another version must have run, in milliseconds: sources of a new service appear
   * one after the other.
   */
  static final long SETTLED = 2 * 60_000;

  /** Most deployments in a result; the newest are kept. */
  public static final int MAX_DEPLOYMENTS = 5_000;

  /** Most versions of one kind of a service that are followed; the newest are kept. */
  private static final int MAX_VERSIONS = 1_000;

  private static final Comparator<ServiceDeployment> NEWEST_FIRST =
      Comparator.comparingLong(ServiceDeployment::start)
          .reversed()
          .thenComparing(ServiceDeployment::service);

  /** Kind of version with its repository. */
  private record Line(VersionKind kind, String subject) implements Comparable<Line> {
    @Override
    public int compareTo(Line o) {
      int c = kind.compareTo(o.kind);
      return c != 0 ? c : subject.compareTo(o.subject);
    }
  }

  /** Instance that ran a version. */
  private record Run(String version, String instance, long from, long to) {}

  /** Time in which at least one instance ran a version. */
  private record Presence(String version, long from, long to) {
    boolean covers(long time) {
      return from <= time && time < to;
    }
  }

  /** Change of one line. */
  private record Change(
      Line line,
      List<String> before,
      String after,
      long start,
      long end,
      DeploymentStatus status) {}

  private final long endsAfter;
  private final Map<String, List<EntitySpan>> entities = new HashMap<>();
  private final Map<String, List<RelationSpan>> outgoing = new HashMap<>();
  private final Map<String, Map<Line, List<Run>>> byService = new TreeMap<>();
  private final Map<String, String> names = new HashMap<>();

  private DeploymentFinder(EntityPast past, long endsAfter) {
    this.endsAfter = endsAfter;
    for (EntitySpan s : past.entities()) {
      entities.computeIfAbsent(s.entity().id(), _ -> new ArrayList<>()).add(s);
    }
    for (RelationSpan s : past.relations()) {
      outgoing.computeIfAbsent(s.relation().from(), _ -> new ArrayList<>()).add(s);
    }
  }

  /**
   * Deployments in a range of the past, the newest first.
   *
   * @param past instances, containers and services, with their relations {@code part_of}
   * @param endsAfter milliseconds without samples after which entities ended
   */
  public static List<ServiceDeployment> find(EntityPast past, long endsAfter) {
    DeploymentFinder f = new DeploymentFinder(past, endsAfter);
    for (EntitySpan s : past.entities()) {
      f.read(s);
    }
    List<ServiceDeployment> out = new ArrayList<>();
    f.byService.forEach((service, lines) -> out.addAll(f.deployments(service, lines)));
    out.sort(NEWEST_FIRST);
    return List.copyOf(out.size() > MAX_DEPLOYMENTS ? out.subList(0, MAX_DEPLOYMENTS) : out);
  }

  private void read(EntitySpan s) {
    Entity e = s.entity();
    if (e.kind() == EntityKind.INSTANCE) {
      add(
          e.id(),
          new Line(VersionKind.VERSION, ""),
          e.attributes().get("version"),
          s.from(),
          s.to());
      add(
          e.id(),
          new Line(VersionKind.REVISION, ""),
          e.attributes().get("revision"),
          s.from(),
          s.to());
    } else if (e.kind() == EntityKind.CONTAINER) {
      ImageName image = ImageName.of(e.attributes().getOrDefault("image", ""));
      if (image == null) {
        return;
      }
      for (RelationSpan r : outgoing.getOrDefault(e.id(), List.of())) {
        add(
            r.relation().to(),
            new Line(VersionKind.IMAGE, image.repository()),
            image.version(),
            Math.max(s.from(), r.from()),
            Math.min(s.to(), r.to()));
      }
    } else if (e.kind() == EntityKind.SERVICE) {
      names.merge(e.id(), e.name(), (a, b) -> a.compareTo(b) <= 0 ? a : b);
    }
  }

  /** Adds the version of an instance to its services. */
  private void add(String instance, Line line, @Nullable String version, long from, long to) {
    if (version == null || version.isEmpty() || from >= to) {
      return;
    }
    for (RelationSpan r : outgoing.getOrDefault(instance, List.of())) {
      long begin = Math.max(from, r.from());
      long end = Math.min(to, r.to());
      if (begin < end && isService(r.relation().to())) {
        byService
            .computeIfAbsent(r.relation().to(), _ -> new TreeMap<>())
            .computeIfAbsent(line, _ -> new ArrayList<>())
            .add(new Run(version, instance, begin, end));
      }
    }
  }

  private boolean isService(String id) {
    List<EntitySpan> spans = entities.get(id);
    return spans != null && spans.getFirst().entity().kind() == EntityKind.SERVICE;
  }

  private List<ServiceDeployment> deployments(String service, Map<Line, List<Run>> lines) {
    List<Change> all = new ArrayList<>();
    lines.forEach((line, runs) -> all.addAll(changes(line, presences(runs))));
    all.sort(
        Comparator.comparingLong(Change::start)
            .thenComparing(Change::line)
            .thenComparing(Change::after));
    List<ServiceDeployment> out = new ArrayList<>();
    List<Change> joined = new ArrayList<>();
    for (Change c : all) {
      if (!joined.isEmpty() && c.start - joined.getFirst().start > JOINED) {
        out.add(join(service, joined, lines));
        joined = new ArrayList<>();
      }
      joined.add(c);
    }
    if (!joined.isEmpty()) {
      out.add(join(service, joined, lines));
    }
    return out;
  }

  /** Times of each version, by their begin. */
  private static List<Presence> presences(List<Run> runs) {
    Map<String, List<Run>> byVersion = new TreeMap<>();
    runs.forEach(r -> byVersion.computeIfAbsent(r.version, _ -> new ArrayList<>()).add(r));
    List<Presence> out = new ArrayList<>();
    byVersion.forEach(
        (version, its) -> {
          its.sort(Comparator.comparingLong(Run::from));
          long from = its.getFirst().from;
          long to = its.getFirst().to;
          for (Run r : its) {
            if (r.from > to && r.from - to > ABSENCE) {
              out.add(new Presence(version, from, to));
              from = r.from;
              to = r.to;
            }
            to = Math.max(to, r.to);
          }
          out.add(new Presence(version, from, to));
        });
    out.sort(Comparator.comparingLong(Presence::from).thenComparing(Presence::version));
    return out.size() > MAX_VERSIONS ? out.subList(out.size() - MAX_VERSIONS, out.size()) : out;
  }

  private List<Change> changes(Line line, List<Presence> all) {
    List<Change> out = new ArrayList<>();
    for (Presence p : all) {
      List<Presence> others = running(all, p);
      if (others.isEmpty()) {
        continue;
      }
      Set<String> before = new TreeSet<>();
      long othersEnd = Long.MIN_VALUE;
      for (Presence o : others) {
        before.add(o.version);
        othersEnd = Math.max(othersEnd, o.to);
      }
      long next = Long.MAX_VALUE; // begin of a newer version
      for (Presence o : all) {
        if (o.from > p.from && !o.version.equals(p.version)) {
          next = Math.min(next, o.from);
        }
      }
      long start = p.from;
      long end = Math.min(othersEnd, Math.min(p.to, next));
      DeploymentStatus status;
      if (othersEnd == p.from) {
        status = DeploymentStatus.COMPLETE;
        start -= endsAfter;
      } else if (end == Long.MAX_VALUE) {
        status = DeploymentStatus.IN_PROGRESS;
      } else if (end == othersEnd) {
        status = DeploymentStatus.COMPLETE;
        end -= endsAfter;
      } else if (end == p.to) {
        status = DeploymentStatus.CANCELLED;
        end -= endsAfter;
      } else {
        status = DeploymentStatus.SUPERSEDED;
      }
      out.add(
          new Change(line, List.copyOf(before), p.version, start, Math.max(start, end), status));
    }
    return out;
  }

  /**
   * Other versions that ran when one began, or else the last one that ended before. None if they
   * had just begun as well, or if the last one is the same version.
   */
  private static List<Presence> running(List<Presence> all, Presence p) {
    List<Presence> out = new ArrayList<>();
    Presence last = null;
    for (Presence o : all) {
      if (o == p || o.from > p.from - SETTLED) {
        continue;
      }
      if (o.covers(p.from) && !o.version.equals(p.version)) {
        out.add(o);
      }
      if (o.to <= p.from && (last == null || o.to > last.to)) {
        last = o;
      }
    }
    if (out.isEmpty() && last != null && !last.version.equals(p.version)) {
      out.add(last);
    }
    return out;
  }

  private ServiceDeployment join(String service, List<Change> changes, Map<Line, List<Run>> lines) {
    List<Change> sorted = new ArrayList<>(changes);
    sorted.sort(Comparator.comparing(Change::line).thenComparingLong(Change::start));
    long start = Long.MAX_VALUE;
    long end = Long.MIN_VALUE;
    Map<DeploymentStatus, Integer> statuses = new EnumMap<>(DeploymentStatus.class);
    List<VersionChange> shown = new ArrayList<>();
    for (Change c : sorted) {
      start = Math.min(start, c.start);
      end = Math.max(end, c.end);
      statuses.merge(c.status, 1, Integer::sum);
      shown.add(new VersionChange(c.line.kind, c.line.subject, c.before, c.after));
    }
    DeploymentStatus status =
        statuses.containsKey(DeploymentStatus.IN_PROGRESS)
            ? DeploymentStatus.IN_PROGRESS
            : sorted.getFirst().status;
    Change first = sorted.getFirst();
    List<Run> runs = lines.getOrDefault(first.line, List.of());
    return new ServiceDeployment(
        ServiceDeployment.id(service, start),
        service,
        names.getOrDefault(service, service),
        start,
        end,
        status,
        shown,
        instances(runs, Set.copyOf(first.before), first.start - 1),
        instances(
            runs,
            Set.of(first.after),
            first.end == Long.MAX_VALUE ? first.end : first.end + endsAfter));
  }

  /** Instances that ran one of some versions at a time; {@link Long#MAX_VALUE} is the present. */
  private static int instances(List<Run> runs, Set<String> versions, long time) {
    Set<String> out = new HashSet<>();
    for (Run r : runs) {
      boolean covers = time == Long.MAX_VALUE ? r.to == time : r.from <= time && time < r.to;
      if (covers && versions.contains(r.version)) {
        out.add(r.instance);
      }
    }
    return out.size();
  }
}

package dev.tethys.insight.entities;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Worlds of the past, kept as intervals of entities and relations in memory and in a {@link
 * RecordLog} of {@link HistoryRecord}s. An interval begins and ends at the times at which the world
 * changed, not at those of samples: {@link #at} gives the world that readers saw then, also after a
 * restart.
 *
 * <p>Bounded by age, by the bytes of the log and by {@link #MAX_ENDED}. The oldest intervals are
 * removed first; {@link #start} is the time from which the history is complete.
 *
 * <p>Invariant: times do not decrease. Not thread-safe.
 */
final class History implements Closeable {
  /** The most intervals in memory that have ended. */
  static final int MAX_ENDED = 500_000;

  /** Levels of owners that changes name: pod, service or workload, namespace. */
  private static final int MAX_LEVELS = 4;

  private static final System.Logger LOG = JulLogger.of(History.class.getName());

  /**
   * Time range in which something was valid. {@code to} is {@link Long#MAX_VALUE} until it ends.
   */
  record Span<T>(T what, long from, long to) {
    boolean covers(long time) {
      return from <= time && time < to;
    }
  }

  private final @Nullable RecordLog log;
  private final long maxAge;
  private final long maxBytes;
  private final Map<String, Span<Entity>> entities = new HashMap<>(); // open, by id
  private final Map<Relation, Span<Relation>> relations = new HashMap<>(); // open
  private final ArrayDeque<Span<Entity>> endedEntities = new ArrayDeque<>(); // by end
  private final ArrayDeque<Span<Relation>> endedRelations = new ArrayDeque<>(); // by end
  private long start = Long.MAX_VALUE;
  private long newest = Long.MIN_VALUE;
  private long compactAt;
  private boolean damaged; // the log lacks a record that memory has
  private @Nullable String problem;

  /**
   * Opens the history.
   *
   * @param file null to keep it in memory only
   * @param maxAge milliseconds
   * @param maxBytes maximum size of the log
   * @throws IOException if the log cannot be read
   */
  History(@Nullable Path file, long maxAge, long maxBytes) throws IOException {
    this.maxAge = maxAge;
    this.maxBytes = maxBytes;
    this.compactAt = maxBytes;
    Map<String, String> known = new HashMap<>(); // so that equal ids are one string
    this.log =
        file == null
            ? null
            : RecordLog.open(
                file, RecordFormat.STANDARD, p -> HistoryRecord.read(p, known, this::take));
  }

  private void take(HistoryRecord.Change c) {
    switch (c) {
      case HistoryRecord.Change.Start s -> {
        start = s.time();
        newest = Math.max(newest, s.time());
      }
      case HistoryRecord.Change.OfEntity e -> {
        newest = Math.max(newest, e.span().from());
        if (e.span().to() == Long.MAX_VALUE) {
          entities.put(e.span().what().id(), e.span());
        } else {
          endedEntities.add(e.span());
        }
      }
      case HistoryRecord.Change.OfRelation r -> {
        newest = Math.max(newest, r.span().from());
        if (r.span().to() == Long.MAX_VALUE) {
          relations.put(r.span().what(), r.span());
        } else {
          endedRelations.add(r.span());
        }
      }
      case HistoryRecord.Change.EntityEnd e -> end(e);
      case HistoryRecord.Change.RelationEnd e -> end(e);
    }
  }

  private void end(HistoryRecord.Change.EntityEnd e) {
    newest = Math.max(newest, e.time());
    Span<Entity> s = entities.remove(e.id());
    if (s != null) {
      endedEntities.add(new Span<>(s.what(), s.from(), e.time()));
    }
  }

  private void end(HistoryRecord.Change.RelationEnd e) {
    newest = Math.max(newest, e.time());
    Span<Relation> s = relations.remove(e.relation());
    if (s != null) {
      endedRelations.add(new Span<>(s.what(), s.from(), e.time()));
    }
  }

  /** Returns the time from which the history is complete; {@link Long#MAX_VALUE} if it is empty. */
  long start() {
    return start;
  }

  /** Returns the reason why the latest changes are only in memory; null if they are on disk. */
  @Nullable String problem() {
    return problem;
  }

  /** Returns the number of ended intervals. */
  int ended() {
    return endedEntities.size() + endedRelations.size();
  }

  /** Records the world that is valid from a time on. */
  void record(long at, World w) {
    long time = Math.max(at, newest);
    List<HistoryRecord.Change> changes = new ArrayList<>();
    if (start == Long.MAX_VALUE) {
      changes.add(new HistoryRecord.Change.Start(time));
    }
    Set<Relation> now = new HashSet<>(w.relations());
    for (Relation r : relations.keySet()) {
      if (!now.contains(r)) {
        changes.add(new HistoryRecord.Change.RelationEnd(r, time));
      }
    }
    Map<String, Entity> current = new HashMap<>();
    w.entities().forEach(e -> current.put(e.id(), e));
    for (Span<Entity> s : entities.values()) {
      if (!s.what().equals(current.get(s.what().id()))) {
        changes.add(new HistoryRecord.Change.EntityEnd(s.what().id(), time));
      }
    }
    for (Entity e : w.entities()) {
      Span<Entity> s = entities.get(e.id());
      if (s == null || !s.what().equals(e)) {
        changes.add(new HistoryRecord.Change.OfEntity(new Span<>(e, time, Long.MAX_VALUE)));
      }
    }
    for (Relation r : w.relations()) {
      if (!relations.containsKey(r)) {
        changes.add(new HistoryRecord.Change.OfRelation(new Span<>(r, time, Long.MAX_VALUE)));
      }
    }
    changes.forEach(this::take);
    newest = time;
    boolean removed = expire(time);
    write(changes, removed);
  }

  /**
   * Removes entries that are too old or exceed the limit; returns whether the log should be
   * rewritten.
   */
  private boolean expire(long now) {
    removeEndedBefore(now - maxAge);
    while (ended() > MAX_ENDED) {
      removeOldestHalf();
    }
    RecordLog l = log;
    return l != null && l.bytes() > compactAt;
  }

  private void removeEndedBefore(long time) {
    if (start < time) {
      start = time;
    }
    while (!endedEntities.isEmpty() && endedEntities.getFirst().to() <= start) {
      endedEntities.removeFirst();
    }
    while (!endedRelations.isEmpty() && endedRelations.getFirst().to() <= start) {
      endedRelations.removeFirst();
    }
  }

  private void removeOldestHalf() {
    long[] ends =
        Stream.concat(endedEntities.stream(), endedRelations.stream())
            .mapToLong(Span::to)
            .sorted()
            .toArray();
    removeEndedBefore(ends[ends.length / 2]);
  }

  private void write(List<HistoryRecord.Change> changes, boolean compact) {
    RecordLog l = log;
    if (l == null || changes.isEmpty() && !damaged) {
      return;
    }
    try {
      if (compact || damaged) {
        compact(l);
      } else {
        l.append(HistoryRecord.write(changes));
      }
      damaged = false;
      problem = null;
    } catch (IOException e) {
      damaged = true;
      problem =
          "history of entities is not written: "
              + IoFailures.describe(e)
              + "; free space or make the folder writable. Changes stay in memory until then";
      LOG.log(Level.WARNING, "{0}", problem);
    }
  }

  /**
   * Writes the remaining entries to a new file of at most half the limit, if the open intervals
   * fit.
   */
  private void compact(RecordLog l) throws IOException {
    l.replace(HistoryRecord.write(all()).stream());
    while (l.bytes() > maxBytes / 2 && ended() > 0) {
      removeOldestHalf();
      l.replace(HistoryRecord.write(all()).stream());
    }
    compactAt = Math.max(maxBytes, 2 * l.bytes());
  }

  private List<HistoryRecord.Change> all() {
    List<HistoryRecord.Change> out = new ArrayList<>();
    out.add(new HistoryRecord.Change.Start(start));
    endedEntities.forEach(s -> out.add(new HistoryRecord.Change.OfEntity(s)));
    endedRelations.forEach(s -> out.add(new HistoryRecord.Change.OfRelation(s)));
    entities.values().forEach(s -> out.add(new HistoryRecord.Change.OfEntity(s)));
    relations.values().forEach(s -> out.add(new HistoryRecord.Change.OfRelation(s)));
    return out;
  }

  /** Returns the world at a time; null for times before {@link #start}. */
  @Nullable World at(long time) {
    if (time < start) {
      return null;
    }
    List<Entity> found = new ArrayList<>();
    Stream.concat(endedEntities.stream(), entities.values().stream())
        .filter(s -> s.covers(time))
        .forEach(s -> found.add(s.what()));
    found.sort(Comparator.comparing(Entity::id));
    List<Relation> related = new ArrayList<>();
    Stream.concat(endedRelations.stream(), relations.values().stream())
        .filter(s -> s.covers(time))
        .forEach(s -> related.add(s.what()));
    related.sort(Comparator.naturalOrder());
    return new World(found, related);
  }

  /**
   * Returns the intervals during which an entity was valid, in time order; a content change does
   * not end one.
   */
  List<Validity> validity(String id) {
    List<Validity> out = new ArrayList<>();
    Stream.concat(endedEntities.stream(), Stream.ofNullable(entities.get(id)))
        .filter(s -> s.what().id().equals(id))
        .sorted(Comparator.comparingLong(Span::from))
        .forEach(
            s -> {
              Validity v = new Validity(s.from(), s.to());
              if (!out.isEmpty() && out.getLast().to() == v.from()) {
                out.set(out.size() - 1, new Validity(out.getLast().from(), v.to()));
              } else {
                out.add(v);
              }
            });
    return out;
  }

  /**
   * Entities of some kinds that began or ended within a time, the newest first. A change of content
   * neither ends nor begins an entity.
   */
  List<EntityChange> changes(Set<EntityKind> kinds, long from, long to, int limit) {
    Map<String, Span<Entity>> begun = new LinkedHashMap<>();
    Map<String, Span<Entity>> gone = new LinkedHashMap<>();
    Map<String, Long> ends = new HashMap<>();
    Stream.concat(endedEntities.stream(), entities.values().stream())
        .filter(s -> s.to() >= from && kinds.contains(s.what().kind()))
        .forEach(
            s -> {
              String id = s.what().id();
              Long before = ends.put(id, s.to());
              if (before != null && before == s.from()) {
                gone.remove(id); // the same entity with other content
              } else if (s.from() > start && from <= s.from() && s.from() <= to) {
                begun.put(id, s);
              }
              if (s.to() <= to) {
                gone.put(id, s);
              }
            });
    Set<String> ids = new HashSet<>(begun.keySet());
    ids.addAll(gone.keySet());
    Map<String, Set<String>> parents = parents(ids);
    List<EntityChange> out = new ArrayList<>();
    begun.forEach(
        (id, s) -> out.add(new EntityChange(s.what(), s.from(), false, owners(id, parents))));
    gone.forEach((id, s) -> out.add(new EntityChange(s.what(), s.to(), true, owners(id, parents))));
    return out.stream()
        .sorted(Comparator.comparingLong(EntityChange::time).reversed())
        .limit(limit)
        .toList();
  }

  /** Entities of which some are or were a part, and those of which these are. */
  private Map<String, Set<String>> parents(Set<String> ids) {
    Map<String, Set<String>> out = new HashMap<>();
    Set<String> open = ids;
    for (int level = 0; level < MAX_LEVELS && !open.isEmpty(); level++) {
      Set<String> next = new HashSet<>();
      Set<String> now = open;
      Stream.concat(endedRelations.stream(), relations.values().stream())
          .map(Span::what)
          .filter(r -> r.kind() == RelationKind.PART_OF && now.contains(r.from()))
          .forEach(
              r -> {
                out.computeIfAbsent(r.from(), _ -> new HashSet<>()).add(r.to());
                next.add(r.to());
              });
      next.removeAll(out.keySet());
      open = next;
    }
    return out;
  }

  private static Set<String> owners(String id, Map<String, Set<String>> parents) {
    Set<String> out = new HashSet<>();
    List<String> level = List.of(id);
    while (!level.isEmpty()) {
      List<String> next = new ArrayList<>();
      for (String at : level) {
        for (String p : parents.getOrDefault(at, Set.of())) {
          if (out.add(p)) {
            next.add(p);
          }
        }
      }
      level = next;
    }
    return Set.copyOf(out);
  }

  /** Entities of kinds, and relations of a kind, that were valid at any time of a range. */
  EntityPast past(Set<EntityKind> kinds, RelationKind relation, long from, long to) {
    List<EntityPast.EntitySpan> found = new ArrayList<>();
    Stream.concat(endedEntities.stream(), entities.values().stream())
        .filter(s -> kinds.contains(s.what().kind()) && s.from() < to && s.to() > from)
        .forEach(s -> found.add(new EntityPast.EntitySpan(s.what(), s.from(), s.to())));
    List<EntityPast.RelationSpan> related = new ArrayList<>();
    Stream.concat(endedRelations.stream(), relations.values().stream())
        .filter(s -> s.what().kind() == relation && s.from() < to && s.to() > from)
        .forEach(s -> related.add(new EntityPast.RelationSpan(s.what(), s.from(), s.to())));
    return new EntityPast(start, List.copyOf(found), List.copyOf(related));
  }

  @Override
  public void close() throws IOException {
    RecordLog l = log;
    if (l != null) {
      l.close();
    }
  }
}

package dev.tethys.insight.incidents;

import dev.tethys.insight.incidents.IncidentEvent.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * State of one incident across observations. Changes are passed on as records. Not thread-safe.
 *
 * <p>Bounds: {@link #MAX_EVENTS} automatic entries, {@link #MAX_BY_PEOPLE} of people, {@link
 * #MAX_AFFECTED} affected services.
 */
final class TrackedIncident {
  /** Entries that Tethys adds; further ones are counted. */
  static final int MAX_EVENTS = 400;

  /** Notes and acknowledgements. */
  static final int MAX_BY_PEOPLE = 200;

  /** Affected services that are named. */
  static final int MAX_AFFECTED = 100;

  /** Keys of causes, symptoms and recorded observations. */
  private static final int MAX_KEYS = 1_000;

  /** Time without a value after which a problem has ended: two evaluations. */
  private static final long GONE = 60_000;

  /** Pause between observations that counts as a pause of the server. */
  private static final long NOT_OBSERVED = 180_000;

  /** Interval at which the time of the last observation is written. */
  private static final long WRITE_INTERVAL = 300_000;

  /** Receives records of changes. */
  interface Records {
    void head(TrackedIncident i);

    void event(TrackedIncident i, IncidentEvent e);
  }

  /** Problem, objective or alert that is present. */
  private static final class Present {
    final IncidentCause.Kind kind;
    final String title;
    final String entity;
    long lastSeen;

    Present(IncidentCause.Kind kind, String title, String entity, long lastSeen) {
      this.kind = kind;
      this.title = title;
      this.entity = entity;
      this.lastSeen = lastSeen;
    }
  }

  final String id;
  final long start;
  String cause;
  IncidentEntity entity;
  String title;
  String detail;
  boolean critical;
  String query;
  long lastSeen;
  long end;
  String acknowledgedBy = "";
  long acknowledgedAt;
  final Set<IncidentEntity> affected = new LinkedHashSet<>();
  double requestRate;
  double peakRate;
  double requests;
  String continuedIn = "";
  int omitted;

  private final Records records;
  private final List<IncidentEvent> events = new ArrayList<>();
  private final Map<String, Present> present = new HashMap<>();

  /** Time of the last end by key; as many as there are entries. */
  private final Map<String, Long> gone = new HashMap<>();

  private final Set<String> keys = new LinkedHashSet<>();
  private Map<String, IncidentCause> causes = Map.of();
  private int byPeople;
  private long observed; // 0 before the first observation of this process
  private long absentSince;
  private long written;

  TrackedIncident(Records records, String id, long start, IncidentCause c) {
    this.records = records;
    this.id = id;
    this.start = start;
    this.cause = c.key();
    this.entity = c.entity();
    this.title = c.title();
    this.detail = c.detail();
    this.critical = c.critical();
    this.query = c.query();
    this.lastSeen = start;
  }

  /** Incident of a record. */
  TrackedIncident(Records records, Incident head) {
    this.records = records;
    this.id = head.id();
    this.start = head.start();
    this.cause = head.cause();
    this.entity = head.entity();
    this.title = head.title();
    this.detail = head.detail();
    this.query = head.query();
    setHead(head);
  }

  void setHead(Incident head) {
    cause = head.cause();
    entity = head.entity();
    title = head.title();
    detail = head.detail();
    critical = head.critical();
    query = head.query();
    lastSeen = head.lastSeen();
    end = head.end();
    acknowledgedBy = head.acknowledgedBy();
    acknowledgedAt = head.acknowledgedAt();
    affected.clear();
    head.affected().stream().limit(MAX_AFFECTED).forEach(affected::add);
    requestRate = head.requestRate();
    peakRate = head.peakRate();
    requests = head.requests();
    continuedIn = head.continuedIn();
    omitted = head.omitted();
  }

  boolean isOpen() {
    return end == 0;
  }

  /** Whether a problem, objective or alert was seen in it. */
  boolean hasKey(String key) {
    return keys.contains(key);
  }

  /** Whether a problem, objective or alert is present in it. */
  boolean isPresent(String key) {
    return present.containsKey(key);
  }

  /** Whether a cause shares a key with it. */
  boolean shares(IncidentCause c) {
    return hasKey(c.key()) || c.symptoms().stream().anyMatch(s -> hasKey(s.key()));
  }

  /** Whether a cause belongs to it by its entities. */
  boolean isRelatedTo(IncidentCause c) {
    return causes.values().stream().anyMatch(c::isRelatedTo);
  }

  /**
   * Adds an entry unless one with its key exists or there is no room.
   *
   * @return whether it was added
   */
  boolean add(IncidentEvent e) {
    if (!e.key().isEmpty() && !isState(e.kind()) && !keys.add(e.key())) {
      return false;
    }
    if (!hasRoom(e.kind())) {
      omitted++;
      return false;
    }
    take(e);
    records.event(this, e);
    return true;
  }

  boolean hasRoom(Kind kind) {
    boolean isLast = kind == Kind.ENDED || kind == Kind.CONTINUED;
    return kind.isByPeople()
        ? byPeople < MAX_BY_PEOPLE
        : isLast || events.size() - byPeople < MAX_EVENTS && keys.size() < MAX_KEYS;
  }

  /** Whether entries of a kind say that something began or ended, which may happen again. */
  private static boolean isState(Kind k) {
    return switch (k) {
      case PROBLEM, PROBLEM_ENDED, OBJECTIVE, OBJECTIVE_ENDED, ALERT, ALERT_RESOLVED -> true;
      default -> false;
    };
  }

  /** Takes an entry that is already written. */
  void take(IncidentEvent e) {
    if (!hasRoom(e.kind())) {
      return;
    }
    events.add(e);
    if (e.kind().isByPeople()) {
      byPeople++;
    }
    if (!e.key().isEmpty() && keys.size() < MAX_KEYS) {
      keys.add(e.key());
    }
    for (IncidentCause.Kind k : IncidentCause.Kind.values()) {
      if (e.kind() == k.began()) {
        present.put(e.key(), new Present(k, e.title(), e.entity(), e.time()));
      } else if (e.kind() == k.ended()) {
        present.remove(e.key());
        gone.put(e.key(), e.time());
      }
    }
  }

  /**
   * Observes the causes that belong to it.
   *
   * @param isUnknown whether nothing is known about a key at present
   */
  void observe(
      long now, List<IncidentCause> found, Predicate<IncidentPresence> isUnknown, long endsAfter) {
    noticePause(now);
    long passed = observed == 0 ? 0 : Math.min(now - observed, NOT_OBSERVED);
    observed = now;
    Map<String, IncidentCause> next = new LinkedHashMap<>();
    for (IncidentCause c : found) {
      next.put(c.key(), c);
      see(c, now);
    }
    boolean isThere = found.stream().anyMatch(IncidentCause::opens);
    boolean mayBeThere = false;
    for (Map.Entry<String, Present> e : List.copyOf(present.entrySet())) {
      Present p = e.getValue();
      if (p.lastSeen == now) {
        continue;
      }
      if (isUnknown.test(new IncidentPresence(p.kind, e.getKey()))) {
        mayBeThere = true;
      } else if (now - p.lastSeen > GONE) {
        disappear(e.getKey(), p);
      }
    }
    if (isThere) {
      if (now > lastSeen) {
        lastSeen = now;
      }
      causes = next;
      choose(found);
      count(found, passed);
    }
    absentSince = isThere || mayBeThere ? 0 : absentSince == 0 ? now : absentSince;
    if (absentSince > 0 && now - absentSince >= endsAfter) {
      end(lastSeen);
    } else if (now - written >= WRITE_INTERVAL) {
      write(now);
    }
  }

  /** Sees a cause between two observations. */
  void see(IncidentCause c, long now) {
    appear(c.kind(), c.key(), c.entity(), c.title(), c.detail(), c.since(), c.query(), now);
    for (IncidentCause.Symptom s : c.symptoms()) {
      appear(c.kind(), s.key(), s.entity(), s.title(), s.detail(), s.since(), s.query(), now);
    }
    int before = affected.size();
    for (IncidentEntity e : c.affected()) {
      if (affected.size() < MAX_AFFECTED) {
        affected.add(e);
      }
    }
    if (affected.size() != before) {
      written = 0; // with the next observation
    }
    if (causes.isEmpty()) {
      causes = Map.of(c.key(), c);
    }
  }

  private void appear(
      IncidentCause.Kind kind,
      String key,
      IncidentEntity at,
      String name,
      String text,
      long since,
      String expression,
      long now) {
    Present p = present.get(key);
    if (p != null) {
      p.lastSeen = now;
      return;
    }
    if (present.size() >= MAX_KEYS) {
      return;
    }
    // What returns may have kept the time of its first begin.
    long time = Math.max(since, gone.getOrDefault(key, since));
    add(new IncidentEvent(time, kind.began(), key, name, text, "", at.id(), expression));
    Present added = present.computeIfAbsent(key, _ -> new Present(kind, name, at.id(), now));
    added.lastSeen = now;
    if (keys.size() < 2 * MAX_KEYS) {
      keys.add(key);
    }
  }

  private void disappear(String key, Present p) {
    add(new IncidentEvent(p.lastSeen, p.kind.ended(), key, p.title, "", "", p.entity, ""));
    present.remove(key);
  }

  private void noticePause(long now) {
    if (observed == 0 && now - lastSeen > NOT_OBSERVED && !present.isEmpty()) {
      add(
          new IncidentEvent(
              lastSeen,
              Kind.NOT_OBSERVED,
              "pause:" + lastSeen,
              "Not observed for " + minutes(now - lastSeen),
              "The server did not run, or had no data.",
              "",
              "",
              ""));
      present.values().forEach(p -> p.lastSeen = now - 1);
    }
  }

  private static String minutes(long millis) {
    long m = Math.max(1, millis / 60_000);
    return m < 120 ? m + " min" : m / 60 + " h";
  }

  /** The worst cause names the incident; it changes only if the former one is gone or explained. */
  private void choose(List<IncidentCause> found) {
    IncidentCause best =
        found.stream()
            .filter(IncidentCause::opens)
            .min(
                Comparator.comparing(IncidentCause::kind)
                    .thenComparing(c -> !c.critical())
                    .thenComparing(c -> !c.key().equals(cause)))
            .orElseThrow();
    boolean isOther = !best.key().equals(cause);
    boolean changed = isOther || !best.title().equals(title) || best.critical() != critical;
    if (isOther) {
      add(
          new IncidentEvent(
              Math.max(best.since(), start),
              Kind.CAUSE,
              "cause:" + best.key(),
              best.title(),
              best.detail(),
              "",
              best.entity().id(),
              best.query()));
    }
    cause = best.key();
    entity = best.entity();
    title = best.title();
    detail = best.detail();
    critical = best.critical();
    query = best.query();
    if (changed) {
      written = 0;
    }
  }

  private void count(List<IncidentCause> found, long passed) {
    double rate = found.stream().mapToDouble(IncidentCause::requests).max().orElse(0);
    requestRate = rate;
    peakRate = Math.max(peakRate, rate);
    requests += rate * passed / 1_000;
  }

  private void end(long time) {
    present.forEach((key, p) -> p.lastSeen = Math.min(p.lastSeen, time));
    for (Map.Entry<String, Present> e : List.copyOf(present.entrySet())) {
      disappear(e.getKey(), e.getValue());
    }
    end = Math.max(time, start);
    add(new IncidentEvent(end, Kind.ENDED, "ended:" + end, "Incident ended", "", "", "", ""));
    records.head(this);
  }

  /** Ends it because another incident has its cause. */
  void continueIn(TrackedIncident other, long now) {
    continuedIn = other.id;
    other.keys.addAll(keys.stream().limit(Math.max(0, MAX_KEYS - other.keys.size())).toList());
    add(
        new IncidentEvent(
            now, Kind.CONTINUED, "", "Continued in incident " + other.id, other.title, "", "", ""));
    present.clear();
    end = Math.max(now, start);
    records.head(this);
  }

  void write(long now) {
    written = now;
    records.head(this);
  }

  /** Ids of the entities that it concerns. */
  Set<String> entities() {
    Set<String> out = new HashSet<>();
    out.add(entity.id());
    affected.forEach(e -> out.add(e.id()));
    present.values().forEach(p -> out.add(p.entity));
    out.remove("");
    return out;
  }

  List<IncidentEvent> events() {
    return List.copyOf(events);
  }

  /** Snapshot; the keys are those of causes and symptoms. */
  Incident toIncident() {
    List<IncidentEvent> byTime = new ArrayList<>(events);
    byTime.sort(Comparator.comparingLong(IncidentEvent::time));
    return new Incident(
        id,
        cause,
        isOpen() ? present.keySet().stream().sorted().toList() : List.of(),
        entity,
        title,
        detail,
        critical,
        query,
        start,
        lastSeen,
        end,
        acknowledgedBy,
        acknowledgedAt,
        List.copyOf(affected),
        requestRate,
        peakRate,
        requests,
        continuedIn,
        omitted,
        List.copyOf(byTime));
  }
}

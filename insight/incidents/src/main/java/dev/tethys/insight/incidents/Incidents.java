package dev.tethys.insight.incidents;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.insight.incidents.IncidentEvent.Kind;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * All incidents, in memory and in a {@link RecordLog} of {@link IncidentRecord}s.
 *
 * <p>An incident opens with the first cause that opens one and is not part of another. It ends when
 * none of its causes was seen for {@link Limits#endsAfter}; its end is the time at which one was
 * last seen. A cause that returns before that is the same incident. After a restart open incidents
 * continue.
 *
 * <p>Bounds: {@link Limits}. The oldest incidents that have ended are removed first.
 *
 * <p>Thread-safe. State is guarded by this object, which is never held during a write; the log is
 * guarded by {@code writing}. Notes and acknowledgements are on disk when their methods return,
 * other changes with {@link #flush}.
 */
public final class Incidents implements Closeable {
  /**
   * Bounds.
   *
   * @param age of the end of an incident, after which it is removed
   * @param bytes of the log
   * @param incidents in all
   * @param open that are open at a time; further causes open none
   * @param endsAfter time without a cause after which an incident has ended
   */
  public record Limits(Duration age, long bytes, int incidents, int open, Duration endsAfter) {
    public static final Limits DEFAULT =
        new Limits(Duration.ofDays(90), 16 << 20, 2_000, 100, Duration.ofMinutes(5));
  }

  /**
   * Causes at one time.
   *
   * @param time Unix milliseconds
   * @param unknown keys of problems about which nothing is known at present
   * @param unknownKinds kinds of causes that could not be read
   */
  public record Observation(
      long time,
      List<IncidentCause> causes,
      Set<String> unknown,
      Set<IncidentCause.Kind> unknownKinds) {
    boolean isUnknown(IncidentPresence p) {
      return unknownKinds.contains(p.kind()) || unknown.contains(p.key());
    }
  }

  /** Time after its end in which an incident is still that of its alerts. */
  private static final long RECENT = Duration.ofHours(1).toMillis();

  /** Records that wait for {@link #flush}; beyond that the log is rewritten. */
  private static final int MAX_PENDING = 10_000;

  private static final System.Logger LOG = JulLogger.of(Incidents.class.getName());

  private final Limits limits;
  private final ReentrantLock writing = new ReentrantLock();
  private final Map<String, TrackedIncident> all = new LinkedHashMap<>(); // by id, oldest first

  @GuardedBy("this")
  private List<byte[]> pending = new ArrayList<>();

  @GuardedBy("this")
  private boolean damaged; // the log lacks a record that memory has

  @GuardedBy("this")
  private int refused;

  private final @Nullable RecordLog log; // guarded by writing
  private long compactAt; // guarded by writing
  private volatile @Nullable String problem;

  private final TrackedIncident.Records records =
      new TrackedIncident.Records() {
        @Override
        public void head(TrackedIncident i) {
          queue(IncidentRecord.head(i.toIncident()));
        }

        @Override
        public void event(TrackedIncident i, IncidentEvent e) {
          queue(IncidentRecord.event(i.id, e));
        }
      };

  /**
   * Opens the incidents of a file.
   *
   * @param file null to keep them in memory only
   * @throws IOException if the file cannot be read
   */
  public Incidents(@Nullable Path file, Limits limits) throws IOException {
    this.limits = limits;
    this.compactAt = limits.bytes;
    this.log =
        file == null
            ? null
            : RecordLog.open(
                file, RecordFormat.STANDARD, p -> IncidentRecord.read(p, new Loading()));
    synchronized (this) {
      expire(Long.MIN_VALUE);
    }
  }

  private synchronized void queue(byte[] record) {
    if (pending.size() < MAX_PENDING) {
      pending.add(record);
    } else {
      damaged = true;
    }
  }

  /** Takes the records of the log. */
  private final class Loading implements IncidentRecord.Target {
    @Override
    public void head(Incident i) {
      synchronized (Incidents.this) {
        TrackedIncident known = all.get(i.id());
        if (known == null) {
          all.put(i.id(), new TrackedIncident(records, i));
        } else {
          known.setHead(i);
        }
      }
    }

    @Override
    public void event(String incident, IncidentEvent e) {
      synchronized (Incidents.this) {
        TrackedIncident i = all.get(incident);
        if (i != null) {
          i.take(e);
        }
      }
    }
  }

  /** Observes all causes that are present; opens, continues and ends incidents. */
  public synchronized void observe(Observation o) {
    refused = 0;
    Map<TrackedIncident, List<IncidentCause>> found = new LinkedHashMap<>();
    for (IncidentCause c : o.causes) {
      TrackedIncident i = match(c, o.time);
      if (i == null && c.opens()) {
        i = open(c, o.time);
      }
      if (i != null) {
        found.computeIfAbsent(i, _ -> new ArrayList<>()).add(c);
      }
    }
    for (TrackedIncident i : List.copyOf(all.values())) {
      if (i.isOpen()) {
        i.observe(
            o.time, found.getOrDefault(i, List.of()), o::isUnknown, limits.endsAfter.toMillis());
      }
    }
    expire(o.time);
  }

  /**
   * Id of the incident of a firing alert, which is opened if there is none yet.
   *
   * @return null if the alert is part of no incident and opens none
   */
  public synchronized @Nullable String ofAlert(IncidentCause alert, long now) {
    TrackedIncident i = match(alert, now);
    if (i == null && alert.opens()) {
      i = open(alert, now);
    }
    if (i == null) {
      return null;
    }
    i.see(alert, now);
    return i.id;
  }

  /** Id of the incident in which a problem, objective or alert is or was present recently. */
  public synchronized @Nullable String find(String key, long now) {
    String out = null;
    for (TrackedIncident i : all.values()) {
      if (i.hasKey(key) && (i.isOpen() || i.end > now - RECENT && i.continuedIn.isEmpty())) {
        out = i.id;
      }
    }
    return out;
  }

  /** Id of the open incident of a problem; null if there is none. */
  public synchronized @Nullable String open(String key) {
    for (TrackedIncident i : all.values()) {
      if (i.isOpen() && i.isPresent(key)) {
        return i.id;
      }
    }
    return null;
  }

  /** The open incident of a cause; incidents that turn out to be part of it are joined. */
  @GuardedBy("this")
  private @Nullable TrackedIncident match(IncidentCause c, long now) {
    TrackedIncident first = null;
    for (TrackedIncident i : List.copyOf(all.values())) {
      if (!i.isOpen() || !i.shares(c)) {
        continue;
      }
      if (first == null) {
        first = i;
      } else if (c.symptoms().stream().anyMatch(s -> s.key().equals(i.cause))) {
        i.continueIn(first, now);
      }
    }
    if (first != null) {
      return first;
    }
    for (TrackedIncident i : all.values()) {
      if (i.isOpen() && i.isRelatedTo(c)) {
        return i;
      }
    }
    return null;
  }

  @GuardedBy("this")
  private @Nullable TrackedIncident open(IncidentCause c, long now) {
    if (all.values().stream().filter(TrackedIncident::isOpen).count() >= limits.open) {
      refused++;
      return null;
    }
    long number = now;
    while (all.containsKey(Long.toString(number, 36))) {
      number++;
    }
    TrackedIncident i =
        new TrackedIncident(records, Long.toString(number, 36), Math.min(c.since(), now), c);
    all.put(i.id, i);
    i.write(now);
    i.see(c, now);
    i.add(new IncidentEvent(now, Kind.OPENED, "opened", "Incident opened", "", "", "", ""));
    return i;
  }

  /** Adds entries to the timeline of an incident; those whose key it has are left out. */
  public synchronized void add(String incident, Collection<IncidentEvent> events) {
    TrackedIncident i = all.get(incident);
    if (i != null) {
      events.forEach(i::add);
    }
  }

  /**
   * Adds a note, durably.
   *
   * @return null if there is no such incident
   * @throws IOException if it could not be written; it is not added then
   * @throws IllegalStateException if the incident has no room for it
   */
  public @Nullable IncidentEvent addNote(String incident, String author, String text, long now)
      throws IOException {
    IncidentEvent e = new IncidentEvent(now, Kind.NOTE, "", "Note", text, author, "", "");
    return addByPerson(incident, e) ? e : null;
  }

  /**
   * Acknowledges an incident, or withdraws this, durably.
   *
   * @return false if there is no such incident
   * @throws IOException if it could not be written; nothing has changed then
   * @throws IllegalStateException if the incident has no room for it
   */
  public boolean acknowledge(String incident, String author, boolean withdraw, long now)
      throws IOException {
    Kind kind = withdraw ? Kind.ACKNOWLEDGEMENT_WITHDRAWN : Kind.ACKNOWLEDGED;
    String title = withdraw ? "Acknowledgement withdrawn" : "Acknowledged";
    return addByPerson(incident, new IncidentEvent(now, kind, "", title, "", author, "", ""));
  }

  private boolean addByPerson(String incident, IncidentEvent e) throws IOException {
    writing.lock();
    try {
      synchronized (this) {
        TrackedIncident i = all.get(incident);
        if (i == null) {
          return false;
        }
        if (!i.hasRoom(e.kind())) {
          throw new IllegalStateException(
              "incident "
                  + incident
                  + " has "
                  + TrackedIncident.MAX_BY_PEOPLE
                  + " notes and acknowledgements, the limit");
        }
      }
      write();
      String failure = problem;
      if (failure != null) {
        throw new IOException(failure);
      }
      append(List.of(IncidentRecord.event(incident, e)));
      synchronized (this) {
        TrackedIncident i = all.get(incident);
        if (i != null) {
          i.take(e);
          apply(i, e);
        }
      }
      write();
      return true;
    } finally {
      writing.unlock();
    }
  }

  private static void apply(TrackedIncident i, IncidentEvent e) {
    if (e.kind() == Kind.NOTE) {
      return;
    }
    boolean acknowledges = e.kind() == Kind.ACKNOWLEDGED;
    i.acknowledgedBy = acknowledges ? e.by() : "";
    i.acknowledgedAt = acknowledges ? e.time() : 0;
    i.write(e.time());
  }

  /** All incidents, the newest first. */
  public synchronized List<Incident> all() {
    List<Incident> out = new ArrayList<>();
    all.values().forEach(i -> out.add(i.toIncident()));
    out.sort(Comparator.comparingLong(Incident::start).thenComparing(Incident::id).reversed());
    return List.copyOf(out);
  }

  /** The incident of an id; null if there is none. */
  public synchronized @Nullable Incident get(String id) {
    TrackedIncident i = all.get(id);
    return i == null ? null : i.toIncident();
  }

  /** Ids and entities of open incidents. */
  public synchronized Map<String, Set<String>> openEntities() {
    Map<String, Set<String>> out = new LinkedHashMap<>();
    all.values().stream().filter(TrackedIncident::isOpen).forEach(i -> out.put(i.id, i.entities()));
    return out;
  }

  /** Human-readable notices about omitted or unwritten items, with the remedy. */
  public List<String> notices() {
    List<String> out = new ArrayList<>();
    String failure = problem;
    if (failure != null) {
      out.add(failure);
    }
    synchronized (this) {
      if (refused > 0) {
        out.add(
            refused
                + " causes open no incident: "
                + limits.open
                + " are open, the limit. Solve or silence some, or raise thresholds of"
                + " inspections");
      }
    }
    return out;
  }

  @GuardedBy("this")
  private void expire(long now) {
    long oldest = now == Long.MIN_VALUE ? now : now - limits.age.toMillis();
    int tooMany = all.size() - limits.incidents;
    for (TrackedIncident i : List.copyOf(all.values())) {
      if (!i.isOpen() && (i.end < oldest || tooMany > 0)) {
        all.remove(i.id);
        tooMany--;
      }
    }
  }

  /** Writes changes to the log. A failure is a notice; they are written later. */
  public void flush() {
    writing.lock();
    try {
      write();
    } finally {
      writing.unlock();
    }
  }

  @GuardedBy("writing")
  private void write() {
    RecordLog l = log;
    List<byte[]> batch;
    boolean whole;
    synchronized (this) {
      batch = pending;
      pending = new ArrayList<>();
      whole = damaged;
    }
    if (l == null || batch.isEmpty() && !whole) {
      return;
    }
    try {
      if (whole || l.bytes() > compactAt) {
        compact(l);
      } else {
        l.append(batch);
      }
      synchronized (this) {
        damaged = false;
      }
      problem = null;
    } catch (IOException e) {
      synchronized (this) {
        damaged = true;
      }
      String text =
          "incidents are not written: "
              + IoFailures.describe(e)
              + "; free space or make the folder writable. Changes stay in memory until then";
      problem = text;
      LOG.log(Level.WARNING, "{0}", text);
    }
  }

  @GuardedBy("writing")
  private void append(List<byte[]> batch) throws IOException {
    RecordLog l = log;
    if (l != null) {
      l.append(batch);
    }
  }

  @GuardedBy("writing")
  private void compact(RecordLog l) throws IOException {
    l.replace(live().stream());
    while (l.bytes() > limits.bytes / 2 && removeOldest()) {
      l.replace(live().stream());
    }
    compactAt = Math.max(limits.bytes, 2 * l.bytes());
  }

  private synchronized List<byte[]> live() {
    List<byte[]> out = new ArrayList<>();
    for (TrackedIncident i : all.values()) {
      out.add(IncidentRecord.head(i.toIncident()));
      i.events().forEach(e -> out.add(IncidentRecord.event(i.id, e)));
    }
    return out;
  }

  /** Removes a quarter of the incidents that have ended. */
  private synchronized boolean removeOldest() {
    List<String> ended = all.values().stream().filter(i -> !i.isOpen()).map(i -> i.id).toList();
    ended.subList(0, (ended.size() + 3) / 4).forEach(all::remove);
    return !ended.isEmpty();
  }

  @Override
  public void close() throws IOException {
    writing.lock();
    try {
      synchronized (this) {
        all.values().stream().filter(TrackedIncident::isOpen).forEach(records::head);
      }
      write();
      RecordLog l = log;
      if (l != null) {
        l.close();
      }
    } finally {
      writing.unlock();
    }
  }
}

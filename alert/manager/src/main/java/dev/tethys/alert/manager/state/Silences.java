package dev.tethys.alert.manager.state;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.recorder.EventKind;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.GoQuote;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Active, expired and pending silences.
 *
 * <p>Invariants: guarded by this object; changes acknowledged by {@link #set} and {@link #expire}
 * are in the log on disk. The log holds at most twice the number of current records plus {@link
 * #SLACK}.
 */
public final class Silences implements Closeable, SharedState {
  /** The file in the storage folder. */
  public static final String FILE = "silences.log";

  /** Number of replaced records that a log may always hold. */
  static final int SLACK = 1000;

  /** Maximum number of silences accepted from other members of a cluster. */
  static final int MAX_MERGED = 1_000_000;

  /** Maximum number of remembered silences that are invalid here, so that each is logged once. */
  private static final int MAX_FOREIGN = 10_000;

  private static final System.Logger LOG = JulLogger.of(Silences.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  private final SilenceLimits limits;
  private final MatcherSyntax syntax;
  private final InstantSource clock;
  private final boolean logged;
  private final EventRecorder recorder;
  private final Map<String, Silence> silences = new LinkedHashMap<>();
  private final RecordLog log;
  private long memory; // that all take
  private @Nullable List<Silence> snapshot; // of all; null after a change
  private final Set<String> foreign = new HashSet<>();
  private Consumer<byte[]> changed = b -> {};
  private final Registry.Counter propagated;

  /**
   * Opens the log in a folder.
   *
   * @param logged whether each change is written to the process's log
   * @throws IOException if it cannot be read or created
   */
  public Silences(
      Path folder,
      SilenceLimits limits,
      MatcherSyntax syntax,
      InstantSource clock,
      Registry registry,
      boolean logged,
      EventRecorder recorder)
      throws IOException {
    this.limits = limits;
    this.syntax = syntax;
    this.clock = clock;
    this.logged = logged;
    this.recorder = recorder;
    this.log = RecordLog.open(folder.resolve(FILE), RecordFormat.STANDARD, this::read);
    register(registry);
    propagated =
        registry.counter(
            "alertmanager_silences_gossip_messages_propagated_total",
            "Number of received gossip messages that have been further gossiped.");
  }

  private void read(byte[] payload) {
    try {
      keep(StateJson.silence(payload));
    } catch (RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "{0}: an unreadable silence is skipped: {1}",
          FILE,
          JsonFailures.describe(e));
    }
  }

  private void keep(Silence s) {
    snapshot = null;
    Silence before = silences.put(s.id(), s);
    memory += s.bytes() - (before == null ? 0 : before.bytes());
  }

  private void register(Registry registry) {
    registry.register(
        to -> {
          List<MetricFamily.Metric> metrics = new ArrayList<>();
          Instant now = clock.instant();
          List<Silence> all = all();
          for (Silence.State state : Silence.State.values()) {
            long n = all.stream().filter(s -> s.stateAt(now) == state).count();
            metrics.add(
                new MetricFamily.Metric(
                    dev.tethys.model.Labels.of("state", state.text()), (double) n));
          }
          to.accept(
              new MetricFamily(
                  "alertmanager_silences",
                  MetricType.GAUGE,
                  "How many silences by state.",
                  "",
                  metrics));
        });
    registry.gauge(
        "alertmanager_silences_snapshot_size_bytes",
        "Size of the last silence snapshot in bytes.",
        this::bytes);
  }

  private synchronized double bytes() {
    return log.bytes();
  }

  /**
   * Creates a silence or updates the one with its ID. Any change except of the comment and the end
   * creates a new silence and expires the old one.
   *
   * @return ID of the silence
   * @throws SilenceException with Alertmanager's messages
   * @throws IOException if it could not be written; nothing has changed then
   */
  public String set(Silence posted) throws SilenceException, IOException {
    check(posted);
    synchronized (this) {
      Instant now = clock.instant();
      Silence before = silences.get(posted.id());
      if (!posted.id().isEmpty() && before == null) {
        throw SilenceException.notFound();
      }
      // Who knows only one set, and has not changed that, does not take the others away.
      Silence wanted = before == null ? posted : posted.withSetsOf(before);
      if (before != null && canChange(before, wanted, now)) {
        Silence changed = wanted.with(before.id(), wanted.startsAt(), wanted.endsAt(), now);
        store(changed, "update silence");
        record(EventKind.SILENCE_UPDATED, changed);
        return before.id();
      }
      checkRoom(wanted);
      Instant start = wanted.startsAt().isBefore(now) ? now : wanted.startsAt();
      Silence fresh = wanted.with(UUID.randomUUID().toString(), start, wanted.endsAt(), now);
      encoded(fresh);
      if (before != null) {
        expire(before, now);
      }
      store(fresh, "create silence");
      record(EventKind.SILENCE_CREATED, fresh);
      return fresh.id();
    }
  }

  private void record(EventKind kind, Silence s) {
    recorder.record(kind, f -> f.message(1, "silence", EventMessages.silence(s)));
  }

  private void checkRoom(Silence s) throws SilenceException {
    if (memory + s.bytes() > limits.maxMemory()) {
      throw SilenceException.invalid(
          "the silences take more than "
              + limits.maxMemory()
              + " bytes of memory, an eighth of the heap; use simpler expressions or fewer"
              + " silences");
    }
    if (limits.maxSilences() > 0 && silences.size() + 1 > limits.maxSilences()) {
      throw SilenceException.invalid(
          "exceeded maximum number of silences: "
              + silences.size()
              + " (limit: "
              + limits.maxSilences()
              + ")");
    }
  }

  private static boolean canChange(Silence a, Silence b, Instant now) {
    if (!a.sets().equals(b.sets()) || !a.receiverSets().equals(b.receiverSets())) {
      return false;
    }
    return switch (a.stateAt(now)) {
      case ACTIVE ->
          a.startsAt().getEpochSecond() == b.startsAt().getEpochSecond()
              && !b.endsAt().isBefore(now);
      case PENDING -> !b.startsAt().isBefore(now);
      case EXPIRED -> false;
    };
  }

  /**
   * Checks that a silence may be created.
   *
   * @throws SilenceException with Alertmanager's message, if it must not be created
   */
  public void check(Silence s) throws SilenceException {
    for (LabelMatchers set : s.sets()) {
      check(set, true);
    }
    for (LabelMatchers set : s.receiverSets()) {
      check(set, false);
    }
    if (s.endsAt().isBefore(s.startsAt())) {
      throw SilenceException.invalid("invalid silence: end time must not be before start time");
    }
  }

  /**
   * @param ofAlerts whether it may not be met by everything
   */
  private void check(LabelMatchers set, boolean ofAlerts) throws SilenceException {
    List<LabelMatcher> all = set.all();
    if (all.isEmpty()) {
      throw SilenceException.invalid("invalid silence: at least one matcher required");
    }
    for (int i = 0; i < all.size(); i++) {
      if (!syntax.isLabelName(all.get(i).name())) {
        throw SilenceException.invalid(
            "invalid silence: invalid label matcher "
                + i
                + ": invalid label name "
                + GoQuote.quote(all.get(i).name()));
      }
    }
    if (ofAlerts && all.stream().allMatch(m -> m.isEqual() && m.matches(""))) {
      throw SilenceException.invalid(
          "invalid silence: at least one matcher must not match the empty string");
    }
  }

  /**
   * Ends a silence now; one that has not begun is over, too.
   *
   * @throws SilenceException if there is none of that id
   * @throws IOException if it could not be written; nothing has changed then
   */
  public synchronized void expire(String id) throws SilenceException, IOException {
    Silence s = silences.get(id);
    if (s == null) {
      throw SilenceException.notFound();
    }
    expire(s, clock.instant());
  }

  private void expire(Silence s, Instant now) throws IOException, SilenceException {
    switch (s.stateAt(now)) {
      case EXPIRED -> {}
      case ACTIVE -> store(s.with(s.id(), s.startsAt(), now, now), "expire silence");
      case PENDING -> store(s.with(s.id(), now, now, now), "expire silence");
    }
  }

  private byte[] encoded(Silence s) throws SilenceException {
    byte[] b = StateJson.silence(s);
    int limit = limits.maxBytes() > 0 ? limits.maxBytes() : RecordFormat.STANDARD.maxBytes();
    if (b.length > limit) {
      throw SilenceException.invalid(
          "silence exceeded maximum size: " + b.length + " bytes (limit: " + limit + " bytes)");
    }
    return b;
  }

  private void store(Silence s, String what) throws IOException, SilenceException {
    log.append(encoded(s));
    keep(s);
    changed.accept(mesh(s));
    if (logged) {
      LOG.log(
          Level.INFO,
          "{0} {1}: {2} from {3} to {4} by {5}: {6}",
          what,
          s.id(),
          LimitedLog.cut(described(s)),
          s.startsAt(),
          s.endsAt(),
          LimitedLog.cut(s.createdBy()),
          LimitedLog.cut(s.comment()));
    }
    compactIfWorthwhile();
  }

  private static Object described(Silence s) {
    if (!s.isExtended()) {
      return s.matchers();
    }
    return s.receiverSets().isEmpty() ? s.sets() : s.sets() + " for receivers " + s.receiverSets();
  }

  /**
   * Creates a silence under an id chosen by its creator, unless one with that id exists or has
   * existed.
   *
   * @return whether it was created
   * @throws SilenceException with Alertmanager's message
   * @throws IOException if it could not be written; nothing has changed then
   */
  public synchronized boolean setUnlessKnown(Silence s) throws SilenceException, IOException {
    if (silences.containsKey(s.id())) {
      return false;
    }
    check(s);
    checkRoom(s);
    store(s, "create silence");
    record(EventKind.SILENCE_CREATED, s);
    return true;
  }

  private void compact() {
    try {
      log.replace(silences.values().stream().map(StateJson::silence));
    } catch (IOException e) {
      LOG.log(
          Level.ERROR,
          "Compaction of {0} failed, the file continues to grow: {1}",
          FILE,
          e.getMessage());
    }
  }

  /** Removes silences that expired longer ago than the retention. */
  public synchronized void collectGarbage() {
    Instant horizon = clock.instant().minus(limits.retention());
    boolean any = silences.values().removeIf(s -> s.endsAt().isBefore(horizon));
    if (any) {
      snapshot = null;
      memory = silences.values().stream().mapToLong(Silence::bytes).sum();
      compact();
    }
  }

  public synchronized List<Silence> all() {
    return new ArrayList<>(silences.values());
  }

  public synchronized @Nullable Silence get(String id) {
    return silences.get(id);
  }

  /** Returns the sorted IDs of the silences that match labels now, for at least one receiver. */
  public List<String> silencing(LabelSet labels) {
    return silencing(labels, s -> true);
  }

  /**
   * Returns the sorted IDs of the silences that match labels now for a receiver.
   *
   * @param receiver the labels of the receiver
   */
  public List<String> silencing(LabelSet labels, Map<String, String> receiver) {
    return silencing(labels, s -> s.holdsFor(receiver));
  }

  private synchronized List<Silence> snapshot() {
    List<Silence> s = snapshot;
    if (s == null) {
      s = List.copyOf(silences.values());
      snapshot = s;
    }
    return s;
  }

  /** Matches without the lock: expressions can take a long time. */
  private List<String> silencing(LabelSet labels, Predicate<Silence> counts) {
    Instant now = clock.instant();
    List<String> ids = new ArrayList<>();
    for (Silence s : snapshot()) {
      if (s.stateAt(now) == Silence.State.ACTIVE && s.matches(labels) && counts.test(s)) {
        ids.add(s.id());
      }
    }
    ids.sort(null);
    return ids;
  }

  /** Whether a silence is selected: each matcher must occur unchanged in one of its sets. */
  public static boolean isSelected(Silence s, LabelMatchers filter) {
    return s.sets().stream().anyMatch(m -> m.all().containsAll(filter.all()));
  }

  private byte[] mesh(Silence s) {
    return MeshCodec.silence(s, s.endsAt().plus(limits.retention()));
  }

  @Override
  public synchronized void onChange(Consumer<byte[]> to) {
    changed = to;
  }

  @Override
  public byte[] encodeAll() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    all().forEach(s -> out.writeBytes(mesh(s)));
    return out.toByteArray();
  }

  /** Merges two versions of a silence: the later change wins. */
  @Override
  public synchronized void mergeEncoded(byte[] encoded) throws IOException {
    Merge merge = new Merge();
    MeshCodec.silences(encoded, limits.maxMemory(), merge::add);
    if (merge.fresh.isEmpty()) {
      return;
    }
    log.append(merge.records);
    merge.fresh.forEach(this::keep);
    if (encoded.length <= SPREAD_BYTES) {
      changed.accept(encoded);
      propagated.inc();
    }
    compactIfWorthwhile();
  }

  /** Silences of another member that are new here. */
  private final class Merge {
    final List<Silence> fresh = new ArrayList<>();
    final List<byte[]> records = new ArrayList<>();
    private final Instant now = clock.instant();
    private long bytes = memory;

    void add(MeshCodec.MeshSilence m) {
      if (m.expiresAt().isBefore(now)) {
        return;
      }
      Silence s = m.silence();
      if (s == null) {
        if (foreign.size() < MAX_FOREIGN && foreign.add(m.id())) {
          PEER_LOG.log(
              Level.ERROR,
              "silence {0} of another member has a set without matchers: it does not hold here",
              m.id());
        }
        return;
      }
      Silence known = silences.get(s.id());
      if (known == null
          ? silences.size() + fresh.size() >= MAX_MERGED
          : !known.updatedAt().isBefore(s.updatedAt())) {
        return;
      }
      bytes += s.bytes();
      if (bytes > limits.maxMemory()) {
        bytes -= s.bytes();
        PEER_LOG.log(
            Level.ERROR,
            "silence {0} of another member does not hold here: silences take more than {1} bytes",
            s.id(),
            limits.maxMemory());
        return;
      }
      byte[] record = StateJson.silence(s);
      if (record.length <= RecordFormat.STANDARD.maxBytes()) {
        fresh.add(s);
        records.add(record);
      }
    }
  }

  private void compactIfWorthwhile() {
    if (log.records() > SLACK + 2 * silences.size()) {
      compact();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    log.close();
  }
}

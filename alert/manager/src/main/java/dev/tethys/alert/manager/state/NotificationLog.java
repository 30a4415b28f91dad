package dev.tethys.alert.manager.state;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import dev.tethys.model.log.JulLogger;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Notification log: the last notification about each group to each receiver, so that it is not
 * repeated too early.
 *
 * <p>Invariants: guarded by this object; entries acknowledged by {@link #note} are on disk. At most
 * {@link #MAX_ENTRIES} are kept, the oldest are removed first: their groups are notified again.
 */
public final class NotificationLog implements Closeable, SharedState {
  /** The file in the storage folder. */
  public static final String FILE = "nflog.log";

  /** Maximum number of entries. */
  public static final int MAX_ENTRIES = 1_000_000;

  /** Bytes of records from other members that are written in one batch. */
  private static final int APPENDED_BYTES = 1 << 20;

  private static final System.Logger LOG = JulLogger.of(NotificationLog.class.getName());

  /** A group and one integration of a receiver. */
  public record Key(String groupKey, String receiver, String integration, int index) {}

  /**
   * Notification log entry.
   *
   * @param firing fingerprints of the firing alerts
   * @param resolved fingerprints of the resolved alerts
   * @param expiresAt time when it may be removed
   * @param memo state of the notifier
   */
  public record Entry(
      Instant at,
      Set<Long> firing,
      Set<Long> resolved,
      Instant expiresAt,
      Map<String, String> memo) {
    /** Returns the approximate size in bytes without its key. */
    private long bytes() {
      long n = 512L + 64L * (firing.size() + resolved.size());
      for (Map.Entry<String, String> e : memo.entrySet()) {
        n += 128L + 2L * (e.getKey().length() + e.getValue().length());
      }
      return n;
    }
  }

  private final Duration retention;
  private final InstantSource clock;
  private final int maxEntries;
  private final long maxBytes;
  private final Map<Key, Entry> entries = new LinkedHashMap<>();
  private long bytes; // of the entries
  private final RecordLog log;
  private final Registry.Counter queries;
  private final Registry.Counter propagated;
  private Consumer<byte[]> changed = b -> {};

  /**
   * Opens the log in a folder.
   *
   * @param retention how long an entry is kept at least
   * @throws IOException if it cannot be read or made
   */
  public NotificationLog(Path folder, Duration retention, InstantSource clock, Registry registry)
      throws IOException {
    this(folder, retention, clock, registry, MAX_ENTRIES, Runtime.getRuntime().maxMemory() / 8);
  }

  NotificationLog(
      Path folder,
      Duration retention,
      InstantSource clock,
      Registry registry,
      int maxEntries,
      long maxBytes)
      throws IOException {
    this.retention = retention;
    this.clock = clock;
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
    this.log = RecordLog.open(folder.resolve(FILE), RecordFormat.STANDARD, this::read);
    registry.gauge(
        "alertmanager_nflog_snapshot_size_bytes",
        "Size of the last notification log snapshot in bytes.",
        this::logBytes);
    queries =
        registry.counter(
            "alertmanager_nflog_queries_total",
            "Number of notification log queries were received.");
    propagated =
        registry.counter(
            "alertmanager_nflog_gossip_messages_propagated_total",
            "Number of received gossip messages that have been further gossiped.");
  }

  private void read(byte[] payload) {
    try {
      JsonNode n = StateJson.tree(payload);
      put(StateJson.sentKey(n), StateJson.sent(n));
    } catch (RuntimeException e) {
      LOG.log(
          Level.ERROR, "{0}: an unreadable entry is skipped: {1}", FILE, JsonFailures.describe(e));
    }
  }

  private synchronized double logBytes() {
    return log.bytes();
  }

  public synchronized @Nullable Entry find(Key key) {
    queries.inc();
    return entries.get(key);
  }

  /**
   * Records a notification sent now.
   *
   * @param expiry time after which the entry may expire, if shorter than the retention; zero to use
   *     the retention
   * @throws IOException if it could not be written; it is still in effect until the process ends
   */
  public synchronized void note(
      Key key, Set<Long> firing, Set<Long> resolved, Map<String, String> memo, Duration expiry)
      throws IOException {
    Instant now = clock.instant();
    Entry before = entries.get(key);
    if (before != null && before.at().isAfter(now)) {
      return; // another member has sent since, or its clock is ahead
    }
    Duration keep = expiry.isPositive() && expiry.compareTo(retention) < 0 ? expiry : retention;
    Entry e =
        new Entry(now, Set.copyOf(firing), Set.copyOf(resolved), now.plus(keep), Map.copyOf(memo));
    put(key, e);
    changed.accept(MeshCodec.sent(key, e));
    log.append(StateJson.sent(key, e));
    compactIfWorthwhile();
  }

  /** Returns an entry without counting a lookup by the dispatcher. */
  public synchronized @Nullable Entry peek(Key key) {
    return entries.get(key);
  }

  /**
   * Extends the life of an entry, so that the notification is not sent again as a new one.
   *
   * @param expiry time after which the entry may expire, if shorter than the retention
   * @throws IOException if it could not be written; it is still in effect until the process ends
   */
  public synchronized void prolong(Key key, Duration expiry) throws IOException {
    Entry before = entries.get(key);
    Instant now = clock.instant();
    Duration keep = expiry.compareTo(retention) < 0 ? expiry : retention;
    if (before == null || before.expiresAt().isAfter(now.plus(keep.dividedBy(2)))) {
      return;
    }
    // Slightly later than it was, so that other members accept it.
    Entry e =
        new Entry(
            before.at().plusMillis(1),
            before.firing(),
            before.resolved(),
            now.plus(keep),
            before.memo());
    put(key, e);
    changed.accept(MeshCodec.sent(key, e));
    log.append(StateJson.sent(key, e));
    compactIfWorthwhile();
  }

  private void put(Key key, Entry e) {
    remove(key); // so that the map is in the order of writing
    entries.put(key, e);
    bytes += bytes(key, e);
    while (entries.size() > maxEntries || bytes > maxBytes && entries.size() > 1) {
      remove(entries.keySet().iterator().next());
    }
  }

  private void remove(Key key) {
    Entry e = entries.remove(key);
    bytes -= e == null ? 0 : bytes(key, e);
  }

  private static long bytes(Key k, Entry e) {
    return 2L * (k.groupKey.length() + k.receiver.length() + k.integration.length()) + e.bytes();
  }

  /** Entries of another member that are newer than the local ones. */
  private final class Merge {
    private final Instant now = clock.instant();
    private final List<byte[]> records = new ArrayList<>();
    private int waiting; // bytes of the records
    int changes;
    @Nullable IOException failure;

    void add(MeshCodec.MeshEntry m) {
      Entry known = entries.get(m.key());
      if (m.entry().expiresAt().isBefore(now)
          || known != null && !known.at().isBefore(m.entry().at())) {
        return;
      }
      put(m.key(), m.entry());
      byte[] record = StateJson.sent(m.key(), m.entry());
      if (record.length > RecordFormat.STANDARD.maxBytes()) {
        return;
      }
      changes++;
      records.add(record);
      waiting += record.length;
      if (waiting > APPENDED_BYTES) {
        append();
      }
    }

    void append() {
      try {
        if (!records.isEmpty()) {
          log.append(records);
        }
      } catch (IOException e) {
        failure = e;
      }
      records.clear();
      waiting = 0;
    }
  }

  private void compactIfWorthwhile() {
    if (log.records() > Silences.SLACK + 2 * entries.size()) {
      compact();
    }
  }

  @Override
  public synchronized void onChange(Consumer<byte[]> to) {
    changed = to;
  }

  @Override
  public synchronized byte[] encodeAll() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    entries.forEach((k, e) -> out.writeBytes(MeshCodec.sent(k, e)));
    return out.toByteArray();
  }

  /** Selects the later of two entries about the same group. */
  @Override
  public synchronized void mergeEncoded(byte[] encoded) throws IOException {
    MeshCodec.sent(encoded, m -> {}); // a malformed one changes nothing
    Merge merge = new Merge();
    MeshCodec.sent(encoded, merge::add);
    merge.append();
    if (merge.changes == 0) {
      return;
    }
    if (encoded.length <= SPREAD_BYTES) {
      changed.accept(encoded);
      propagated.inc();
    }
    if (merge.failure != null) {
      throw merge.failure;
    }
    compactIfWorthwhile();
  }

  private void compact() {
    try {
      log.replace(entries.entrySet().stream().map(e -> StateJson.sent(e.getKey(), e.getValue())));
    } catch (IOException e) {
      LOG.log(
          Level.ERROR,
          "Compaction of {0} failed, the file continues to grow: {1}",
          FILE,
          e.getMessage());
    }
  }

  /** Removes expired entries. */
  public synchronized void collectGarbage() {
    Instant now = clock.instant();
    if (entries.values().removeIf(e -> e.expiresAt().isBefore(now))) {
      bytes = entries.entrySet().stream().mapToLong(e -> bytes(e.getKey(), e.getValue())).sum();
      compact();
    }
  }

  public synchronized int size() {
    return entries.size();
  }

  @Override
  public synchronized void close() throws IOException {
    log.close();
  }
}

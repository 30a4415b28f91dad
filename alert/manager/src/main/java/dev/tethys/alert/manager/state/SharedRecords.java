package dev.tethys.alert.manager.state;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import dev.tethys.model.log.JulLogger;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Records with an ID, of which the latest version is valid: on disk before they are acknowledged,
 * and shared with the other members of a cluster.
 *
 * <p>Over the wire each is its payload with its length before it (a varint). Real Alertmanagers do
 * not know the states that are kept so, and leave them alone.
 *
 * <p>Invariants: guarded by this object. At most {@code max} records are kept, including withdrawn
 * ones.
 *
 * @param <T> a record
 */
public final class SharedRecords<T extends SharedRecords.Item> implements SharedState, Closeable {
  private static final System.Logger LOG = JulLogger.of(SharedRecords.class.getName());

  /** Common properties of all records. */
  public interface Item {
    String id();

    Instant updatedAt();
  }

  /**
   * Encoding of records as payloads.
   *
   * @param <T> a record
   */
  public interface Format<T> {
    byte[] encode(T record);

    /**
     * Reads a payload.
     *
     * @throws RuntimeException if it is not one
     */
    T decode(byte[] payload);
  }

  /** Thrown if the maximum number of records is reached. */
  public static final class FullException extends Exception {
    private static final long serialVersionUID = 1L;

    FullException(int max) {
      super("the maximum of " + max + " is reached; delete some first");
    }
  }

  private final Path file;
  private final int max;
  private final Format<T> format;
  private final Consumer<T> stored;

  @GuardedBy("this")
  private final Map<String, T> records = new LinkedHashMap<>();

  private final RecordLog log;

  @GuardedBy("this")
  private Consumer<byte[]> changed = b -> {};

  @GuardedBy("this")
  private boolean warned;

  /**
   * Opens them.
   *
   * @param max maximum number of records
   * @param stored receives each newly valid record, under the lock; records of the file first
   * @throws IOException if the file cannot be read or made
   */
  public SharedRecords(Path file, int max, Format<T> format, Consumer<T> stored)
      throws IOException {
    this.file = file;
    this.max = max;
    this.format = format;
    this.stored = stored;
    this.log = RecordLog.open(file, RecordFormat.STANDARD, this::read);
  }

  private synchronized void read(byte[] payload) {
    try {
      keep(format.decode(payload));
    } catch (RuntimeException e) {
      LOG.log(
          Level.ERROR, "{0}: an unreadable record is skipped: {1}", file, JsonFailures.describe(e));
    }
  }

  @GuardedBy("this")
  private void keep(T record) {
    records.put(record.id(), record);
    stored.accept(record);
  }

  /**
   * Stores a record, replacing any with its id.
   *
   * @throws FullException if it is new and there is no space
   * @throws IOException if it could not be written; nothing has changed then
   */
  public synchronized void put(T record) throws IOException, FullException {
    if (!records.containsKey(record.id()) && records.size() >= max) {
      throw new FullException(max);
    }
    byte[] payload = format.encode(record);
    log.append(payload);
    keep(record);
    changed.accept(delimited(payload));
    compactIfWorthwhile();
  }

  public synchronized @Nullable T get(String id) {
    return records.get(id);
  }

  public synchronized List<T> all() {
    return new ArrayList<>(records.values());
  }

  /** Removes records. */
  public synchronized void removeIf(Predicate<T> forgotten) {
    if (records.values().removeIf(forgotten)) {
      compact();
    }
  }

  @GuardedBy("this")
  private void compactIfWorthwhile() {
    if (log.records() > Silences.SLACK + 2 * records.size()) {
      compact();
    }
  }

  @GuardedBy("this")
  private void compact() {
    try {
      log.replace(records.values().stream().map(format::encode));
    } catch (IOException e) {
      LOG.log(
          Level.ERROR,
          "Compaction of {0} failed, the file continues to grow: {1}",
          file,
          e.getMessage());
    }
  }

  private static byte[] delimited(byte[] payload) {
    return new ProtoWriter(payload.length + 5)
        .varint(payload.length)
        .raw(payload, 0, payload.length)
        .toByteArray();
  }

  @Override
  public synchronized void onChange(Consumer<byte[]> to) {
    changed = to;
  }

  @Override
  public byte[] encodeAll() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    all().forEach(r -> out.writeBytes(delimited(format.encode(r))));
    return out.toByteArray();
  }

  @Override
  public synchronized void mergeEncoded(byte[] encoded) throws IOException {
    List<T> fresh = new ArrayList<>();
    List<byte[]> payloads = new ArrayList<>();
    ProtoReader whole = new ProtoReader(encoded);
    while (!whole.atEnd()) {
      byte[] payload = next(whole);
      T r;
      try {
        r = format.decode(payload);
      } catch (RuntimeException e) {
        throw new IOException(
            "a record of " + file.getFileName() + ": " + JsonFailures.describe(e), e);
      }
      T known = records.get(r.id());
      if (known != null && !known.updatedAt().isBefore(r.updatedAt())) {
        continue;
      }
      if (known == null && records.size() + fresh.size() >= max) {
        if (!warned) {
          warned = true;
          LOG.log(
              Level.ERROR,
              "{0}: records of other members are skipped: there are {1} already",
              file,
              max);
        }
        continue;
      }
      fresh.add(r);
      payloads.add(payload);
    }
    if (fresh.isEmpty()) {
      return;
    }
    log.append(payloads);
    fresh.forEach(this::keep);
    if (encoded.length <= SPREAD_BYTES) {
      changed.accept(encoded);
    }
    compactIfWorthwhile();
  }

  private static byte[] next(ProtoReader whole) {
    long n = whole.readVarint();
    int from = whole.position();
    if (n < 0 || n > Math.min(whole.limit() - from, RecordFormat.STANDARD.maxBytes())) {
      throw new CodecException("invalid record size: " + n + " bytes");
    }
    whole.position(from + (int) n);
    return java.util.Arrays.copyOfRange(whole.buffer(), from, from + (int) n);
  }

  @Override
  public synchronized void close() throws IOException {
    log.close();
  }
}

package dev.tethys.insight.inspections.risk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Risks that people dismissed, with their reasons, in a {@link RecordLog}. A dismissal is on disk
 * when {@link #dismiss} returns.
 *
 * <p>A record is a version (one byte, 1), the id of the risk, the reason, the person (texts as
 * {@link DataOutputStream#writeUTF} writes them) and the time (eight bytes of Unix milliseconds).
 * An empty reason takes the dismissal back. The log is rewritten when most of its records are
 * replaced.
 *
 * <p>Bounds: {@link #MAX_DISMISSALS}, {@link #MAX_REASON}, {@link #MAX_NAME}.
 */
public final class RiskDismissals implements Closeable {
  /** Most dismissals. */
  public static final int MAX_DISMISSALS = 10_000;

  /** Longest reason, in characters. */
  public static final int MAX_REASON = 500;

  /** Longest id, and longest name of a person, in characters. */
  public static final int MAX_NAME = 1_000;

  private static final int VERSION = 1;

  /** Records of the log above which it may be rewritten. */
  private static final int MIN_RECORDS = 1_000;

  /**
   * Dismissal of a risk.
   *
   * @param person who dismissed it; "" if not known
   * @param time Unix milliseconds
   */
  public record Dismissal(String risk, String reason, String person, long time) {}

  @GuardedBy("this")
  private final RecordLog log;

  @GuardedBy("this")
  private final Map<String, Dismissal> byRisk = new TreeMap<>();

  /**
   * Opens the log.
   *
   * @throws IOException if it cannot be read
   */
  public RiskDismissals(Path file) throws IOException {
    this.log = RecordLog.open(file, RecordFormat.STANDARD, this::read);
  }

  private synchronized void read(byte[] payload) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload));
    int version = in.readByte();
    if (version != VERSION) {
      throw new IOException(
          "dismissals of risks have version " + version + "; this program reads " + VERSION);
    }
    take(new Dismissal(in.readUTF(), in.readUTF(), in.readUTF(), in.readLong()));
  }

  @GuardedBy("this")
  private void take(Dismissal d) {
    if (d.reason.isEmpty()) {
      byRisk.remove(d.risk);
    } else if (byRisk.size() < MAX_DISMISSALS || byRisk.containsKey(d.risk)) {
      byRisk.put(d.risk, d);
    }
  }

  private static byte[] write(Dismissal d) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(VERSION);
    out.writeUTF(d.risk);
    out.writeUTF(d.reason);
    out.writeUTF(d.person);
    out.writeLong(d.time);
    return bytes.toByteArray();
  }

  /** Dismissal of a risk; null if it is not dismissed. */
  public synchronized @Nullable Dismissal of(String risk) {
    return byRisk.get(risk);
  }

  /**
   * Dismisses a risk.
   *
   * @throws IllegalArgumentException if a text is missing or too long, or a bound is reached; the
   *     message is for people
   * @throws IOException if it cannot be written; it does not count then
   */
  public synchronized void dismiss(Dismissal d) throws IOException {
    if (d.reason.isBlank()) {
      throw new IllegalArgumentException("a dismissal needs a reason");
    }
    if (d.reason.length() > MAX_REASON) {
      throw new IllegalArgumentException(
          "the reason has " + d.reason.length() + " characters; at most " + MAX_REASON);
    }
    if (d.risk.length() > MAX_NAME || d.person.length() > MAX_NAME) {
      throw new IllegalArgumentException(
          "the id of the risk or the name of the person is longer than "
              + MAX_NAME
              + " characters");
    }
    if (byRisk.size() >= MAX_DISMISSALS && !byRisk.containsKey(d.risk)) {
      throw new IllegalArgumentException(
          MAX_DISMISSALS + " risks are dismissed already, the limit; take back older ones");
    }
    append(d);
  }

  /**
   * Takes a dismissal back; false if there is none.
   *
   * @throws IOException if it cannot be written; the dismissal stays then
   */
  public synchronized boolean restore(String risk, long time) throws IOException {
    if (!byRisk.containsKey(risk)) {
      return false;
    }
    append(new Dismissal(risk, "", "", time));
    return true;
  }

  @GuardedBy("this")
  private void append(Dismissal d) throws IOException {
    log.append(write(d));
    take(d);
    if (log.records() > MIN_RECORDS && log.records() > 2 * byRisk.size()) {
      byte[][] live = new byte[byRisk.size()][];
      int n = 0;
      for (Dismissal each : byRisk.values()) {
        live[n++] = write(each);
      }
      log.replace(Stream.of(live));
    }
  }

  @Override
  public synchronized void close() throws IOException {
    log.close();
  }
}

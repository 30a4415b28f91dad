package dev.tethys.model.logs;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One line of a log on its way from a source to its destinations. Stages change it in place, so it
 * belongs to one thread at a time: a thread that passes it on does not use it again.
 *
 * <p>The last holder of an entry settles it: a destination when the entry is delivered (or safe on
 * a disk), a stage when it drops the entry on purpose. Only then may its source forget it.
 */
public final class LogEntry {
  /**
   * Origin of entries. One object may serve many entries, such as those in a block of a file; it is
   * then acknowledged once for each of them.
   */
  @FunctionalInterface
  public interface Origin {
    /** One more entry need not be kept any longer. Called by any thread; must not block. */
    void settled();

    /** Settles {@code entries} entries in one call. */
    default void settled(int entries) {
      for (int i = 0; i < entries; i++) {
        settled();
      }
    }

    /** Origin of {@code copies} copies of an entry: settled when all of them are. */
    default Origin shared(int copies) {
      AtomicInteger remaining = new AtomicInteger(copies);
      return () -> {
        if (remaining.decrementAndGet() == 0) {
          settled();
        }
      };
    }
  }

  /** Label that names the tenant; it never reaches a destination as a label. */
  public static final String TENANT_LABEL = "__tenant_id__";

  private static final byte[] NONE = {};

  private Labels labels;
  private Labels metadata = Labels.EMPTY;
  private long timestamp;
  private @Nullable String line; // null while the text is in bytes alone
  private byte[] bytes = NONE;
  private int from;
  private int length;
  private @Nullable Origin origin;
  private @Nullable List<Origin> absorbed; // origins of entries that were joined to this one

  /** An entry without an acknowledgement. */
  public LogEntry(Labels labels, long timestamp, String line) {
    this(labels, timestamp, line, null);
  }

  /**
   * An entry.
   *
   * @param labels labels of the stream; share one object among all entries of a stream
   * @param timestamp nanoseconds since 1970
   * @param origin notified when the entry is acknowledged; null if none
   */
  public LogEntry(Labels labels, long timestamp, String line, @Nullable Origin origin) {
    this.labels = labels;
    this.timestamp = timestamp;
    this.line = line;
    this.origin = origin;
  }

  /**
   * Creates an entry whose text is in a buffer of its source. The source reuses the buffer when the
   * consumer returns; a consumer that keeps the entry longer must call {@link #line} first.
   *
   * @param bytes valid UTF-8 from an offset on
   */
  public LogEntry(
      Labels labels, long timestamp, byte[] bytes, int from, int length, @Nullable Origin origin) {
    this.labels = labels;
    this.timestamp = timestamp;
    this.bytes = bytes;
    this.from = from;
    this.length = length;
    this.origin = origin;
  }

  /** Returns the stream labels. */
  public Labels labels() {
    return labels;
  }

  public void setLabels(Labels labels) {
    this.labels = labels;
  }

  /** Labels of this entry in addition to its stream. */
  public Labels metadata() {
    return metadata;
  }

  public void setMetadata(Labels metadata) {
    this.metadata = metadata;
  }

  /** Nanoseconds since 1970. */
  public long timestamp() {
    return timestamp;
  }

  public void setTimestamp(long timestamp) {
    this.timestamp = timestamp;
  }

  /** The text, without the end of the line. */
  public String line() {
    String s = line;
    if (s == null) {
      s = new String(bytes, from, length, StandardCharsets.UTF_8);
      setLine(s);
    }
    return s;
  }

  public void setLine(String line) {
    this.line = line;
    bytes = NONE;
  }

  /** Length of the text in UTF-8 bytes. */
  public int bytes() {
    return line == null ? length : bytes(line);
  }

  /** Length of a text in UTF-8 bytes. */
  public static int bytes(String text) {
    int n = text.length();
    int sum = n;
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        sum += c < 0x800 || Character.isSurrogate(c) ? 1 : 2; // a pair is four bytes
      }
    }
    return sum;
  }

  /** Adds bytes of a string. */
  @FunctionalInterface
  public interface Text {
    void take(byte[] utf8, int from, int length);
  }

  /** Passes the text in UTF-8, without creating a string if there is none yet. */
  public void text(Text to) {
    if (line == null) {
      to.take(bytes, from, length);
      return;
    }
    byte[] utf8 = line.getBytes(StandardCharsets.UTF_8);
    to.take(utf8, 0, utf8.length);
  }

  /**
   * Takes over the acknowledgement of another entry that is merged into this one: both are settled
   * together.
   */
  public void absorb(LogEntry other) {
    if (other.origin == null && other.absorbed == null) {
      return;
    }
    if (absorbed == null) {
      absorbed = new ArrayList<>();
    }
    if (other.origin != null) {
      absorbed.add(other.origin);
    }
    if (other.absorbed != null) {
      absorbed.addAll(other.absorbed);
    }
    other.origin = null;
    other.absorbed = null;
  }

  /**
   * Detaches the acknowledgement owed to the sources, for a destination that tracks it separately:
   * the entry itself then owes none.
   *
   * @return null if no source waits
   */
  public @Nullable Origin detach() {
    Origin own = origin;
    List<Origin> others = absorbed;
    origin = null;
    absorbed = null;
    if (others == null) {
      return own;
    }
    return () -> {
      if (own != null) {
        own.settled();
      }
      others.forEach(Origin::settled);
    };
  }

  /** Notifies the sources that the entry need not be kept. Idempotent. */
  public void settle() {
    Origin all = detach();
    if (all != null) {
      all.settled();
    }
  }

  @Override
  public String toString() {
    return timestamp + " " + labels + " " + line();
  }
}

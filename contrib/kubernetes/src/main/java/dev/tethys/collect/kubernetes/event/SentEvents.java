package dev.tethys.collect.kubernetes.event;

import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Events that the receiver of logs has acknowledged: identity and count of each, on disk before
 * {@link #sent} returns. Events that the API no longer has are forgotten. Not thread-safe.
 *
 * <p>A record of the file is {@code count SPACE uid} in UTF-8; a later one of a uid replaces an
 * earlier one, and the count 0 removes it.
 */
final class SentEvents implements Closeable {
  /** Name of the file. */
  static final String FILE = "kubernetes-events.log";

  /** Most events; beyond it the one sent first is forgotten. */
  static final int MAX_EVENTS = 200_000;

  private static final int OBSOLETE = 10_000;
  private static final int MAX_UID = 128;

  private final Map<String, Long> counts = new LinkedHashMap<>();
  private final @Nullable RecordLog log;

  /**
   * @param folder of the file; null to keep them in memory only
   */
  SentEvents(@Nullable Path folder) throws IOException {
    this.log =
        folder == null
            ? null
            : RecordLog.openLocked(
                folder.resolve(FILE),
                RecordFormat.STANDARD,
                _ -> {
                  throw new IOException(folder.resolve(FILE) + " is not a file of sent events");
                },
                this::read);
  }

  private void read(byte[] record) {
    String s = new String(record, StandardCharsets.UTF_8);
    int space = s.indexOf(' ');
    if (space > 0 && s.substring(0, space).matches("\\d{1,18}")) {
      keep(s.substring(space + 1), Long.parseLong(s.substring(0, space)));
    }
  }

  private void keep(String uid, long count) {
    counts.remove(uid);
    if (count > 0) {
      counts.put(uid, count);
    }
    if (counts.size() > MAX_EVENTS) {
      Iterator<String> oldest = counts.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /** Whether the file has events of an earlier run. */
  boolean isEmpty() {
    return counts.isEmpty();
  }

  /** Whether an event, in its present count, was sent. */
  boolean has(ClusterEvent e) {
    Long n = counts.get(e.uid());
    return n != null && n >= e.count();
  }

  /** Records events as sent. */
  void sent(Collection<ClusterEvent> events) throws IOException {
    List<byte[]> records = new ArrayList<>();
    for (ClusterEvent e : events) {
      if (!e.uid().isEmpty() && e.uid().length() <= MAX_UID) {
        keep(e.uid(), e.count());
        records.add(record(e.uid(), e.count()));
      }
    }
    append(records);
  }

  /** Forgets events that the API no longer has. */
  void forget(Collection<String> uids) throws IOException {
    List<byte[]> records = new ArrayList<>();
    for (String uid : uids) {
      if (counts.remove(uid) != null) {
        records.add(record(uid, 0));
      }
    }
    append(records);
  }

  /** Forgets all other events. */
  void retain(Set<String> uids) throws IOException {
    List<String> gone = counts.keySet().stream().filter(u -> !uids.contains(u)).toList();
    forget(gone);
  }

  private static byte[] record(String uid, long count) {
    return (count + " " + uid).getBytes(StandardCharsets.UTF_8);
  }

  private void append(List<byte[]> records) throws IOException {
    if (log == null || records.isEmpty()) {
      return;
    }
    log.append(records);
    if (log.records() > 2 * counts.size() + OBSOLETE) {
      Stream<byte[]> live = counts.entrySet().stream().map(e -> record(e.getKey(), e.getValue()));
      log.replace(live);
    }
  }

  @Override
  public void close() throws IOException {
    if (log != null) {
      log.close();
    }
  }
}

package dev.tethys.query.promql;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * File of active queries that survives a crash, so that the queries running at that time can be
 * identified. It has Prometheus's format and name ({@code queries.active}): a {@code [}, then
 * {@value #SLOT} bytes per slot, which hold a JSON object with query and start, zeros, and a comma;
 * all zeros when the slot is free.
 *
 * <p>The file is mapped: recording a query copies some bytes, which the kernel keeps even when the
 * process is killed. Thread-safe.
 */
public final class ActiveQueryFile {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.query.promql");
  private static final int SLOT = 1000;
  private static final int NONE = -1;
  private static final byte[] ZEROS = new byte[SLOT];

  private final @Nullable ByteBuffer map;
  private final BitSet taken = new BitSet();
  private final int slots;

  private ActiveQueryFile(@Nullable ByteBuffer map, int slots) {
    this.map = map;
    this.slots = slots;
  }

  /** Creates a tracker that records nothing. */
  static ActiveQueryFile none() {
    return new ActiveQueryFile(null, 0);
  }

  /**
   * Truncates and opens the file. Queries that it lists from the last run are logged as a warning.
   * A file that cannot be written is logged, and no queries are recorded.
   *
   * @param places maximum number of concurrent queries
   */
  static ActiveQueryFile open(Path file, int places) {
    try {
      List<String> before = unfinished(file);
      if (!before.isEmpty()) {
        LOG.log(
            Level.WARNING,
            "these queries were still running when the last process ended: {0}",
            String.join(" ", before));
      }
      try (FileChannel c =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        // Mapped for as long as the buffer is reachable. FileChannel's own buffers are made by
        // reflection, which costs a start as much as opening the store.
        ByteBuffer m =
            c.map(FileChannel.MapMode.READ_WRITE, 0, 1 + (long) places * SLOT, Arena.ofAuto())
                .asByteBuffer();
        m.put(0, (byte) '[');
        return new ActiveQueryFile(m, places);
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "running queries are not recorded in {0}: {1}", file, e.getMessage());
      return none();
    }
  }

  /** Reads the entries of a file; returns none if the file does not exist. */
  static List<String> unfinished(Path file) throws IOException {
    List<String> out = new ArrayList<>();
    if (!Files.isRegularFile(file)) {
      return out;
    }
    byte[] b = Files.readAllBytes(file);
    for (int at = 1; at < b.length; at += SLOT) {
      int end = at;
      while (end < Math.min(b.length, at + SLOT - 1) && b[end] != 0) {
        end++;
      }
      if (end > at) {
        out.add(new String(b, at, end - at, StandardCharsets.UTF_8));
      }
    }
    return out;
  }

  /** Records a query that starts; returns the argument of {@link #end}. */
  int begin(String query, Instant since) {
    if (map == null) {
      return NONE;
    }
    byte[] entry = entry(query, since.getEpochSecond());
    synchronized (taken) {
      int slot = taken.nextClearBit(0);
      if (slot >= slots) {
        return NONE;
      }
      taken.set(slot);
      int at = 1 + slot * SLOT;
      map.put(at, entry);
      map.put(at + SLOT - 1, (byte) ',');
      return slot;
    }
  }

  /** Forgets a query that has ended. */
  void end(int slot) {
    if (slot == NONE || map == null) {
      return;
    }
    synchronized (taken) {
      map.put(1 + slot * SLOT, ZEROS);
      taken.clear(slot);
    }
  }

  private static byte[] entry(String query, long seconds) {
    byte[] plain = plainEntry(query, seconds);
    return plain != null ? plain : escapedEntry(query, seconds);
  }

  /** Encodes the entry of single-byte text, the most common case; null for others. */
  private static byte @Nullable [] plainEntry(String query, long seconds) {
    int escapes = 0;
    for (int i = 0; i < query.length(); i++) {
      char c = query.charAt(i);
      if (c < ' ' || c > '~') {
        return null;
      }
      if (c == '"' || c == '\\') {
        escapes++;
      }
    }
    String tail = "\",\"timestamp_sec\":" + seconds + "}";
    StringBuilder sb = new StringBuilder(query.length() + escapes + tail.length() + 16);
    sb.append("{\"query\":\"");
    if (sb.length() + query.length() + escapes > SLOT - 1 - tail.length()) {
      return null;
    }
    for (int i = 0; i < query.length(); i++) {
      char c = query.charAt(i);
      if (c == '"' || c == '\\') {
        sb.append('\\');
      }
      sb.append(c);
    }
    return sb.append(tail).toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] escapedEntry(String query, long seconds) {
    String tail = "\",\"timestamp_sec\":" + seconds + "}";
    StringBuilder sb = new StringBuilder("{\"query\":\"");
    int room = SLOT - 1 - tail.length();
    int used = sb.length();
    for (int i = 0; i < query.length(); ) {
      int c = query.codePointAt(i);
      String s = JsonText.escaped(c);
      int bytes = s.getBytes(StandardCharsets.UTF_8).length;
      if (used + bytes > room) {
        break;
      }
      sb.append(s);
      used += bytes;
      i += Character.charCount(c);
    }
    return sb.append(tail).toString().getBytes(StandardCharsets.UTF_8);
  }
}

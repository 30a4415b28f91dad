package dev.tethys.collect.observe.logs;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Line as a container runtime writes it: Docker's JSON or the format of the CRI.
 *
 * @param text text written by the container
 * @param partial the line of the container continues in the next one
 * @param timeNanos time since 1970; 0 if unknown
 */
record RuntimeLine(String text, boolean partial, long timeNanos) {
  private static final int SHORTEST_TIME = 20;

  /** Decodes a line; one in neither format stays unchanged. */
  static RuntimeLine of(String line) {
    RuntimeLine decoded = line.startsWith("{") ? docker(line) : cri(line);
    return decoded == null ? new RuntimeLine(line, false, 0) : decoded;
  }

  private static @Nullable RuntimeLine docker(String line) {
    try {
      if (JsonReader.read(line) instanceof Map<?, ?> m && m.get("log") instanceof String log) {
        boolean partial = !log.endsWith("\n");
        return new RuntimeLine(
            partial ? log : log.substring(0, log.length() - 1),
            partial,
            m.get("time") instanceof String time ? nanos(time) : 0);
      }
    } catch (MalformedJsonException e) {
      return null; // the rest of a line that was cut
    }
    return null;
  }

  /** TIME STREAM F|P TEXT, of containerd and CRI-O. */
  private static @Nullable RuntimeLine cri(String line) {
    int stream = line.indexOf(' ');
    int tag = stream < SHORTEST_TIME ? -1 : line.indexOf(' ', stream + 1);
    if (tag < 0 || tag + 2 > line.length()) {
      return null;
    }
    String name = line.substring(stream + 1, tag);
    char kind = line.charAt(tag + 1);
    boolean text = tag + 2 < line.length() && line.charAt(tag + 2) == ' ';
    if (!name.equals("stdout") && !name.equals("stderr") || kind != 'F' && kind != 'P') {
      return null;
    }
    return new RuntimeLine(
        text ? line.substring(tag + 3) : "", kind == 'P', nanos(line.substring(0, stream)));
  }

  private static long nanos(String time) {
    try {
      Instant t = Instant.parse(time);
      return t.getEpochSecond() * 1_000_000_000L + t.getNano();
    } catch (DateTimeParseException | ArithmeticException e) {
      return 0;
    }
  }
}

package dev.tethys.collect.observe.logs;

import com.google.re2j.Pattern;
import dev.tethys.collect.observe.container.ContainerNames;
import java.util.function.Consumer;

/**
 * Joins lines of multi-line messages: stack traces, and everything that follows a line with a time.
 */
public final class MessageJoiner {
  private static final Pattern TIME = Pattern.compile("(?:^|\\D)\\d{2}:\\d{2}:\\d{2}(?:\\D|$)");
  private static final String TRACEBACK = "Traceback (most recent call last):";
  private static final int TIME_WITHIN = 128;

  private final int limit;
  private final Consumer<String> messages;
  private final StringBuilder current = new StringBuilder();
  private boolean open;
  private boolean timed;
  private boolean python;
  private boolean chained;
  private long lastLine;

  /**
   * @param limit maximum number of bytes of a message; the rest is cut
   */
  public MessageJoiner(int limit, Consumer<String> messages) {
    this.limit = limit;
    this.messages = messages;
  }

  /** Adds a line without its end. */
  public void line(String line, long nowNanos) {
    lastLine = nowNanos;
    if (!open || startsMessage(line)) {
      flush();
      open = true;
      timed = hasTime(line);
      python = line.contains(TRACEBACK);
      chained = false;
    } else if (current.length() < limit) {
      current.append('\n');
    }
    if (current.length() < limit) {
      current.append(line, 0, Math.min(line.length(), limit - current.length() + 1));
    }
  }

  /** Reports the message when nothing followed for a while. */
  public void flushIdle(long nowNanos, long afterNanos) {
    if (open && nowNanos - lastLine >= afterNanos) {
      flush();
    }
  }

  /** Reports the message read so far. */
  public void flush() {
    if (open) {
      String message = ContainerNames.truncate(current.toString(), limit).stripTrailing();
      current.setLength(0);
      open = false;
      if (!message.isBlank()) {
        messages.accept(message);
      }
    }
  }

  private boolean startsMessage(String line) {
    if (line.isBlank()
        || line.equals("}")
        || line.startsWith("\t")
        || line.startsWith("  ")
        || line.startsWith("Caused by: ")
        || line.startsWith("for call at")) {
      return false;
    }
    if (timed) {
      return hasTime(line);
    }
    if (line.startsWith("The above exception was the direct cause")
        || line.startsWith("During handling of the above exception")) {
      chained = true;
      return false;
    }
    if (line.startsWith(TRACEBACK)) {
      boolean follows = chained;
      chained = false;
      python = python || follows;
      return !follows;
    }
    if (python && !hasTime(line)) {
      // The line with the exception ends a traceback.
      python = false;
      return false;
    }
    return true;
  }

  /** True if a line has a time of day, as log lines do near their start. */
  static boolean hasTime(String line) {
    return TIME.matcher(line.length() > TIME_WITHIN ? line.substring(0, TIME_WITHIN) : line).find();
  }
}

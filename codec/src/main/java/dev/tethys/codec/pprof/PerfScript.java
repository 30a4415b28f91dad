package dev.tethys.codec.pprof;

import dev.tethys.codec.CodecException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parses the output of Linux's {@code perf script}: a line with command, process, time, period and
 * event, then a line for each frame, the innermost first, then an empty line. Source:
 * perf-script(1) and tools/perf/builtin-script.c of Linux.
 */
public final class PerfScript {
  private static final int MAX_FRAMES = 4096;
  private static final int MAX_DIGITS = 18;
  private static final int MAX_PROCESS_DIGITS = 10;
  private static final String DELETED = " (deleted))";

  /** Receives samples. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Receives a stack.
     *
     * @param event without modifiers, such as {@code cpu-clock} or {@code cycles}
     * @param period 0 if it is not printed
     * @param frames the innermost first; the last is the command
     */
    void sample(String event, long period, List<String> frames);
  }

  /**
   * First line of a sample.
   *
   * @param frame rest of the line, the only frame if no stacks were recorded; "" if none
   */
  private record Head(String command, String event, long period, String frame) {}

  private PerfScript() {}

  /**
   * Reads samples.
   *
   * @throws CodecException with the number of the line
   */
  public static void read(byte[] b, Sink to) {
    Head head = null;
    List<String> frames = new ArrayList<>();
    int number = 0;
    int at = 0;
    while (at < b.length) {
      int end = at;
      while (end < b.length && b[end] != '\n') {
        end++;
      }
      String line = new String(b, at, end - at, StandardCharsets.UTF_8).stripTrailing();
      at = end + 1;
      number++;
      if (line.isEmpty()) {
        emit(head, frames, to);
        head = null;
      } else if (head != null) {
        String f = frame(line);
        if (f != null) {
          frames.add(f);
        } else {
          // Without stacks samples follow each other; otherwise an empty line is missing.
          emit(head, frames, to);
          head = head(line, number);
          addFrame(head, frames);
        }
        if (frames.size() > MAX_FRAMES) {
          throw new CodecException(
              "line " + number + ": a stack has more than " + MAX_FRAMES + " frames");
        }
      } else if (!line.startsWith("#")) {
        head = head(line, number);
        addFrame(head, frames);
      }
    }
    emit(head, frames, to);
  }

  private static void emit(@Nullable Head head, List<String> frames, Sink to) {
    if (head != null) {
      frames.add(head.command);
      to.sample(head.event, head.period, List.copyOf(frames));
      frames.clear();
    }
  }

  private static void addFrame(Head head, List<String> frames) {
    String f = head.frame.isEmpty() ? null : frame(head.frame);
    if (f != null) {
      frames.add(f);
    }
  }

  /**
   * Command, process and thread, CPU, time, period, event: the command may contain spaces and
   * numbers, and everything between the process and the event may be missing.
   */
  private static Head head(String line, int number) {
    String l = line.strip();
    for (int i = l.indexOf(' '); i > 0; i = l.indexOf(' ', i + 1)) {
      int start = skipSpaces(l, i);
      int end = endOfWord(l, start);
      Head h = isProcess(l, start, end) ? afterProcess(l.substring(0, i).strip(), l, end) : null;
      if (h != null) {
        return h;
      }
    }
    throw bad(l, number);
  }

  private static @Nullable Head afterProcess(String command, String l, int process) {
    int i = skipSpaces(l, process);
    if (i < l.length() && l.charAt(i) == '[') { // CPU
      i = skipSpaces(l, endOfWord(l, i));
    }
    int end = endOfWord(l, i);
    if (isNumber(l, i, end - 1) && l.charAt(end - 1) == ':') { // time
      i = skipSpaces(l, end);
      end = endOfWord(l, i);
    }
    long period = 0;
    if (isDigits(l, i, end)) {
      if (end - i > MAX_DIGITS) {
        return null;
      }
      period = Long.parseLong(l, i, end, 10);
      i = skipSpaces(l, end);
      end = endOfWord(l, i);
    }
    return end > i && l.charAt(end - 1) == ':'
        ? new Head(command, event(l.substring(i, end - 1)), period, l.substring(end).strip())
        : null;
  }

  private static CodecException bad(String line, int number) {
    return new CodecException(
        "line "
            + number
            + " is not a sample of perf script, such as 'java 12 [000] 7.5: 10000 cpu-clock:': "
            + (line.length() <= 100 ? line : line.substring(0, 100) + "…"));
  }

  private static int skipSpaces(String s, int from) {
    int i = from;
    while (i < s.length() && s.charAt(i) <= ' ') {
      i++;
    }
    return i;
  }

  private static int endOfWord(String s, int from) {
    int i = from;
    while (i < s.length() && s.charAt(i) > ' ') {
      i++;
    }
    return i;
  }

  /** A process, or process/thread. */
  private static boolean isProcess(String s, int from, int to) {
    int slash = s.indexOf('/', from);
    return slash > from && slash < to
        ? isProcess(s, from, slash) && isProcess(s, slash + 1, to)
        : isDigits(s, from, to) && to - from <= MAX_PROCESS_DIGITS;
  }

  private static boolean isDigits(String s, int from, int to) {
    return isNumber(s, from, to) && s.substring(from, to).indexOf('.') < 0;
  }

  private static boolean isNumber(String s, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = s.charAt(i);
      if ((c < '0' || c > '9') && c != '.') {
        return false;
      }
    }
    return to > from;
  }

  /** Name of an event: {@code cycles:ppp} and {@code cpu_core/cycles/P} are cycles. */
  private static String event(String e) {
    String name = e;
    int slash = name.indexOf('/');
    if (slash > 0) {
      int end = name.indexOf('/', slash + 1);
      name = name.substring(slash + 1, end < 0 ? name.length() : end);
    }
    int colon = name.lastIndexOf(':');
    boolean isModifier =
        colon > 0
            && name.length() - colon <= 6
            && name.substring(colon + 1).chars().allMatch(c -> "ukhpPGHISDWeb".indexOf(c) >= 0);
    return isModifier ? name.substring(0, colon) : name;
  }

  /**
   * Name from a line {@code 7fff8100 function+0x1b (/lib/x.so)}; null if the line is not a frame.
   */
  private static @Nullable String frame(String line) {
    int start = skipSpaces(line, 0);
    int end = endOfWord(line, start);
    if (end - start < 1 || end - start > 16 || !isHex(line, start, end)) {
      return null;
    }
    String rest = line.substring(end).strip();
    String file = "";
    int deleted = rest.endsWith(DELETED) ? DELETED.length() : 0; // "(/bin/a (deleted))"
    int open = rest.lastIndexOf(" (", rest.length() - 1 - deleted);
    if (rest.endsWith(")") && open >= 0) {
      file = rest.substring(open + 2, rest.length() - 1);
      rest = rest.substring(0, open).strip();
    } else if (rest.endsWith(")") && rest.startsWith("(")) {
      file = rest.substring(1, rest.length() - 1);
      rest = "";
    }
    int offset = rest.lastIndexOf("+0x");
    if (offset > 0 && isHex(rest, offset + 3, rest.length())) {
      rest = rest.substring(0, offset);
    }
    if (!rest.isEmpty() && !rest.equals("[unknown]")) {
      return rest;
    }
    String name = file.substring(file.lastIndexOf('/') + 1);
    return name.isEmpty() || name.startsWith("[") ? "[unknown]" : "[" + name + "]";
  }

  private static boolean isHex(String s, int from, int to) {
    for (int i = from; i < to; i++) {
      if (Character.digit(s.charAt(i), 16) < 0) {
        return false;
      }
    }
    return to > from;
  }
}

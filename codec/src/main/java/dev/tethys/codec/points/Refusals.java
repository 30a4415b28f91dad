package dev.tethys.codec.points;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What was refused of a message, item by item: all of it is counted, the first {@link #MAX_KEPT}
 * are kept to be told.
 */
public final class Refusals {
  /** So many are told one by one. */
  public static final int MAX_KEPT = 100;

  /** An item is shown up to here. */
  private static final int MAX_SHOWN = 256;

  /**
   * One that was refused.
   *
   * @param number its place in the message: a line, an element; from 1
   * @param item as it came, cut
   */
  public record Refusal(int number, String item, String why) {}

  private final List<Refusal> kept = new ArrayList<>();
  private int count;

  /** Notes one. */
  public void add(int number, String item, String why) {
    count++;
    if (kept.size() < MAX_KEPT) {
      String shown = item.length() > MAX_SHOWN ? item.substring(0, MAX_SHOWN) + "…" : item;
      kept.add(new Refusal(number, shown, why));
    }
  }

  /** Notes one that stands in a buffer. */
  public void add(int number, byte[] buf, int from, int to, String why) {
    // Four bytes a character at most, so that what is cut off is not decoded first.
    int end = Math.min(to, from + 4 * MAX_SHOWN);
    boolean kept = count < MAX_KEPT;
    add(number, kept ? new String(buf, from, end - from, StandardCharsets.UTF_8) : "", why);
  }

  /** How many there were. */
  public int count() {
    return count;
  }

  public boolean isEmpty() {
    return count == 0;
  }

  /** The first of them. */
  public List<Refusal> kept() {
    return Collections.unmodifiableList(kept);
  }

  /** What to say of them, one a line. */
  public String text(Function<Refusal, String> line) {
    String all = kept.stream().map(line).collect(Collectors.joining("\n"));
    return count == kept.size() ? all : all + "\n... and " + (count - kept.size()) + " more";
  }

  /** What to say of them: place, reason, item. */
  public String text() {
    return text(r -> "line " + r.number + ": " + r.why + ": " + r.item);
  }
}

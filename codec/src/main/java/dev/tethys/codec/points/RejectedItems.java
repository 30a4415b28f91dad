package dev.tethys.codec.points;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Rejected items of a message: all are counted by reason, the first {@link #MAX_KEPT} are kept. */
public final class RejectedItems {
  /** Maximum number of rejected items reported individually. */
  public static final int MAX_KEPT = 100;

  /** An item is shown up to here. */
  private static final int MAX_SHOWN = 256;

  /**
   * Refused item.
   *
   * @param number position in the message: a line, an element; from 1
   * @param item the item as received, truncated
   */
  public record Refusal(int number, String item, String why) {}

  /** Maximum number of distinct reasons counted; all others share one counter. */
  private static final int MAX_REASONS = 20;

  /** Reason of all those beyond the first {@link #MAX_REASONS}. */
  public static final String OTHER = "other";

  /** Longest reason. */
  private static final int MAX_REASON = 120;

  private static final Pattern VALUES = Pattern.compile("\"[^\"]*\"?|'[^']*'?|[-+]?\\d[\\w.+:-]*");

  private final List<Refusal> kept = new ArrayList<>();
  private final Map<String, Integer> reasons = new LinkedHashMap<>();
  private int count;
  private String lastWhy = "";
  private String lastReason = "";

  /** Records one. */
  public void add(int number, String item, String why) {
    count++;
    if (!why.equals(lastWhy)) { // most messages are refused for one reason, of millions of items
      lastWhy = why;
      lastReason = reason(why);
    }
    String reason = lastReason;
    if (reasons.size() >= MAX_REASONS && !reasons.containsKey(reason)) {
      reason = OTHER;
    }
    reasons.merge(reason, 1, Integer::sum);
    if (kept.size() < MAX_KEPT) {
      String shown = item.length() > MAX_SHOWN ? item.substring(0, MAX_SHOWN) + "…" : item;
      kept.add(new Refusal(number, shown, why));
    }
  }

  /** Adds the items of another list. */
  public void addAll(RejectedItems others) {
    for (Refusal r : others.kept) {
      if (kept.size() < MAX_KEPT) {
        kept.add(r);
      }
    }
    count += others.count;
    others.reasons.forEach(
        (reason, n) ->
            reasons.merge(
                reasons.size() < MAX_REASONS || reasons.containsKey(reason) ? reason : OTHER,
                n,
                Integer::sum));
  }

  /** Records a refusal whose line is in a buffer. */
  public void add(int number, byte[] buf, int from, int to, String why) {
    // Four bytes per character at most, so that truncated text is not decoded first.
    int end = Math.min(to, from + 4 * MAX_SHOWN);
    boolean kept = count < MAX_KEPT;
    add(number, kept ? new String(buf, from, end - from, StandardCharsets.UTF_8) : "", why);
  }

  /** Counts by {@link #reason}, in the order in which the reasons were met. */
  public Map<String, Integer> reasons() {
    return Collections.unmodifiableMap(reasons);
  }

  /**
   * The kind of error that a message describes: its first line without quoted strings and numbers,
   * so that messages about different values count as one.
   */
  public static String reason(String why) {
    String line = why.lines().findFirst().orElse("").strip();
    String cut = line.length() > 4 * MAX_REASON ? line.substring(0, 4 * MAX_REASON) : line;
    String reason = VALUES.matcher(cut).replaceAll("…");
    return reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason;
  }

  /** Returns the number of rejected items. */
  public int count() {
    return count;
  }

  public boolean isEmpty() {
    return count == 0;
  }

  /** First rejected items. */
  public List<Refusal> kept() {
    return Collections.unmodifiableList(kept);
  }

  /** Description of the rejected items, one per line. */
  public String text(Function<Refusal, String> line) {
    String all = kept.stream().map(line).collect(Collectors.joining("\n"));
    return count == kept.size() ? all : all + "\n... and " + (count - kept.size()) + " more";
  }

  /** Description of the rejected items: place, reason, item. */
  public String text() {
    return text(r -> "line " + r.number + ": " + r.why + ": " + r.item);
  }
}

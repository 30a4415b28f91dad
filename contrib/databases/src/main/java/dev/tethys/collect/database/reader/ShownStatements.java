package dev.tethys.collect.database.reader;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Statements of one server that have own series. Not thread-safe.
 *
 * <p>A statement gets series when it was among the busiest of two successive readings, and keeps
 * them for a time after it was last among them, so that a statement at the limit does not come and
 * go. Bounds: {@link #MAX} statements, of which at most {@link #MAX_NEW} are new in a minute, after
 * the first {@link #BUSIEST}.
 *
 * @param <K> identifies a statement at its server
 */
public final class ShownStatements<K> {
  /** Most statements with series at a time. */
  public static final int MAX = 60;

  /** Statements of a reading that are candidates. */
  public static final int BUSIEST = 20;

  /** Most new statements in a minute. */
  public static final int MAX_NEW = 2;

  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final long KEPT = Duration.ofMinutes(15).toNanos();

  private record Shown(
      String query, String fingerprint, String text, String original, long busyAt) {
    Shown at(long nanos) {
      return new Shown(query, fingerprint, text, original, nanos);
    }
  }

  private final Map<K, Shown> shown = new HashMap<>();
  private final Set<K> before = new HashSet<>();
  private final ArrayDeque<Long> admissions = new ArrayDeque<>();
  private final boolean textInLabels;
  private int free = BUSIEST;
  private boolean started;

  /**
   * @param textInLabels whether the name of a statement in labels is its text
   */
  public ShownStatements(boolean textInLabels) {
    this.textInLabels = textInLabels;
  }

  /**
   * Takes over a reading and chooses the statements to show from now on; the caller looks up their
   * texts and calls {@link #admit}.
   *
   * @param nanos time of the reading
   * @param busiest statements, the busiest first
   * @param urgent statements that others wait for; they need no second reading
   */
  public List<K> choose(long nanos, List<K> busiest, List<K> urgent) {
    List<K> top = busiest.subList(0, Math.min(BUSIEST, busiest.size()));
    List<K> out = new ArrayList<>();
    for (K k : urgent) {
      if (!isBusyAgain(k, nanos) && !out.contains(k)) {
        out.add(k);
      }
    }
    for (K k : top) {
      if (!isBusyAgain(k, nanos) && (!started || before.contains(k)) && !out.contains(k)) {
        out.add(k);
      }
    }
    before.clear();
    before.addAll(top);
    started |= !busiest.isEmpty();
    shown.values().removeIf(s -> nanos - s.busyAt > KEPT);
    while (!admissions.isEmpty() && nanos - admissions.getFirst() >= MINUTE) {
      admissions.removeFirst();
    }
    int places = free > 0 ? free : MAX_NEW - admissions.size();
    return List.copyOf(out.subList(0, Math.clamp(places, 0, out.size())));
  }

  private boolean isBusyAgain(K k, long nanos) {
    return shown.computeIfPresent(k, (_, s) -> s.at(nanos)) != null;
  }

  /** Shows a statement from now on. */
  public void admit(K k, String text, long nanos) {
    admit(k, text, "", nanos);
  }

  /**
   * Shows a statement from now on.
   *
   * @param original text that can be explained, empty if unknown
   */
  public void admit(K k, String text, String original, long nanos) {
    admitNormalized(k, StatementText.normalize(text), original, nanos);
  }

  /** Shows a statement whose text has no literals. */
  public void admitNormalized(K k, String normalized, String original, long nanos) {
    if (shown.size() >= MAX) {
      shown.entrySet().stream()
          .min(Comparator.comparingLong(e -> e.getValue().busyAt - nanos))
          .map(Map.Entry::getKey)
          .ifPresent(shown::remove);
    }
    if (free > 0) {
      free--;
    } else {
      admissions.addLast(nanos);
    }
    String fingerprint = StatementText.fingerprint(normalized);
    shown.put(
        k,
        new Shown(
            textInLabels ? normalized : fingerprint, fingerprint, normalized, original, nanos));
  }

  /** Fingerprint of a statement's text; null if the statement has no series. */
  public @Nullable String fingerprint(K k) {
    Shown s = shown.get(k);
    return s == null ? null : s.fingerprint;
  }

  /** Text of a statement that can be explained, empty if it is unknown or has no series. */
  public String original(K k) {
    Shown s = shown.get(k);
    return s == null ? "" : s.original;
  }

  /** Sets the text of a statement that can be explained, if it has series and none is known. */
  public void original(K k, String text) {
    shown.computeIfPresent(
        k,
        (_, s) ->
            s.original.isEmpty() ? new Shown(s.query, s.fingerprint, s.text, text, s.busyAt) : s);
  }

  /** Normalized text of a statement, empty if it has no series. */
  public String text(K k) {
    Shown s = shown.get(k);
    return s == null ? "" : s.text;
  }

  /** Value of the label {@code query}; null if the statement has no series. */
  public @Nullable String query(K k) {
    Shown s = shown.get(k);
    return s == null ? null : s.query;
  }

  /**
   * A shown statement whose normalized text begins with another one, which may be cut; null if none
   * does.
   */
  public @Nullable K find(String normalized, Predicate<K> matches) {
    for (Map.Entry<K, Shown> e : shown.entrySet()) {
      if (matches.test(e.getKey()) && e.getValue().text.startsWith(normalized)) {
        return e.getKey();
      }
    }
    return null;
  }

  /** Statements that have series. */
  public Set<K> keys() {
    return Set.copyOf(shown.keySet());
  }

  /** Texts by value of the label {@code query}; empty if that is the text itself. */
  public Map<String, String> texts() {
    Map<String, String> out = new HashMap<>();
    if (!textInLabels) {
      shown.values().forEach(s -> out.put(s.query, s.text));
    }
    return out;
  }
}

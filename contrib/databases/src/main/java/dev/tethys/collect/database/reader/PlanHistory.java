package dev.tethys.collect.database.reader;

import dev.tethys.collect.database.reader.StatementEvent.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plans of the statements of one server: chooses the statements to explain, and reports new and
 * changed plans. Not thread-safe.
 *
 * <p>A statement is explained again after {@link #AGAIN}, earlier when its mean time has doubled,
 * and after {@link #AFTER_FAILURE} if it could not be explained. An unchanged plan is reported
 * again after {@link #REPEATED}, so that a page of the last hours has it. Bounds: {@link
 * #MAX_EXPLAINS} statements of a reading, the plans of statements that have series, {@link
 * #MAX_CHARACTERS} of all plans; the difference to a plan that was not kept is missing.
 *
 * @param <K> identifies a statement at its server
 */
public final class PlanHistory<K> {
  /** Most statements that are explained in a reading. */
  public static final int MAX_EXPLAINS = 5;

  /** Most characters of the plans that are kept for differences. */
  public static final int MAX_CHARACTERS = 1 << 20;

  static final Duration AGAIN = Duration.ofMinutes(10);
  static final Duration SOONEST = Duration.ofMinutes(1);
  static final Duration AFTER_FAILURE = Duration.ofHours(1);
  static final Duration REPEATED = Duration.ofHours(1);

  private static final double SLOWER = 2;
  private static final int MAX_REASON = 1000;

  /**
   * Statement that may be explained.
   *
   * @param database that the statement runs in
   * @param mean time of a call in the last interval, 0 without calls
   */
  public record Candidate<K>(K key, String database, String fingerprint, double mean) {}

  private static final class Known {
    private long at;
    private double mean;
    private boolean failed;
    private String reason = "";
    private String hash = "";
    private String plan = "";
    private long reportedAt;
  }

  private final Map<K, Known> known = new HashMap<>();
  private final List<StatementEvent> events = new ArrayList<>();
  private int characters;

  /**
   * Statements to explain now.
   *
   * @param candidates the busiest first
   */
  public List<Candidate<K>> due(long nanos, List<Candidate<K>> candidates) {
    List<Candidate<K>> out = new ArrayList<>();
    for (Candidate<K> c : candidates) {
      if (out.size() < MAX_EXPLAINS && isDue(c, nanos)) {
        out.add(c);
      }
    }
    return out;
  }

  private boolean isDue(Candidate<K> c, long nanos) {
    Known k = known.get(c.key);
    if (k == null) {
      return true;
    }
    Duration age = Duration.ofNanos(nanos - k.at);
    if (k.failed) {
      return age.compareTo(AFTER_FAILURE) >= 0;
    }
    boolean slower = k.mean > 0 && c.mean >= SLOWER * k.mean;
    return age.compareTo(slower ? SOONEST : AGAIN) >= 0;
  }

  private Known explained(Candidate<K> c, long nanos) {
    Known k = known.computeIfAbsent(c.key, _ -> new Known());
    k.at = nanos;
    if (c.mean > 0) {
      k.mean = c.mean;
    }
    return k;
  }

  /** Takes over the plan of a statement. */
  public void succeeded(Candidate<K> c, StatementPlan plan, long nanos) {
    Known k = explained(c, nanos);
    k.failed = false;
    k.reason = "";
    boolean first = k.hash.isEmpty();
    boolean changed = !first && !k.hash.equals(plan.hash());
    Map<String, String> hash = Map.of(StatementEvent.PLAN_HASH, plan.hash());
    if (changed) {
      String difference =
          k.plan.isEmpty()
              ? "The former plan was not kept: plans of more than " + MAX_CHARACTERS + " characters"
              : TextDifference.unified("plan", k.plan, plan.json());
      events.add(
          new StatementEvent(
              Kind.PLAN_CHANGED,
              c.database,
              c.fingerprint,
              difference.length() > DatabaseChange.MAX_DIFFERENCE
                  ? difference.substring(0, DatabaseChange.MAX_DIFFERENCE)
                  : difference,
              Map.of(
                  StatementEvent.PLAN_HASH,
                  plan.hash(),
                  StatementEvent.PLAN_HASH + ".before",
                  k.hash)));
    }
    if (first || changed || nanos - k.reportedAt >= REPEATED.toNanos()) {
      k.reportedAt = nanos;
      events.add(new StatementEvent(Kind.PLAN, c.database, c.fingerprint, plan.json(), hash));
    }
    k.hash = plan.hash();
    characters -= k.plan.length();
    k.plan = characters + plan.json().length() <= MAX_CHARACTERS ? plan.json() : "";
    characters += k.plan.length();
  }

  /**
   * Records that a statement could not be explained; a reason is reported once.
   *
   * @param reason without literals
   */
  public void failed(Candidate<K> c, String reason, long nanos) {
    Known k = explained(c, nanos);
    k.failed = true;
    String text = reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason;
    if (!text.equals(k.reason)) {
      k.reason = text;
      events.add(new StatementEvent(Kind.PLAN_FAILED, c.database, c.fingerprint, text, Map.of()));
    }
  }

  /** Forgets all statements except these. */
  public void retain(Collection<K> keys) {
    known
        .entrySet()
        .removeIf(
            e -> {
              boolean gone = !keys.contains(e.getKey());
              characters -= gone ? e.getValue().plan.length() : 0;
              return gone;
            });
  }

  /** Hash of the last plan of a statement; null if it has none. */
  public @Nullable String hash(K key) {
    Known k = known.get(key);
    return k == null || k.hash.isEmpty() ? null : k.hash;
  }

  /** Number of statements whose plan is known. */
  public int plans() {
    return (int) known.values().stream().filter(k -> !k.hash.isEmpty()).count();
  }

  /** Events since the last call. */
  public List<StatementEvent> take() {
    List<StatementEvent> out = List.copyOf(events);
    events.clear();
    return out;
  }
}

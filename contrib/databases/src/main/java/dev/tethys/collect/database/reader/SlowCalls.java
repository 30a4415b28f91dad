package dev.tethys.collect.database.reader;

import dev.tethys.collect.database.reader.ReaderTarget.StatementRecords;
import dev.tethys.collect.database.reader.StatementEvent.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Running calls that take longer than a threshold. Each call is reported once, by the first reading
 * that finds it slow; at most {@link #MAX_SAMPLES} in a reading, the longest first. Not
 * thread-safe.
 */
public final class SlowCalls {
  /** Most samples of a reading. */
  public static final int MAX_SAMPLES = 10;

  /**
   * Running call.
   *
   * @param id identifies the call at its server
   * @param text without literals
   * @param attributes further attributes of the sample
   */
  public record Call(
      String id,
      String database,
      String fingerprint,
      String text,
      double seconds,
      Map<String, String> attributes) {}

  private final StatementRecords settings;
  private Set<String> reported = new HashSet<>();

  public SlowCalls(StatementRecords settings) {
    this.settings = settings;
  }

  /** Whether a call of this duration is reported. */
  public boolean isSlow(double seconds) {
    return settings.samples() && seconds * 1e9 >= settings.slow().toNanos();
  }

  /**
   * Samples of calls that were not reported yet.
   *
   * @param running all slow calls of a reading
   */
  public List<StatementEvent> of(List<Call> running) {
    List<Call> sorted = new ArrayList<>(running);
    sorted.removeIf(c -> !isSlow(c.seconds));
    sorted.sort(Comparator.comparingDouble(Call::seconds).reversed());
    Set<String> now = new HashSet<>();
    List<StatementEvent> out = new ArrayList<>();
    for (Call c : sorted) {
      if (reported.contains(c.id)) {
        now.add(c.id);
      } else if (out.size() < MAX_SAMPLES) {
        now.add(c.id);
        Map<String, String> attributes = new TreeMap<>(c.attributes);
        attributes.values().removeIf(String::isEmpty);
        attributes.put(
            "db.statement.duration_seconds", String.format(Locale.ROOT, "%.3f", c.seconds));
        out.add(new StatementEvent(Kind.SAMPLE, c.database, c.fingerprint, c.text, attributes));
      }
    }
    reported = now;
    return out;
  }
}

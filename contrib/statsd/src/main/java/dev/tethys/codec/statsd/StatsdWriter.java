package dev.tethys.codec.statsd;

import dev.tethys.codec.text.TextBuffer;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * Writes StatsD's lines, {@code name:value|type[|@rate][|#tags][|Ttime]}, each with its end. Not
 * thread-safe.
 */
public final class StatsdWriter {
  private final TextBuffer to;

  public StatsdWriter(TextBuffer to) {
    this.to = to;
  }

  /**
   * Writes a line.
   *
   * @param name escaped
   * @param value finite; the sign of -0 is written too
   * @param times number of events that the line represents, at least 1
   * @param seconds Unix time, which DogStatsD reads of counters and gauges since its protocol 1.3;
   *     null if none
   */
  public StatsdWriter line(
      StatsdKind kind,
      String name,
      StatsdTagStyle.Tags tags,
      double value,
      long times,
      @Nullable Long seconds) {
    to.put(name).put(tags.inName()).put(':');
    to.number(value);
    to.put('|').put(kind.word());
    if (times > 1) {
      to.put("|@").put(rate(times));
    }
    to.put(tags.atEnd());
    if (seconds != null) {
      to.put("|T").number(seconds);
    }
    to.put('\n');
    return this;
  }

  /**
   * Returns the shortest rate from which readers, including ones that truncate decimals, recompute
   * this number. Never with an exponent, which StatsD's own server misreads.
   */
  private static String rate(long times) {
    double r = 1.0 / times;
    while ((long) (1 / r) < times) {
      r = Math.nextDown(r);
    }
    return new BigDecimal(Double.toString(r)).toPlainString();
  }
}

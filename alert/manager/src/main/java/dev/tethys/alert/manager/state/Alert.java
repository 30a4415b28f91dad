package dev.tethys.alert.manager.state;

import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The latest version of an alert.
 *
 * @param endsAt actual or assumed end; null only if it must not be shown
 * @param updatedAt time of the most recent update
 * @param timeout whether the alert arrived without an end, so that the resolve timeout applies
 */
public record Alert(
    LabelSet labels,
    LabelSet annotations,
    Instant startsAt,
    @Nullable Instant endsAt,
    String generatorUrl,
    Instant updatedAt,
    boolean timeout) {
  /** Order of alerts in a notification: by job, instance, then all labels. */
  public static final Comparator<Alert> ORDER =
      byLabel("job").thenComparing(byLabel("instance")).thenComparing(Alert::labels);

  private static Comparator<Alert> byLabel(String name) {
    return (a, b) -> {
      String x = a.labels().map().get(name);
      String y = b.labels().map().get(name);
      return x == null || y == null
          ? x == y ? 0 : x == null ? 1 : -1
          : LabelSet.BY_CODE_POINTS.compare(x, y);
    };
  }

  /** Returns the value of the {@code alertname} label. */
  public String name() {
    return labels.get("alertname");
  }

  /** Whether it has ended at a given time. */
  public boolean isResolvedAt(Instant t) {
    return endsAt != null && !endsAt.isAfter(t);
  }

  /** Returns the approximate size in bytes. */
  long bytes() {
    return 512L + 2L * generatorUrl.length() + bytes(labels) + bytes(annotations);
  }

  private static long bytes(LabelSet labels) {
    long n = 0;
    for (Map.Entry<String, String> e : labels.map().entrySet()) {
      n += 128L + 2L * (e.getKey().length() + e.getValue().length());
    }
    return n;
  }

  public Alert withEnd(@Nullable Instant end) {
    return new Alert(labels, annotations, startsAt, end, generatorUrl, updatedAt, timeout);
  }

  /**
   * Merges both reports of an alert: the younger one, from the earlier start on. Both have the same
   * labels and an end.
   */
  Alert merge(Alert o, Instant now) {
    if (o.updatedAt.isBefore(updatedAt)) {
      return o.merge(this, now);
    }
    Instant start = startsAt.isBefore(o.startsAt) ? startsAt : o.startsAt;
    Instant end = o.endsAt;
    boolean later = endsAt != null && end != null && endsAt.isAfter(end);
    if (later && (o.isResolvedAt(now) ? isResolvedAt(now) : !timeout)) {
      end = endsAt;
    }
    return new Alert(labels, o.annotations, start, end, o.generatorUrl, o.updatedAt, o.timeout);
  }

  /** Whether both cover the same time. */
  boolean overlaps(Alert old) {
    return isWithin(endsAt, old) || isWithin(startsAt, old);
  }

  private static boolean isWithin(@Nullable Instant t, Alert old) {
    return t != null && t.isAfter(old.startsAt) && old.endsAt != null && t.isBefore(old.endsAt);
  }
}

package dev.tethys.collect.logs.cloudflare;

import java.util.ArrayList;
import java.util.List;

/**
 * A span of time when Cloudflare received requests.
 *
 * @param start inclusive, nanoseconds since 1970
 * @param end exclusive
 */
record Span(long start, long end) {
  /** The API returns at most one hour at a time. */
  static final long LONGEST = 3_600_000_000_000L;

  /** Minimum length of a span. */
  static final long SHORTEST = 1_000_000_000L;

  /** Divides this span into {@code into} consecutive ones, or more if they would be too long. */
  List<Span> split(int into) {
    long count = Math.max(into, Math.ceilDiv(end - start, LONGEST));
    count = Math.max(1, Math.min(count, (end - start) / SHORTEST));
    long each = (end - start) / count;
    List<Span> out = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      out.add(new Span(start + i * each, i == count - 1 ? end : start + (i + 1) * each));
    }
    return out;
  }

  boolean isDivisible() {
    return end - start >= 2 * SHORTEST;
  }
}

package dev.tethys.collect.observe.trace;

import org.jspecify.annotations.Nullable;

/**
 * Content of the header {@code traceparent} (W3C Trace Context).
 *
 * @param sampled false if the sender records nothing of the trace
 */
record TraceParent(long traceHigh, long traceLow, long spanId, boolean sampled) {

  /** Reads the header; returns null if it is absent or no such text. */
  static @Nullable TraceParent parse(@Nullable String text) {
    if (text == null
        || text.length() < 55
        || text.charAt(2) != '-'
        || text.charAt(35) != '-'
        || text.charAt(52) != '-'
        || text.startsWith("ff")) {
      return null;
    }
    try {
      TraceParent p =
          new TraceParent(
              Long.parseUnsignedLong(text, 3, 19, 16),
              Long.parseUnsignedLong(text, 19, 35, 16),
              Long.parseUnsignedLong(text, 36, 52, 16),
              (Integer.parseInt(text, 53, 55, 16) & 1) != 0);
      return p.spanId == 0 || p.traceHigh == 0 && p.traceLow == 0 ? null : p;
    } catch (NumberFormatException e) {
      return null;
    }
  }
}

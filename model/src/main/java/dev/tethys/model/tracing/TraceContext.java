package dev.tethys.model.tracing;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Span context propagated between processes with a request. Source: W3C Trace Context, level 1.
 *
 * @param traceIdHigh the first eight bytes of the trace's id
 * @param traceIdLow the last eight bytes; not both are 0
 * @param spanId not 0
 * @param sampled whether the sender records the trace
 * @param state vendor data of {@code tracestate}, forwarded unchanged; "" for none
 */
public record TraceContext(
    long traceIdHigh, long traceIdLow, long spanId, boolean sampled, String state) {
  /** Name of the header with trace and span IDs. */
  public static final String PARENT_HEADER = "traceparent";

  /** Name of the header of vendor data. */
  public static final String STATE_HEADER = "tracestate";

  /**
   * Maximum length of a state that is propagated; the standard requires at least 512 characters.
   */
  static final int MAX_STATE = 4096;

  private static final int LENGTH = 55;
  private static final HexFormat HEX = HexFormat.of();

  /**
   * Reads headers; returns null if they are absent or malformed, which the standard has receivers
   * ignore.
   */
  public static @Nullable TraceContext of(@Nullable String parent, @Nullable String state) {
    if (parent == null) {
      return null;
    }
    String p = parent.strip();
    // Later versions may have more fields after these; version ff is invalid.
    boolean known = p.length() == LENGTH && p.startsWith("00-");
    boolean later = p.length() >= LENGTH && !p.startsWith("00") && !p.startsWith("ff");
    if (!known && !(later && (p.length() == LENGTH || p.charAt(LENGTH) == '-'))) {
      return null;
    }
    if (p.charAt(2) != '-' || p.charAt(35) != '-' || p.charAt(52) != '-' || !isLowerHex(p)) {
      return null;
    }
    long high = HexFormat.fromHexDigitsToLong(p, 3, 19);
    long low = HexFormat.fromHexDigitsToLong(p, 19, 35);
    long span = HexFormat.fromHexDigitsToLong(p, 36, 52);
    if (high == 0 && low == 0 || span == 0) {
      return null;
    }
    boolean sampled = (HexFormat.fromHexDigits(p, 53, 55) & 1) != 0;
    String s = state == null || state.length() > MAX_STATE ? "" : state.strip();
    return new TraceContext(high, low, span, sampled, s);
  }

  private static boolean isLowerHex(String p) {
    for (int i = 0; i < LENGTH; i++) {
      char c = p.charAt(i);
      boolean dash = i == 2 || i == 35 || i == 52;
      if (!dash && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return true;
  }

  /** Value of the header {@code traceparent}. */
  public String parent() {
    return "00-" + traceId() + "-" + HEX.toHexDigits(spanId) + (sampled ? "-01" : "-00");
  }

  /** The trace's id, 32 hexadecimal digits. */
  public String traceId() {
    return HEX.toHexDigits(traceIdHigh) + HEX.toHexDigits(traceIdLow);
  }
}

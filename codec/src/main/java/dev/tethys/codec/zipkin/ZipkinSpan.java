package dev.tethys.codec.zipkin;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Zipkin span of version 2, with the additional fields of version 1. Filled by the readers, then
 * converted to OTLP by {@link ZipkinToOtlp}. Times are Unix microseconds, 0 if none.
 */
final class ZipkinSpan {
  /** Span endpoint. */
  record Endpoint(String service, String ipv4, String ipv6, int port) {
    static final Endpoint NONE = new Endpoint("", "", "", 0);
  }

  /**
   * Annotation: an event of a span.
   *
   * @param endpoint host of the event, in version 1 only
   */
  record Annotation(long time, String value, Endpoint endpoint) {}

  /**
   * A tag of version 1.
   *
   * @param typed whether it was a number or a boolean before conversion to text
   */
  record Binary(String key, String value, Endpoint endpoint, boolean typed) {}

  /** Latest time that fits into 64-bit nanoseconds. */
  static final long MAX_MICROS = Long.MAX_VALUE / 1000;

  long traceHigh;
  long traceLow;
  long id;
  long parent;

  /** CLIENT, SERVER, PRODUCER, CONSUMER; "" for none. */
  String kind = "";

  /** Whether its client has the same id; found by {@link ZipkinTrace}. */
  boolean shared;

  String name = "";
  long timestamp;
  long duration;
  Endpoint local = Endpoint.NONE;
  Endpoint remote = Endpoint.NONE;
  final List<Annotation> annotations = new ArrayList<>();
  final List<Binary> binary = new ArrayList<>();
  final Map<String, String> tags = new LinkedHashMap<>();

  /** Tags received as numbers or booleans. */
  final Set<String> typed = new HashSet<>();

  /** Problem found while the span was read. */
  @Nullable String problem;

  /** Records the first thing that is wrong. */
  void wrong(String what) {
    if (problem == null) {
      problem = what;
    }
  }

  /** Reads 1 to 32 hexadecimal digits. */
  void traceId(String hex) {
    int n = hex.length();
    if (n < 1 || n > 32) {
      wrong("traceId has " + n + " characters, 1 to 32 expected");
      return;
    }
    traceHigh = n > 16 ? digits(hex.substring(0, n - 16), "traceId") : 0;
    traceLow = digits(hex.substring(Math.max(0, n - 16)), "traceId");
  }

  /** Reads 1 to 16 hexadecimal digits. */
  long spanId(String hex, String what) {
    if (hex.isEmpty() || hex.length() > 16) {
      wrong(what + " has " + hex.length() + " characters, 1 to 16 expected");
      return 0;
    }
    return digits(hex, what);
  }

  private long digits(String hex, String what) {
    for (int i = 0; i < hex.length(); i++) {
      if (Character.digit(hex.charAt(i), 16) < 0) {
        wrong(what + " \"" + hex + "\" is not hexadecimal");
        return 0;
      }
    }
    return Long.parseUnsignedLong(hex, 16);
  }

  /** Problem of the span; null for a valid one. */
  @Nullable String check() {
    if (problem == null && (traceHigh | traceLow) == 0) {
      problem = "traceId is missing or zero";
    }
    if (problem == null && id == 0) {
      problem = "id is missing or zero";
    }
    if (problem == null && (timestamp < 0 || timestamp > MAX_MICROS)) {
      problem = "timestamp is " + timestamp + "; it must be microseconds from 0 to " + MAX_MICROS;
    }
    if (problem == null && duration > MAX_MICROS) {
      problem = "duration is " + duration + "; it must be microseconds up to " + MAX_MICROS;
    }
    return problem;
  }
}

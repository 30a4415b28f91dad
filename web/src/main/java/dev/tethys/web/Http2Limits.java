package dev.tethys.web;

import java.time.Duration;

/**
 * What clients of HTTP/2 may do on a connection.
 *
 * @param streams requests that it may have in work
 * @param headerListBytes largest decoded size of the headers of a request, of its trailers too
 *     (SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113 section 6.5.2); above it a request is answered with
 *     431 and its connection ends
 * @param pingEvery how long a client waits at least between two pings, which else end its
 *     connection (ENHANCE_YOUR_CALM) after a few; zero for as often as it likes
 * @param pingIdle whether it may ping so while it has no request in work; else every two hours
 */
public record Http2Limits(int streams, int headerListBytes, Duration pingEvery, boolean pingIdle) {
  /** Some hundreds of requests, and pings as often as a client likes. */
  public static final Http2Limits USUAL = new Http2Limits(250, 16 << 10, Duration.ZERO, true);

  /** The usual limits with pings bounded. */
  public static Http2Limits of(int streams, Duration pingEvery, boolean pingIdle) {
    return new Http2Limits(streams, USUAL.headerListBytes, pingEvery, pingIdle);
  }
}

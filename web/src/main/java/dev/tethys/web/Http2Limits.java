package dev.tethys.web;

import java.time.Duration;

/**
 * What clients of HTTP/2 may do on a connection.
 *
 * @param streams requests that it may have in work
 * @param pingEvery how long a client waits at least between two pings, which else end its
 *     connection (ENHANCE_YOUR_CALM) after a few; zero for as often as it likes
 * @param pingIdle whether it may ping so while it has no request in work; else every two hours
 */
public record Http2Limits(int streams, Duration pingEvery, boolean pingIdle) {
  /** Some hundreds of requests, and pings as often as a client likes. */
  public static final Http2Limits USUAL = new Http2Limits(250, Duration.ZERO, true);
}

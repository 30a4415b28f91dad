package dev.tethys.web;

import java.time.Duration;

/**
 * Limits on the clients of HTTP/2 connections.
 *
 * @param streams concurrent requests of a connection
 * @param headerListBytes largest decoded size of a request's headers or trailers
 *     (SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113 section 6.5.2); a larger request gets status 431 and
 *     its connection ends
 * @param pingEvery shortest interval between two pings of a client; a client that pings more often
 *     is disconnected after a few pings (ENHANCE_YOUR_CALM); zero for no limit
 * @param pingIdle whether the client may ping at that interval without a request in progress;
 *     otherwise once in two hours
 */
public record Http2Limits(int streams, int headerListBytes, Duration pingEvery, boolean pingIdle) {
  /** Some hundreds of requests, and pings as often as a client likes. */
  public static final Http2Limits USUAL = new Http2Limits(250, 16 << 10, Duration.ZERO, true);

  /** Returns the default limits with bounded pings. */
  public static Http2Limits of(int streams, Duration pingEvery, boolean pingIdle) {
    return new Http2Limits(streams, USUAL.headerListBytes, pingEvery, pingIdle);
  }
}

package dev.tethys.web;

import java.time.Duration;

/**
 * Timeouts of a listener's connections beyond its read timeout. Zero means that a timeout is not
 * configured.
 *
 * @param head timeout for reading the request line and headers; zero to use the read timeout
 * @param answer timeout from the request headers to the end of the response; zero for no limit
 *     other than the one on each write
 * @param idle time without a request in progress after which the connection is closed; zero for the
 *     read timeout, which over HTTP/2 restarts with each ping of the client
 * @param age age, give or take a tenth, after which a connection is closed as soon as no request is
 *     in progress; zero for never
 * @param grace time for which requests may continue beyond that age; zero for no limit
 * @param silence silence of an HTTP/2 client after which the server sends a PING; zero for never
 * @param reply time within which the client must respond to that PING
 * @param manyRequests whether a connection may carry more than one request
 */
public record ConnectionTimes(
    Duration head,
    Duration answer,
    Duration idle,
    Duration age,
    Duration grace,
    Duration silence,
    Duration reply,
    boolean manyRequests) {

  /** Maximum time of a request head, from its first byte or the start of the connection. */
  private static final Duration USUAL_HEAD = Duration.ofSeconds(10);

  /** A short time for heads, and for everything else the read timeout. */
  public static final ConnectionTimes USUAL =
      new ConnectionTimes(
          USUAL_HEAD,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          true);

  /** Times of requests and of the pauses between them. */
  public static ConnectionTimes ofRequests(
      Duration head, Duration answer, Duration idle, boolean manyRequests) {
    return new ConnectionTimes(
        head,
        answer,
        idle,
        Duration.ZERO,
        Duration.ZERO,
        Duration.ZERO,
        Duration.ZERO,
        manyRequests);
  }

  /** Times of long HTTP/2 connections. */
  public static ConnectionTimes ofConnections(
      Duration idle, Duration age, Duration grace, Duration silence, Duration reply) {
    return new ConnectionTimes(
        Duration.ZERO, Duration.ZERO, idle, age, grace, silence, reply, true);
  }

  /** Returns the shortest of all configured times, including the given one. */
  public Duration shortest(Duration readTimeout) {
    Duration least = readTimeout;
    for (Duration d : new Duration[] {head, answer, idle, age, grace, silence, reply}) {
      least = d.isPositive() && d.compareTo(least) < 0 ? d : least;
    }
    return least;
  }
}

package dev.tethys.web;

import java.time.Duration;

/**
 * What a listener bears of a connection beyond its read timeout. Zero is what was not asked for.
 *
 * @param head for the first line and the headers of a request; zero for the read timeout
 * @param answer from the headers of a request to the end of its answer, whatever takes so long;
 *     zero for no bound but that of each write
 * @param idle for which no request is in work before the connection ends; zero for the read
 *     timeout, in which over HTTP/2 a ping of the client begins anew
 * @param age after which, give or take a tenth, a connection ends as soon as no request is in work;
 *     zero for never
 * @param grace for which requests may go on beyond that age; zero for as long as they take
 * @param silence after which a client of HTTP/2 is asked whether it is there (PING); zero for never
 * @param reply for which it may be silent then
 * @param manyRequests whether a connection may bring more than one
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

  /** So long takes the head of a request at most, from its first byte or the connection on. */
  private static final Duration USUAL_HEAD = Duration.ofSeconds(10);

  /** A short time for heads, and for all else the read timeout. */
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

  /** These for requests and what is between them. */
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

  /** These for long connections of HTTP/2. */
  public static ConnectionTimes ofConnections(
      Duration idle, Duration age, Duration grace, Duration silence, Duration reply) {
    return new ConnectionTimes(
        Duration.ZERO, Duration.ZERO, idle, age, grace, silence, reply, true);
  }

  /** The shortest time of all that are asked for, one given included. */
  public Duration shortest(Duration readTimeout) {
    Duration least = readTimeout;
    for (Duration d : new Duration[] {head, answer, idle, age, grace, silence, reply}) {
      least = d.isPositive() && d.compareTo(least) < 0 ? d : least;
    }
    return least;
  }
}

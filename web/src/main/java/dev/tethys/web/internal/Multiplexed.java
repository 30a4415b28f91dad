package dev.tethys.web.internal;

/** Operations of a multiplexed connection (HTTP/2) as a whole, apart from its requests. */
public interface Multiplexed {
  /**
   * Tells the client that streams beyond one are not taken (GOAWAY). Once it has been sent the last
   * stream, its further requests are read and thrown away: a connection that is closed with bytes
   * unread is reset, and a reset destroys the responses on their way.
   */
  void goAway(int lastStream);

  /**
   * Whether the client has acknowledged GOAWAY, so that all requests that it started before have
   * arrived.
   */
  boolean hasAcknowledgedGoAway();

  /** Whether the initial settings frame was sent, which must precede all others. */
  boolean hasBegun();

  /** Whether the client has stopped reading, or has not answered a ping; pings it when due. */
  boolean isGone(long now);
}

package dev.tethys.web.internal;

/** Operations of a multiplexed connection (HTTP/2) as a whole, apart from its requests. */
public interface Multiplexed {
  /**
   * Tells the client that streams beyond one are not taken (GOAWAY). Once it has been sent the last
   * stream, its further requests are read and thrown away: a connection that is closed with bytes
   * unread is reset, and a reset destroys the answers on their way.
   */
  void goAway(int lastStream);

  /**
   * Whether the client has acknowledged GOAWAY, so that all requests that it began before have
   * come.
   */
  boolean hasAcknowledgedGoAway();

  /** Whether the client was sent our settings, before which nothing else can be sent. */
  boolean hasBegun();

  /**
   * Whether the client does not take what is written, or has not answered when it was asked; asks
   * it when it is time to.
   */
  boolean isGone(long now);
}

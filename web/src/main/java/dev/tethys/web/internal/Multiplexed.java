package dev.tethys.web.internal;

/** Connection-level operations of a multiplexed (HTTP/2) connection. */
public interface Multiplexed {
  /**
   * Tells the client that further streams are not processed (GOAWAY). Once it has been sent the
   * last stream, its further requests are read and discarded: closing a connection with unread
   * bytes resets it, and a reset destroys the responses in transit.
   */
  void goAway(int lastStream);

  /**
   * Whether the client has acknowledged GOAWAY, so that all requests that it started before have
   * arrived.
   */
  boolean hasAcknowledgedGoAway();

  /** Whether the initial settings frame was sent, which must precede all others. */
  boolean hasBegun();

  /** Whether the client has stopped reading, or has not replied to a ping; pings it when due. */
  boolean isGone(long now);
}

package dev.tethys.web.internal;

/** Operations of a multiplexed connection (HTTP/2) as a whole, apart from its requests. */
public interface Multiplexed {
  /**
   * Tells the client that streams beyond one are not taken (GOAWAY). Once it has been sent which
   * was the last, what it still sends is read and thrown away: a connection that is closed with
   * bytes unread is reset, and a reset destroys the answers on their way.
   */
  void goAway(int lastStream);

  /**
   * Whether the client has answered that it received the end, so that all that it began before has
   * come.
   */
  boolean hasHeardOfEnd();

  /** Whether the client was sent its settings, before which nothing else can be sent. */
  boolean hasBegun();

  /**
   * Whether the client does not take what is written, or has not answered when it was asked; asks
   * it when it is time to.
   */
  boolean isGone(long now);
}

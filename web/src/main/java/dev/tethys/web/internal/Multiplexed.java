package dev.tethys.web.internal;

/** What a multiplexed connection (HTTP/2) is beside its requests. */
public interface Multiplexed {
  /** Tells the client that streams beyond one are not taken (GOAWAY). */
  void goAway(int lastStream);

  /**
   * Whether the client does not take what is written, or has not answered when it was asked; asks
   * it when it is time to.
   */
  boolean isGone(long now);
}

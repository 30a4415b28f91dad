package dev.tethys.web.internal;

/** Client of a connection. */
public interface Peer {
  /** Records that a request starts to arrive. */
  void requestBegins();

  /** A request has arrived from it, with its headers, and is the only one on its connection. */
  ConnectionTimeouts.Exchange begin();

  /** Whether it has requests in progress. */
  boolean isBusy();

  /** Returns the number of requests in progress. */
  int inWork();

  /** Records that data was received from the client (HTTP/2). */
  void onReceived();

  /** Whether a read can wait for it for some time. */
  boolean isTimed();

  /** Ends its connection. */
  void close();

  /**
   * Sets how long a read waits for the peer; a slow peer is disconnected in any case.
   *
   * @param millis 0 for no limit
   */
  void timeLimit(int millis);

  /** Records that headers of a stream start to arrive (HTTP/2). */
  void arrives(int stream);

  /** The peer cancels the request of a stream (HTTP/2). */
  void reset(int stream);

  /** The connection is multiplexed. */
  void multiplexed(Multiplexed whole);
}

package dev.tethys.web.internal;

/** The client of one connection. */
public interface Peer {
  /** A request begins to come. */
  void requestBegins();

  /** A request has arrived from it, with its headers, and is alone on its connection. */
  ConnectionTimeouts.Exchange begin();

  /** Whether it has requests in work. */
  boolean isBusy();

  /** How many requests it has in work. */
  int inWork();

  /** Data was received from the client (HTTP/2). */
  void onReceived();

  /** Whether a read can wait for it for a time. */
  boolean isTimed();

  /** Ends its connection. */
  void close();

  /**
   * How long a read waits for it; who is too slow is cut off in any case.
   *
   * @param millis 0 for ever
   */
  void timeLimit(int millis);

  /** Headers of a stream begin to arrive (HTTP/2). */
  void arrives(int stream);

  /** It takes back the request of a stream (HTTP/2). */
  void reset(int stream);

  /** The connection is multiplexed. */
  void multiplexed(Multiplexed whole);
}

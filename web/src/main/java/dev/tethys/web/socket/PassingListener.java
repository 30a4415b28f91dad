package dev.tethys.web.socket;

/**
 * Listener on a port whose handler can be replaced: the port and its connections stay.
 *
 * @param <H> handler of what comes
 */
public interface PassingListener<H> extends AutoCloseable {
  /**
   * Waits until the handler has passed on what it was given; what comes then waits.
   *
   * @return false where that takes too long: it has to be closed
   */
  boolean hold();

  /** Has another handler take what waits and comes, after {@link #hold}. */
  void serve(H next);

  /** The port, also when any was asked for. */
  int port();

  @Override
  void close();
}

package dev.tethys.web.socket;

/**
 * Listener on a port whose handler can be replaced: the port and its connections stay open.
 *
 * @param <H> handler of the received data
 */
public interface PassingListener<H> extends AutoCloseable {
  /**
   * Waits until the handler has passed on its data; new data waits.
   *
   * @return false if that takes too long: the listener must then be closed
   */
  boolean hold();

  /** Switches waiting and future data to another handler, after {@link #hold}. */
  void serve(H next);

  /** Returns the actual port, even if port 0 was requested. */
  int port();

  @Override
  void close();
}

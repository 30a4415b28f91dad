package dev.tethys.web.socket;

/** Listener on a port, open until it is closed. */
public sealed interface SocketListener extends AutoCloseable
    permits DatagramListener, StreamListener {
  /** Returns the actual port, even if port 0 was requested. */
  int port();

  @Override
  void close();
}

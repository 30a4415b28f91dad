package dev.tethys.web.socket;

/** Listener on a port, open until it is closed. */
public sealed interface SocketListener extends AutoCloseable
    permits DatagramListener, StreamListener {
  /** The port, also when any was asked for. */
  int port();

  @Override
  void close();
}

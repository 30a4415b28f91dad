package dev.tethys.web.socket;

/** Something that listens on a port until it is closed. */
public sealed interface SocketListener extends AutoCloseable
    permits DatagramListener, StreamListener {
  /** The port, also when any was asked for. */
  int port();

  @Override
  void close();
}

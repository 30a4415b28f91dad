package dev.tethys.pipeline.postgresql;

import dev.tethys.web.client.UnixSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import javax.net.SocketFactory;

/**
 * Connections through a socket of the machine for the driver, which makes this class by its name
 * and gives it the path.
 */
public final class MachineSockets extends SocketFactory {
  private final Path path;

  /** For the driver. */
  public MachineSockets(String path) {
    this.path = Path.of(path);
  }

  @Override
  public Socket createSocket() {
    return UnixSocket.ending(path);
  }

  @Override
  public Socket createSocket(String host, int port) {
    throw new UnsupportedOperationException(); // the driver connects by itself
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException();
  }
}

package dev.tethys.collect.database.postgres;

import dev.tethys.web.client.UnixSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import javax.net.SocketFactory;

/**
 * Connections through a Unix socket for PostgreSQL's driver, which creates this class by its name
 * and passes it the path. Reads have no timeout: the client that scrapes aborts the connection.
 */
public final class UnixSockets extends SocketFactory {
  private final String path;

  /** Called by the driver. */
  public UnixSockets(String path) {
    this.path = path;
  }

  @Override
  public Socket createSocket() {
    return new UnixSocket(Path.of(path));
  }

  @Override
  public Socket createSocket(String host, int port) {
    return createSocket();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort) {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
    return createSocket();
  }
}

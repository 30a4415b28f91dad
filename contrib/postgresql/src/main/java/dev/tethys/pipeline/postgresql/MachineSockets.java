package dev.tethys.pipeline.postgresql;

import dev.tethys.web.client.UnixSocket;
import java.net.Socket;
import java.nio.file.Path;

/**
 * Connections through a Unix socket for the driver, which instantiates this class by name and
 * passes the path.
 */
public final class MachineSockets extends DriverSockets {
  private final Path path;

  /** Called by the driver. */
  public MachineSockets(String path) {
    this.path = Path.of(path);
  }

  @Override
  public Socket createSocket() {
    return UnixSocket.ending(path);
  }
}

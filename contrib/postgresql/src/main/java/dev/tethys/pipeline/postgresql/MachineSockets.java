package dev.tethys.pipeline.postgresql;

import dev.tethys.web.client.UnixSocket;
import java.net.Socket;
import java.nio.file.Path;

/**
 * Connections through a socket of the machine for the driver, which makes this class by its name
 * and gives it the path.
 */
public final class MachineSockets extends DriverSockets {
  private final Path path;

  /** For the driver. */
  public MachineSockets(String path) {
    this.path = Path.of(path);
  }

  @Override
  public Socket createSocket() {
    return UnixSocket.ending(path);
  }
}

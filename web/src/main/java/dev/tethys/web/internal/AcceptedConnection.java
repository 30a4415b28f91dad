package dev.tethys.web.internal;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import java.net.SocketAddress;

/**
 * An accepted connection.
 *
 * @param socket socket to read and write, on top of TLS if it is used
 * @param remote address of the peer
 * @param local our address
 */
public record AcceptedConnection(HelidonSocket socket, SocketAddress remote, SocketAddress local) {
  /**
   * Reads the next bytes into an array, after those already there.
   *
   * @return number of bytes, -1 at the end of the connection
   * @throws java.io.UncheckedIOException if the connection broke
   */
  public int read(byte[] into, int from) {
    // A buffer of the engine is only moved on by writing: these bytes already exist.
    BufferData buffer = BufferData.create(into).reset();
    buffer.write(into, 0, from);
    return socket.read(buffer);
  }
}

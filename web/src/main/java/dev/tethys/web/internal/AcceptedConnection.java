package dev.tethys.web.internal;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import java.net.SocketAddress;

/**
 * A connection that was taken.
 *
 * @param socket what is read and written, behind TLS where there is any
 * @param remote who is at its other end
 * @param local at which of our addresses
 */
public record AcceptedConnection(HelidonSocket socket, SocketAddress remote, SocketAddress local) {
  /**
   * Reads what comes next behind what an array has already.
   *
   * @return how many bytes, -1 at the end of the connection
   * @throws java.io.UncheckedIOException when it broke
   */
  public int read(byte[] into, int from) {
    // A buffer of the engine is only moved on by writing: these bytes are there already.
    BufferData buffer = BufferData.create(into).reset();
    buffer.write(into, 0, from);
    return socket.read(buffer);
  }
}

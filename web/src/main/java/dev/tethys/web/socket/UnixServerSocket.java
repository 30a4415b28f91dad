package dev.tethys.web.socket;

import dev.tethys.web.client.UnixSocket;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Unix socket that accepts connections, as a {@link ServerSocket}. */
final class UnixServerSocket extends ServerSocket {
  private final Path path;
  private final ServerSocketChannel channel;

  /** Key of our file at the path; no other file has it while the socket is open. */
  private final @Nullable Object file;

  private UnixServerSocket(Path path, ServerSocketChannel channel) throws IOException {
    this.path = path;
    this.file = file(path);
    this.channel = channel;
  }

  /**
   * Starts listening. A stale socket file without a listener is replaced.
   *
   * @throws IOException if a process listens there, or the file cannot be created
   */
  static UnixServerSocket listen(Path path, int backlog) throws IOException {
    UnixDomainSocketAddress at = UnixDomainSocketAddress.of(path);
    if (Files.exists(path)) {
      try (SocketChannel _ = SocketChannel.open(at)) {
        throw new IOException("another process listens on it");
      } catch (ConnectException e) {
        // Files other than sockets refuse connections, too.
        if (Files.isRegularFile(path) || Files.isDirectory(path)) {
          throw new IOException("it exists and is not a socket", e);
        }
        Files.delete(path);
      } catch (SocketException e) {
        throw new IOException(
            "cannot check whether another process listens on it: " + e.getMessage(), e);
      }
    }
    ServerSocketChannel c = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      c.bind(at, backlog);
      return new UnixServerSocket(path, c);
    } catch (IOException e) {
      c.close();
      throw e;
    }
  }

  @Override
  public Socket accept() throws IOException {
    try {
      return UnixSocket.of(channel.accept(), path);
    } catch (ClosedChannelException e) {
      throw (SocketException) new SocketException("closed").initCause(e);
    }
  }

  @Override
  public int getLocalPort() {
    return -1;
  }

  @Override
  public void close() throws IOException {
    if (!channel.isOpen()) {
      return;
    }
    try (channel) {
      // While it is open, so that no other process can have bound the path in between.
      if (Objects.equals(file, file(path))) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      // it was removed
    }
  }

  private static @Nullable Object file(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }
}

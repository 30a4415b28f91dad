package dev.tethys.web;

import dev.tethys.model.log.JulLogger;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Private connection of the program to its own routes: over a Unix socket in its own folder, which
 * is deleted as soon as both ends are connected. Requests take the same path as those of clients,
 * without TLS, users and metrics.
 *
 * <p>Responses are read and discarded. Not thread-safe.
 */
public final class PrivateConnection implements AutoCloseable {
  private static final String UNIX = "unix:";
  private static final int BUFFER = 64 << 10;

  private final HttpListener listener;
  private final SocketChannel channel;
  private final ByteBuffer in = ByteBuffer.allocate(BUFFER).flip();

  private PrivateConnection(HttpListener listener, SocketChannel channel) {
    this.listener = listener;
    this.channel = channel;
  }

  /**
   * Connects.
   *
   * @throws IOException if no socket can be created in the folder of temporary files
   */
  public static PrivateConnection to(Routes routes) throws IOException {
    Path folder = Files.createTempDirectory("tethys");
    Path socket = folder.resolve("s");
    try {
      HttpListener listener =
          HttpListener.unannounced(HttpListenerOptions.on(UNIX + socket), routes);
      try {
        return new PrivateConnection(
            listener, SocketChannel.open(UnixDomainSocketAddress.of(socket)));
      } catch (IOException e) {
        listener.close();
        throw e;
      }
    } finally {
      Files.deleteIfExists(socket);
      Files.deleteIfExists(folder);
    }
  }

  /**
   * Asks for a path with its query, and reads the response to its end.
   *
   * @return its status
   * @throws IOException if the connection has ended
   */
  public int get(String path) throws IOException {
    return get(path, false);
  }

  /**
   * Sends a GET as a client that accepts gzip.
   *
   * @param compressed whether it does
   */
  public int get(String path, boolean compressed) throws IOException {
    ByteBuffer request =
        ByteBuffer.wrap(
            ("GET "
                    + path
                    + " HTTP/1.1\r\nHost: localhost\r\n"
                    + (compressed ? "Accept-Encoding: gzip\r\n" : "")
                    + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    while (request.hasRemaining()) {
      channel.write(request);
    }
    int status = Integer.parseInt(line().split(" ", 3)[1]);
    long length = 0;
    boolean chunked = false;
    for (String header = line(); !header.isEmpty(); header = line()) {
      int colon = header.indexOf(':');
      String value = header.substring(colon + 1).strip();
      switch (header.substring(0, colon).toLowerCase(Locale.ROOT)) {
        case "content-length" -> length = Long.parseLong(value);
        case "transfer-encoding" -> chunked = true;
        default -> {}
      }
    }
    if (chunked) {
      dropChunks();
    } else {
      drop(length);
    }
    return status;
  }

  private void dropChunks() throws IOException {
    while (true) {
      long size = Long.parseLong(line(), 16);
      drop(size);
      line();
      if (size == 0) {
        return;
      }
    }
  }

  private void drop(long bytes) throws IOException {
    long left = bytes;
    while (left > 0) {
      if (!in.hasRemaining()) {
        more();
      }
      int n = (int) Math.min(left, in.remaining());
      in.position(in.position() + n);
      left -= n;
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      if (!in.hasRemaining()) {
        more();
      }
      char c = (char) (in.get() & 0xff);
      if (c == '\n') {
        return line.toString();
      }
      if (c != '\r') {
        line.append(c);
      }
    }
  }

  private void more() throws IOException {
    in.clear();
    int n = channel.read(in);
    in.flip();
    if (n < 0) {
      throw new EOFException("the connection has ended");
    }
  }

  @Override
  public void close() {
    try (listener) {
      channel.close();
    } catch (IOException e) {
      JulLogger.of("dev.tethys.web").log(System.Logger.Level.DEBUG, "closing", e);
    }
  }
}

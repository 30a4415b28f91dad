package dev.tethys.collect.discovery.zookeeper;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Session with a ZooKeeper server, limited to reading and watching.
 *
 * <p>Frames are a length and a body of big-endian values (zookeeper.jute of the server's sources).
 * A session starts with a ConnectRequest (protocol version, last zxid, timeout, session, password)
 * and its response; from then on a request is its number, its kind and its record, a reply the
 * number, a zxid, an error and a record. Number -1 is a watch event, -2 a ping. Used by one thread;
 * events that arrive during the wait for a reply are kept for later.
 */
final class ZooKeeperConnection implements AutoCloseable {
  /** One node cannot be read; the connection is usable. */
  static final class NodeException extends IOException {
    private static final long serialVersionUID = 1L;

    NodeException(String message) {
      super(message);
    }
  }

  /** The longest frame that is read. */
  static final int MAX_FRAME = 64 << 20;

  /** Maximum number of queued notifications; a server that sends more loses the session. */
  static final int MAX_NEWS = 1 << 20;

  private static final int EXISTS = 3;
  private static final int GET_DATA = 4;
  private static final int GET_CHILDREN = 8;
  private static final int PING = 11;
  private static final int NEWS_NUMBER = -1;
  private static final int PING_NUMBER = -2;
  private static final int NO_NODE = -101;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final int timeoutMillis;
  private final ArrayDeque<String> news = new ArrayDeque<>();
  private int number;

  /**
   * Starts a session.
   *
   * @param server server in the form host:port
   */
  ZooKeeperConnection(String server, Duration timeout) throws IOException {
    int colon = server.lastIndexOf(':');
    boolean port = colon > 0 && server.indexOf(']') < colon;
    String host = port ? server.substring(0, colon) : server;
    InetSocketAddress address;
    try {
      address =
          new InetSocketAddress(
              host.replaceAll("[\\[\\]]", ""),
              port ? Integer.parseInt(server.substring(colon + 1)) : 2181);
    } catch (IllegalArgumentException e) {
      throw new IOException("\"" + server + "\" is not host:port", e);
    }
    this.socket = new Socket();
    boolean done = false;
    try {
      socket.connect(address, (int) timeout.toMillis());
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) timeout.toMillis());
      this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      this.out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
      out.writeInt(4 + 8 + 4 + 8 + 4 + 16);
      out.writeInt(0);
      out.writeLong(0);
      out.writeInt((int) timeout.toMillis());
      out.writeLong(0);
      out.writeInt(16);
      out.write(new byte[16]);
      out.flush();
      DataInputStream answer = frame();
      answer.readInt();
      this.timeoutMillis = answer.readInt();
      if (timeoutMillis <= 0) {
        throw new IOException("ZooKeeper " + server + " refused the session");
      }
      socket.setSoTimeout(Math.max(1, timeoutMillis / 3));
      done = true;
    } catch (SocketTimeoutException e) {
      throw new IOException("ZooKeeper " + server + " does not answer", e);
    } finally {
      if (!done) {
        socket.close();
      }
    }
  }

  /** Reads the next frame; a timeout may only occur at its first byte. */
  private DataInputStream frame() throws IOException {
    int first = in.read();
    if (first < 0) {
      throw new EOFException("ZooKeeper ended the connection");
    }
    try {
      int length = (first << 24) | (in.readUnsignedByte() << 16) | in.readUnsignedShort();
      if (length < 0 || length > MAX_FRAME) {
        throw new IOException("ZooKeeper sent a frame of " + length + " bytes");
      }
      byte[] body = in.readNBytes(length);
      if (body.length < length) {
        throw new EOFException("ZooKeeper ended the connection");
      }
      return new DataInputStream(new ByteArrayInputStream(body));
    } catch (SocketTimeoutException e) {
      throw new IOException("ZooKeeper stopped in the middle of a frame", e);
    }
  }

  /** Sends a request and returns the reply's record; null if the node does not exist. */
  private @Nullable DataInputStream ask(int kind, String path) throws IOException {
    byte[] p = path.getBytes(StandardCharsets.UTF_8);
    number++;
    out.writeInt(4 + 4 + 4 + p.length + 1);
    out.writeInt(number);
    out.writeInt(kind);
    out.writeInt(p.length);
    out.write(p);
    out.writeBoolean(true); // watch
    out.flush();
    int silent = 0;
    while (true) {
      DataInputStream f;
      try {
        f = frame();
      } catch (SocketTimeoutException e) {
        silent++;
        if (silent >= 3) {
          throw new IOException("ZooKeeper does not answer", e);
        }
        continue;
      }
      int n = f.readInt();
      f.readLong();
      int error = f.readInt();
      if (n == NEWS_NUMBER) {
        keep(f);
      } else if (n == number) {
        if (error == NO_NODE) {
          return null;
        }
        if (error != 0) {
          throw new NodeException("ZooKeeper answered with error " + error + " for " + path);
        }
        return f;
      }
    }
  }

  private void keep(DataInputStream f) throws IOException {
    f.readInt();
    f.readInt();
    if (news.size() >= MAX_NEWS) {
      throw new IOException("ZooKeeper sends changes faster than they can be processed");
    }
    news.add(text(f));
  }

  private static byte[] buffer(DataInputStream f) throws IOException {
    int length = f.readInt();
    return length <= 0 ? new byte[0] : f.readNBytes(length);
  }

  private static String text(DataInputStream f) throws IOException {
    return new String(buffer(f), StandardCharsets.UTF_8);
  }

  /** Whether a node exists; if not, its creation is watched. */
  boolean exists(String path) throws IOException {
    return ask(EXISTS, path) != null;
  }

  /** Returns the data of a node and starts watching it; null if it does not exist. */
  byte @Nullable [] data(String path) throws IOException {
    DataInputStream f = ask(GET_DATA, path);
    return f == null ? null : buffer(f);
  }

  /**
   * Returns the names of the child nodes and starts watching them; null if there is no such node.
   */
  @Nullable List<String> children(String path) throws IOException {
    DataInputStream f = ask(GET_CHILDREN, path);
    if (f == null) {
      return null;
    }
    int count = f.readInt();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(text(f));
    }
    return names;
  }

  /** Waits for changes, keeping the session alive; returns the path of the change. */
  String awaitEvent() throws IOException {
    int silent = 0;
    while (news.isEmpty()) {
      try {
        DataInputStream f = frame();
        silent = 0;
        int n = f.readInt();
        f.readLong();
        f.readInt();
        if (n == NEWS_NUMBER) {
          keep(f);
        }
      } catch (SocketTimeoutException e) {
        silent++;
        if (silent >= 3) {
          throw new IOException("ZooKeeper does not answer", e);
        }
        out.writeInt(8);
        out.writeInt(PING_NUMBER);
        out.writeInt(PING);
        out.flush();
      }
    }
    return news.removeFirst();
  }

  /** Whether there are changes already. */
  boolean hasEvent() {
    return !news.isEmpty();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // it is over anyway
    }
  }
}

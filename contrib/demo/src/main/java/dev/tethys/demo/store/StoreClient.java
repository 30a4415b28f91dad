package dev.tethys.demo.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Pool of connections to a Redis server without password. Thread-safe. */
public final class StoreClient implements AutoCloseable {
  private static final int MAX_IDLE = 16;
  private static final int MAX_VALUE = 64 << 10;

  private final int port;

  @GuardedBy("itself")
  private final ArrayDeque<Connection> idle = new ArrayDeque<>();

  /**
   * @param port loopback port of the store
   */
  public StoreClient(int port) {
    this.port = port;
  }

  /**
   * Runs a command.
   *
   * @return items of an array; a number or a status as the only item; empty for a null array
   */
  public List<String> call(String... command) throws IOException {
    Connection c;
    synchronized (idle) {
      c = idle.poll();
    }
    c = c == null ? new Connection(port) : c;
    boolean whole = false;
    try {
      List<String> answer = c.call(command);
      whole = true;
      return answer;
    } finally {
      synchronized (idle) {
        whole = whole && idle.size() < MAX_IDLE;
        if (whole) {
          idle.push(c);
        }
      }
      if (!whole) {
        c.socket.close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (idle) {
      for (Connection c : idle) {
        c.socket.close();
      }
      idle.clear();
    }
  }

  private static final class Connection {
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    Connection(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    }

    List<String> call(String... command) throws IOException {
      StringBuilder sb = new StringBuilder("*" + command.length + "\r\n");
      for (String a : command) {
        int length = a.getBytes(StandardCharsets.UTF_8).length;
        sb.append('$').append(length).append("\r\n").append(a).append("\r\n");
      }
      out.write(sb.toString().getBytes(StandardCharsets.UTF_8));
      out.flush();
      int type = in.readUnsignedByte();
      return switch (type) {
        case '*' -> array();
        case ':', '+' -> List.of(line());
        case '-' -> throw new IOException("store answered: " + line());
        default -> throw new IOException("unexpected answer type " + type);
      };
    }

    private List<String> array() throws IOException {
      String count = line();
      if (count.equals("-1")) {
        return List.of();
      }
      List<String> out = new ArrayList<>();
      for (int i = Integer.parseInt(count); i > 0; i--) {
        in.skipNBytes(1); // $
        byte[] b = in.readNBytes(KeyValueStore.number(in, MAX_VALUE));
        in.skipNBytes(2);
        out.add(new String(b, StandardCharsets.UTF_8));
      }
      return out;
    }

    private String line() throws IOException {
      StringBuilder sb = new StringBuilder();
      for (int b = in.readUnsignedByte(); b != '\r'; b = in.readUnsignedByte()) {
        sb.append((char) b);
      }
      in.skipNBytes(1);
      return sb.toString();
    }
  }
}

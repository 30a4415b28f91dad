package dev.tethys.collect.database.mysql;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A MySQL that lets all users in and has fixed answers, for tables that the available servers do
 * not have. A response is found by a part of the statement in lower case.
 */
final class MysqlDouble implements AutoCloseable {
  private record Table(List<String> columns, List<List<String>> rows) {}

  private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Map<String, Table> tables = new LinkedHashMap<>();
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();

  /** Not yet serving: answers are added first. */
  MysqlDouble() throws IOException {
    table("select @@version", "v\n8.4.0");
  }

  /**
   * Adds a response.
   *
   * @param lines the names of columns, then rows, with two spaces or more between
   */
  MysqlDouble table(String part, String lines) {
    List<List<String>> all =
        lines
            .strip()
            .lines()
            .map(l -> List.of(l.strip().split(" {2,}", -1)))
            .map(l -> l.stream().map(v -> v.equals("-") ? "" : v).toList())
            .toList();
    tables.put(part, new Table(all.getFirst(), all.subList(1, all.size())));
    return this;
  }

  MysqlDouble start() {
    Thread.ofVirtual().start(this::accept);
    return this;
  }

  int port() {
    return socket.getLocalPort();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket s = socket.accept();
        open.add(s);
        Thread.ofVirtual().start(() -> serve(s));
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Numbers its packets as the protocol requires. */
  private static final class Packets {
    private final DataInputStream in;
    private final OutputStream out;
    private int sequence;

    Packets(Socket s) throws IOException {
      this.in = new DataInputStream(s.getInputStream());
      this.out = s.getOutputStream();
    }

    byte[] receive() throws IOException {
      int length = in.readUnsignedByte() | in.readUnsignedByte() << 8 | in.readUnsignedByte() << 16;
      sequence = in.readUnsignedByte() + 1;
      return in.readNBytes(length);
    }

    void send(byte... content) throws IOException {
      int n = content.length;
      out.write(new byte[] {(byte) n, (byte) (n >> 8), (byte) (n >> 16), (byte) sequence++});
      out.write(content);
      out.flush();
    }
  }

  private void serve(Socket s) {
    try (s) {
      Packets p = new Packets(s);
      ByteArrayOutputStream hello = new ByteArrayOutputStream();
      hello.write(10);
      hello.writeBytes("8.4.0\0\1\0\0\0abcdefgh\0".getBytes(StandardCharsets.US_ASCII));
      hello.writeBytes(new byte[] {0, (byte) 0x82, 45, 2, 0, 8, 0, 21});
      hello.writeBytes(new byte[10]);
      hello.writeBytes("ijklmnopqrst\0mysql_native_password\0".getBytes(StandardCharsets.US_ASCII));
      p.send(hello.toByteArray());
      p.receive();
      ok(p);
      for (byte[] command = p.receive(); command[0] != 1; command = p.receive()) {
        String sql =
            new String(command, 1, command.length - 1, StandardCharsets.UTF_8)
                .toLowerCase(Locale.ROOT);
        answer(p, command[0] == 3 ? sql : "ping");
      }
    } catch (IOException e) {
      // the client has gone
    } finally {
      open.remove(s);
    }
  }

  private static void ok(Packets p) throws IOException {
    p.send(new byte[] {0, 0, 0, 2, 0, 0, 0});
  }

  private static void end(Packets p) throws IOException {
    p.send(new byte[] {(byte) 0xfe, 0, 0, 2, 0});
  }

  private void answer(Packets p, String sql) throws IOException {
    if (sql.equals("ping") || sql.startsWith("set ")) {
      ok(p);
      return;
    }
    for (Map.Entry<String, Table> t : tables.entrySet()) {
      if (sql.contains(t.getKey())) {
        rows(p, t.getValue());
        return;
      }
    }
    ByteArrayOutputStream error = new ByteArrayOutputStream();
    error.writeBytes(new byte[] {(byte) 0xff, 0x7a, 0x04});
    error.writeBytes("#42S02no such table".getBytes(StandardCharsets.US_ASCII));
    p.send(error.toByteArray());
  }

  private static void text(ByteArrayOutputStream to, String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    to.write(b.length);
    to.writeBytes(b);
  }

  private static void rows(Packets p, Table t) throws IOException {
    p.send((byte) t.columns.size());
    for (String name : t.columns) {
      ByteArrayOutputStream c = new ByteArrayOutputStream();
      for (String part : List.of("def", "s", "t", "t", name, name)) {
        text(c, part);
      }
      c.writeBytes(new byte[] {0x0c, 45, 0, 0, 1, 0, 0, (byte) 0xfd, 0, 0, 0, 0, 0});
      p.send(c.toByteArray());
    }
    end(p);
    for (List<String> row : t.rows) {
      ByteArrayOutputStream r = new ByteArrayOutputStream();
      row.forEach(v -> text(r, v));
      p.send(r.toByteArray());
    }
    end(p);
  }

  @Override
  public void close() throws IOException {
    socket.close();
    for (Closeable c : open) {
      c.close();
    }
  }
}

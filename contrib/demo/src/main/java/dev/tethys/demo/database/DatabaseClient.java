package dev.tethys.demo.database;

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
import java.util.concurrent.Semaphore;

/** Pool of connections to a PostgreSQL server without password. Thread-safe. */
public final class DatabaseClient implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 8;

  private final int port;
  private final Semaphore permits = new Semaphore(MAX_CONNECTIONS);

  @GuardedBy("itself")
  private final ArrayDeque<Connection> idle = new ArrayDeque<>();

  /**
   * @param port loopback port of the database
   */
  public DatabaseClient(int port) {
    this.port = port;
  }

  /** Error response from the database. */
  public static final class SqlException extends IOException {
    private static final long serialVersionUID = 1L;

    SqlException(String message) {
      super(message);
    }
  }

  /**
   * Runs a statement.
   *
   * @return rows as text
   */
  public List<List<String>> query(String sql) throws IOException, InterruptedException {
    permits.acquire();
    try {
      Connection c;
      synchronized (idle) {
        c = idle.poll();
      }
      c = c == null ? new Connection(port) : c;
      List<List<String>> rows;
      try {
        rows = c.query(sql);
      } catch (IOException e) {
        if (!(e instanceof SqlException)) {
          c.close();
          throw e;
        }
        putBack(c);
        throw e;
      }
      putBack(c);
      return rows;
    } finally {
      permits.release();
    }
  }

  private void putBack(Connection c) {
    synchronized (idle) {
      idle.push(c);
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (idle) {
      for (Connection c : idle) {
        c.close();
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
      byte[] start = "user\0shop\0database\0shop\0\0".getBytes(StandardCharsets.UTF_8);
      out.writeInt(start.length + 8);
      out.writeInt(PostgresFrames.PROTOCOL_3_0);
      out.write(start);
      out.flush();
      answer();
    }

    List<List<String>> query(String sql) throws IOException {
      byte[] text = (sql + "\0").getBytes(StandardCharsets.UTF_8);
      out.write('Q');
      out.writeInt(text.length + 4);
      out.write(text);
      out.flush();
      return answer();
    }

    private List<List<String>> answer() throws IOException {
      List<List<String>> rows = new ArrayList<>();
      String error = null;
      while (true) {
        int type = in.readUnsignedByte();
        byte[] body = PostgresFrames.body(in);
        switch (type) {
          case 'D' -> rows.add(PostgresFrames.row(body));
          case 'E' -> error = new String(body, StandardCharsets.UTF_8).replace('\0', ' ').strip();
          case 'Z' -> {
            if (error != null) {
              throw new SqlException(error);
            }
            return rows;
          }
          default -> {
            // parameters, row descriptions and tags are not needed
          }
        }
      }
    }

    void close() throws IOException {
      socket.close();
    }
  }
}

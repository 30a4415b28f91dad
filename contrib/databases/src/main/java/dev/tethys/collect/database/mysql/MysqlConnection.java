package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.database.wire.ServerConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Connection in the protocol of MySQL and MariaDB, with results as text
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html). Not thread-safe.
 *
 * <p>The number of rows of a result is limited. Requests of the server for a local file are
 * rejected.
 */
final class MysqlConnection implements AutoCloseable {
  /** Maximum number of rows of a result. */
  static final int MAX_ROWS = 200_000;

  private static final int MAX_PACKET = 0xffffff;
  private static final int MAX_COLUMNS = 4096;
  private static final int UTF8MB4 = 45;
  private static final int PROTOCOL_41 = 0x200;
  private static final int SSL = 0x800;
  private static final int SECURE_CONNECTION = 0x8000;
  private static final int PLUGIN_AUTH = 0x80000;
  private static final int LONG_PASSWORD_AND_FLAG = 5;
  private static final int TRANSACTIONS = 0x2000;
  private static final int MAX_AUTH_STEPS = 10;

  private final ServerConnection connection;
  private final MysqlAddress address;
  private int sequence;
  private boolean mariadb;

  private MysqlConnection(ServerConnection connection, MysqlAddress address) {
    this.connection = connection;
    this.address = address;
  }

  /** Whether the server identifies itself as MariaDB. */
  boolean isMariadb() {
    return mariadb;
  }

  /**
   * Query result.
   *
   * @param columns names of the columns
   * @param rows values as text, null for SQL's null
   */
  record Rows(List<String> columns, List<List<@Nullable String>> rows) {
    /** Returns the value of a named column; {@code ""} if it is missing or null. */
    String get(List<@Nullable String> row, String column) {
      int i = columns.indexOf(column);
      String v = i < 0 ? null : row.get(i);
      return v == null ? "" : v;
    }

    /** Returns the rows as maps keyed by lower-case column names. */
    List<Map<String, @Nullable String>> maps() {
      List<Map<String, @Nullable String>> out = new ArrayList<>();
      for (List<@Nullable String> r : rows) {
        Map<String, @Nullable String> m = new HashMap<>();
        for (int i = 0; i < columns.size(); i++) {
          m.put(columns.get(i).toLowerCase(Locale.ROOT), r.get(i));
        }
        out.add(m);
      }
      return out;
    }
  }

  /**
   * Connects and logs in.
   *
   * @throws MysqlException if the server rejects the login
   */
  static MysqlConnection open(MysqlAddress a, Deadline deadline) throws IOException {
    ServerConnection s =
        a.socket() != null
            ? ServerConnection.unix(a.socket(), deadline)
            : ServerConnection.tcp(a.host(), a.port(), null, deadline);
    MysqlConnection c = new MysqlConnection(s, a);
    try {
      c.login();
      return c;
    } catch (IOException | RuntimeException e) {
      s.close();
      throw e;
    }
  }

  private Packet read() throws IOException {
    byte[] whole = new byte[0];
    while (true) {
      int length = connection.read() | connection.read() << 8 | connection.read() << 16;
      sequence = connection.read() + 1;
      byte[] part = connection.read(length);
      if (whole.length == 0) {
        whole = part;
      } else {
        int old = whole.length;
        whole = Arrays.copyOf(whole, old + part.length);
        System.arraycopy(part, 0, whole, old, part.length);
      }
      if (length < MAX_PACKET) {
        Packet p = new Packet(whole);
        if (p.kind() == 0xff) {
          throw error(p);
        }
        return p;
      }
    }
  }

  private static MysqlException error(Packet p) throws IOException {
    p.number(1);
    int code = (int) p.number(2);
    String text = new String(p.rest(), StandardCharsets.UTF_8);
    return new MysqlException(
        code, text.startsWith("#") && text.length() > 6 ? text.substring(6) : text);
  }

  private void write(byte[] content) throws IOException {
    if (content.length >= MAX_PACKET) {
      throw new IOException("a statement of more than " + MAX_PACKET + " bytes");
    }
    connection.write(
        new byte[] {
          (byte) content.length,
          (byte) (content.length >> 8),
          (byte) (content.length >> 16),
          (byte) sequence++
        });
    connection.write(content);
    connection.flush();
  }

  private void login() throws IOException {
    Packet hello = read();
    int version = (int) hello.number(1);
    if (version != 10) {
      throw new IOException("the server uses version " + version + " of MySQL's protocol, not 10");
    }
    mariadb = hello.zeroEnded().contains("MariaDB");
    hello.number(4);
    byte[] first = hello.bytes(8);
    hello.number(1);
    long server = hello.number(2);
    hello.number(3);
    server |= hello.number(2) << 16;
    int length = (int) hello.number(1);
    hello.bytes(10);
    byte[] second = hello.bytes(Math.max(13, length - 8) - 1);
    hello.number(1);
    byte[] scramble = Arrays.copyOf(first, 8 + second.length);
    System.arraycopy(second, 0, scramble, 8, second.length);
    String plugin = hello.more() ? hello.zeroEnded() : MysqlPassword.NATIVE;
    int flags =
        LONG_PASSWORD_AND_FLAG | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH;
    var tls = address.tls();
    if (tls != null && address.socket() == null) {
      if ((server & SSL) != 0) {
        flags |= SSL;
        write(head(flags));
        connection.secure(tls, address.host());
      } else if (!address.tlsOptional()) {
        throw new IOException("TLS is required, but the server does not support it");
      }
    }
    String known =
        List.of(MysqlPassword.SHA2, MysqlPassword.NATIVE).contains(plugin)
            ? plugin
            : MysqlPassword.NATIVE; // the server then requests its own
    byte[] answer = proof(known, scramble);
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    b.writeBytes(head(flags));
    b.writeBytes(MysqlPassword.withZero(address.user().getBytes(StandardCharsets.UTF_8)));
    b.write(answer.length);
    b.writeBytes(answer);
    b.writeBytes(MysqlPassword.withZero(known.getBytes(StandardCharsets.US_ASCII)));
    write(b.toByteArray());
    authenticate(known, scramble);
  }

  private byte[] proof(String plugin, byte[] scramble) throws IOException {
    return MysqlPassword.answer(
        plugin,
        address.password().value(),
        scramble,
        connection.isSecured() || address.socket() != null,
        address.clearPassword());
  }

  /**
   * Encodes capabilities, maximum packet size and character set, with which both the TLS request
   * and the login start.
   */
  private static byte[] head(int flags) {
    byte[] b = new byte[32];
    for (int i = 0; i < 4; i++) {
      b[i] = (byte) (flags >> (8 * i));
    }
    b[7] = 1; // 16 MiB
    b[8] = UTF8MB4;
    return b;
  }

  private void authenticate(String plugin, byte[] scramble) throws IOException {
    for (int step = 0; step < MAX_AUTH_STEPS; step++) {
      Packet p = read();
      switch (p.kind()) {
        case 0x00 -> {
          return;
        }
        case 0xfe -> {
          if (p.length() == 1) {
            throw new IOException("the server requests authentication older than MySQL 4.1");
          }
          p.number(1);
          plugin = p.zeroEnded();
          scramble = p.rest();
          if (scramble.length > 0 && scramble[scramble.length - 1] == 0) {
            scramble = Arrays.copyOf(scramble, scramble.length - 1);
          }
          write(proof(plugin, scramble));
        }
        case 0x01 -> {
          p.number(1);
          if (!plugin.equals(MysqlPassword.SHA2)) {
            throw new IOException("the plugin " + plugin + " requests more than allowed");
          }
          byte[] more = p.rest();
          if (more.length == 1 && more[0] == 4) { // the server does not remember the password
            fullLogin(scramble);
          }
        }
        default -> throw new IOException("the server's response to the login is not recognized");
      }
    }
    throw new IOException("the login takes more than " + MAX_AUTH_STEPS + " steps");
  }

  private void fullLogin(byte[] scramble) throws IOException {
    String password = address.password().value();
    if (connection.isSecured()) {
      write(MysqlPassword.withZero(password.getBytes(StandardCharsets.UTF_8)));
      return;
    }
    write(new byte[] {2});
    Packet key = read();
    key.number(1);
    write(
        MysqlPassword.encrypted(
            password, scramble, new String(key.rest(), StandardCharsets.US_ASCII)));
  }

  /**
   * Runs a query.
   *
   * @throws MysqlException with the server's error
   * @throws IOException also if there are too many rows
   */
  Rows query(String sql) throws IOException {
    byte[] text = sql.getBytes(StandardCharsets.UTF_8);
    byte[] command = new byte[text.length + 1];
    command[0] = 3; // COM_QUERY
    System.arraycopy(text, 0, command, 1, text.length);
    sequence = 0;
    write(command);
    Packet first = read();
    if (first.kind() == 0) {
      return new Rows(List.of(), List.of());
    }
    if (first.kind() == 0xfb) {
      throw new IOException("the server requested a local file, which was rejected");
    }
    long n = first.lengthEncoded();
    if (n > MAX_COLUMNS) {
      throw new IOException("a response of " + n + " columns");
    }
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Packet p = read();
      for (int skipped = 0; skipped < 4; skipped++) { // catalog, schema, table, its real name
        p.text();
      }
      columns.add(String.valueOf(p.text()));
    }
    end(read());
    List<List<@Nullable String>> rows = new ArrayList<>();
    while (true) {
      Packet p = read();
      if (isEnd(p)) {
        return new Rows(columns, rows);
      }
      if (rows.size() >= MAX_ROWS) {
        throw new IOException("more than " + MAX_ROWS + " rows");
      }
      List<@Nullable String> row = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        row.add(p.text());
      }
      rows.add(row);
    }
  }

  private static boolean isEnd(Packet p) {
    return p.kind() == 0xfe && p.length() < 9;
  }

  private static void end(Packet p) throws IOException {
    if (!isEnd(p)) {
      throw new IOException("column definitions of a response are not terminated");
    }
  }

  /**
   * Ends a scrape without closing the connection, which {@link #wake} reuses.
   *
   * @return false if the deadline had passed
   */
  boolean park() {
    return connection.park();
  }

  /**
   * Begins another scrape.
   *
   * @throws IOException if the connection has ended
   */
  void wake(Deadline deadline) throws IOException {
    connection.wake(deadline);
  }

  @Override
  public void close() {
    try {
      sequence = 0;
      write(new byte[] {1}); // COM_QUIT: otherwise the server counts an aborted client
    } catch (IOException e) {
      // it is gone
    }
    connection.close();
  }
}

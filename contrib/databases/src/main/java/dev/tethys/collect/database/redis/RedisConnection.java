package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.database.wire.ServerConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A connection in Redis's protocol (RESP,
 * https://redis.io/docs/latest/develop/reference/protocol-spec/). It uses version 2 unless version
 * 3 is requested; responses in both are supported. Not thread-safe.
 */
final class RedisConnection implements RedisCommands, AutoCloseable {
  private static final int MAX_LINE = 1 << 20;
  private static final int MAX_ITEMS = 10_000_000;
  private static final int MAX_DEPTH = 32;

  private final ServerConnection connection;

  private RedisConnection(ServerConnection connection) {
    this.connection = connection;
  }

  /**
   * Connects, logs in and selects the database of the address.
   *
   * @throws RedisException if the server rejects user or password
   */
  static RedisConnection open(RedisAddress a, Deadline deadline) throws IOException {
    ServerConnection s =
        a.unix() != null
            ? ServerConnection.unix(a.unix(), deadline)
            : ServerConnection.tcp(a.host(), a.port(), a.tls(), deadline);
    RedisConnection c = new RedisConnection(s);
    try {
      if (!a.password().isEmpty()) {
        if (a.user().isEmpty()) {
          c.command("AUTH", a.password().value());
        } else {
          c.command("AUTH", a.user(), a.password().value());
        }
      }
      if (a.database() != 0) {
        c.command("SELECT", Integer.toString(a.database()));
      }
      return c;
    } catch (IOException | RuntimeException e) {
      s.close();
      throw e;
    }
  }

  @Override
  public RedisReply send(String... command) throws IOException {
    write(command);
    connection.flush();
    return reply();
  }

  @Override
  public List<RedisReply> sendAll(List<String[]> commands) throws IOException {
    List<RedisReply> out = new ArrayList<>(commands.size());
    // As many at a time as surely fit into the buffers on the way, so that neither side waits for
    // the other to read.
    for (int from = 0; from < commands.size(); from += PIPELINED) {
      List<String[]> some = commands.subList(from, Math.min(commands.size(), from + PIPELINED));
      for (String[] c : some) {
        write(c);
      }
      connection.flush();
      for (int i = 0; i < some.size(); i++) {
        out.add(reply());
      }
    }
    return out;
  }

  private static final int PIPELINED = 256;

  private void write(String... command) throws IOException {
    ByteArrayOutputStream b = new ByteArrayOutputStream(64);
    b.writeBytes(("*" + command.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
    for (String s : command) {
      byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
      b.writeBytes(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
      b.writeBytes(bytes);
      b.write('\r');
      b.write('\n');
    }
    connection.write(b.toByteArray());
  }

  private RedisReply reply() throws IOException {
    while (true) {
      int type = connection.read();
      RedisReply r = reply(type, 0);
      if (type != '>') { // a pushed message is not a response
        return r;
      }
    }
  }

  private RedisReply reply(int type, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("an answer nested deeper than " + MAX_DEPTH);
    }
    String line = line();
    return switch (type) {
      case '+', ',', '(' -> new RedisReply.Text(line.getBytes(StandardCharsets.UTF_8));
      case '-' -> new RedisReply.Failure(line);
      case ':' -> new RedisReply.Whole(number(line));
      case '#' -> new RedisReply.Whole(line.equals("t") ? 1 : 0);
      case '_' -> new RedisReply.Nothing();
      case '$', '=', '!' -> {
        long n = number(line);
        if (n < 0) {
          yield new RedisReply.Nothing();
        }
        byte[] b = bytes(n);
        yield switch (type) {
          case '!' -> new RedisReply.Failure(new String(b, StandardCharsets.UTF_8));
          // A verbatim string is preceded by its format and a colon.
          case '=' ->
              new RedisReply.Text(b.length < 4 ? b : java.util.Arrays.copyOfRange(b, 4, b.length));
          default -> new RedisReply.Text(b);
        };
      }
      case '*', '~', '>', '%', '|' -> {
        long n = number(line);
        if (n < 0) {
          yield new RedisReply.Nothing();
        }
        List<RedisReply> items = items(type == '%' || type == '|' ? 2 * n : n, depth);
        // Attributes precede the reply that they describe.
        yield type == '|' ? reply(connection.read(), depth) : new RedisReply.Many(items);
      }
      default ->
          throw new IOException(
              "not an answer in Redis's protocol: it begins with "
                  + (type >= ' ' && type < 127 ? "'" + (char) type + "'" : "byte " + type));
    };
  }

  private List<RedisReply> items(long n, int depth) throws IOException {
    if (n > MAX_ITEMS) {
      throw new IOException("a response of more than " + MAX_ITEMS + " items");
    }
    List<RedisReply> items = new ArrayList<>((int) Math.min(n, 1024));
    for (long i = 0; i < n; i++) {
      items.add(reply(connection.read(), depth + 1));
    }
    return items;
  }

  private byte[] bytes(long n) throws IOException {
    if (n > ServerConnection.MAX_BYTES) {
      throw new IOException("invalid string size: " + n + " bytes");
    }
    byte[] b = connection.read((int) n);
    if (connection.read() != '\r' || connection.read() != '\n') {
      throw new IOException("a text is longer than declared");
    }
    return b;
  }

  private static long number(String line) throws IOException {
    try {
      return Long.parseLong(line);
    } catch (NumberFormatException e) {
      throw new IOException("a response has \"" + line + "\" instead of a number", e);
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream b = new ByteArrayOutputStream(32);
    for (int x = connection.read(); x != '\r'; x = connection.read()) {
      if (b.size() >= MAX_LINE) {
        throw new IOException("a line of more than " + MAX_LINE + " bytes");
      }
      b.write(x);
    }
    if (connection.read() != '\n') {
      throw new IOException("a line does not end in CR LF");
    }
    return b.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    connection.close();
  }
}

package dev.tethys.demo.database;

import dev.tethys.demo.Fault;
import dev.tethys.demo.Faults;
import dev.tethys.demo.Listening;
import dev.tethys.demo.LoopbackServer;
import dev.tethys.demo.Product;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Server with the tables of the shop. Speaks the simple query protocol of PostgreSQL and knows the
 * statements of the services; others get the error 0A000. Rows are generated, not stored, apart
 * from a count of shipments.
 */
public final class ShopDatabase implements Listening {
  private static final Pattern BY_CATEGORY =
      Pattern.compile("SELECT id, name, price FROM products WHERE category = '([^']{0,100})'");
  private static final Pattern BY_ID =
      Pattern.compile("SELECT id, name, price FROM products WHERE id = '([^']{0,100})'");
  private static final Pattern BY_NAME =
      Pattern.compile(
          "SELECT id, name, price FROM products WHERE category = '([^']{0,100})'"
              + " AND name ILIKE '%([^']{0,100})%'");
  private static final Pattern SHIPMENT =
      Pattern.compile(
          "INSERT INTO shipments \\(order_id, address\\) VALUES \\('[^']*', '[^']*'\\)");
  private static final int SCAN_MILLIS = 700;

  private final LoopbackServer server;
  private final Faults faults;
  private final AtomicLong shipments = new AtomicLong();

  /**
   * @param address address to listen on
   */
  public ShopDatabase(Faults faults, String address) throws IOException {
    this.faults = faults;
    server = new LoopbackServer("database", address, this::serve);
  }

  @Override
  public int port() {
    return server.port();
  }

  /** Returns the number of rows in the shipments table. */
  public long shipments() {
    return shipments.get();
  }

  private void serve(DataInputStream in, DataOutputStream out) throws IOException {
    handshake(in, out);
    while (true) {
      int type = in.read();
      if (type < 0 || type == 'X') {
        return;
      }
      byte[] body = PostgresFrames.body(in);
      if (type == 'Q') {
        query(PostgresFrames.text(body), out);
      } else {
        error(out, "0A000", "only the simple query protocol is supported");
      }
      frame(out, 'Z', new byte[] {'I'});
      out.flush();
    }
  }

  private static void handshake(DataInputStream in, DataOutputStream out) throws IOException {
    byte[] start = PostgresFrames.body(in);
    if (code(start) == PostgresFrames.SSL_REQUEST) {
      out.write('N');
      out.flush();
      start = PostgresFrames.body(in);
    }
    if (code(start) != PostgresFrames.PROTOCOL_3_0) {
      error(out, "08P01", "protocol 3.0 is required");
      out.flush();
      throw new IOException("unsupported protocol " + code(start));
    }
    frame(out, 'R', new byte[4]);
    frame(out, 'S', "server_version\00017.0 (tethys demo)\0".getBytes(StandardCharsets.UTF_8));
    frame(out, 'S', "client_encoding\0UTF8\0".getBytes(StandardCharsets.UTF_8));
    frame(out, 'Z', new byte[] {'I'});
    out.flush();
  }

  private static int code(byte[] start) {
    return start.length < 4 ? 0 : java.nio.ByteBuffer.wrap(start).getInt();
  }

  private void query(String sql, DataOutputStream out) throws IOException {
    Matcher m = BY_NAME.matcher(sql);
    if (m.matches()) {
      String category = m.group(1);
      String name = m.group(2).toLowerCase(Locale.ROOT);
      if (faults.isOn(Fault.SLOW_QUERY) && category.equals("telescopes")) {
        pause(SCAN_MILLIS);
      }
      select(
          p -> p.category().equals(category) && p.name().toLowerCase(Locale.ROOT).contains(name),
          out);
      return;
    }
    m = BY_CATEGORY.matcher(sql);
    if (m.matches()) {
      String category = m.group(1);
      select(p -> p.category().equals(category), out);
      return;
    }
    m = BY_ID.matcher(sql);
    if (m.matches()) {
      String id = m.group(1);
      select(p -> p.id().equals(id), out);
      return;
    }
    if (SHIPMENT.matcher(sql).matches()) {
      shipments.incrementAndGet();
      frame(out, 'C', zeroEnded("INSERT 0 1"));
      return;
    }
    error(out, "0A000", "statement is not one of the shop's");
  }

  private static void select(Predicate<Product> where, DataOutputStream out) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream h = new DataOutputStream(header);
    h.writeShort(3);
    for (String column : List.of("id", "name", "price")) {
      h.write(zeroEnded(column));
      h.writeInt(0); // table
      h.writeShort(0); // column of it
      h.writeInt(25); // text
      h.writeShort(-1); // variable length
      h.writeInt(-1); // no modifier
      h.writeShort(0); // text format
    }
    frame(out, 'T', header.toByteArray());
    int rows = 0;
    for (Product p : Product.ALL) {
      if (where.test(p)) {
        rows++;
        ByteArrayOutputStream row = new ByteArrayOutputStream();
        DataOutputStream r = new DataOutputStream(row);
        r.writeShort(3);
        for (String value : List.of(p.id(), p.name(), Integer.toString(p.cents()))) {
          byte[] b = value.getBytes(StandardCharsets.UTF_8);
          r.writeInt(b.length);
          r.write(b);
        }
        frame(out, 'D', row.toByteArray());
      }
    }
    pause(1);
    frame(out, 'C', zeroEnded("SELECT " + rows));
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void error(DataOutputStream out, String code, String message) throws IOException {
    frame(
        out, 'E', ("SERROR\0C" + code + "\0M" + message + "\0\0").getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] zeroEnded(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static void frame(DataOutputStream out, char type, byte @Nullable [] body)
      throws IOException {
    byte[] b = body == null ? new byte[0] : body;
    out.write(type);
    out.writeInt(b.length + 4);
    out.write(b);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

package dev.tethys.collect.host.internal.bus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A bus with systemd and logind on it, which report what a test sets. The real node_exporter reads
 * it too, by a client that is not ours.
 */
public final class BusDouble implements AutoCloseable {
  private static final String UNIT = "/org/freedesktop/systemd1/unit/";
  private static final String OK = "OK 1234deadbeef1234deadbeef12345678";
  private final ServerSocketChannel server;
  private final Map<String, Object> properties = new ConcurrentHashMap<>();
  private final List<String[]> units = new CopyOnWriteArrayList<>();
  private final List<String[]> sessions = new CopyOnWriteArrayList<>();

  /** Listens there. */
  public BusDouble(Path socket) throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(this::accept);
  }

  /** A property of systemd itself. */
  public BusDouble manager(String name, Object value) {
    properties.put("org.freedesktop.systemd1.Manager." + name, value);
    return this;
  }

  /** A unit; then names of properties with their values. */
  public BusDouble unit(String name, String load, String state, Object... more) {
    String path = UNIT + escaped(name);
    units.add(new String[] {name, load, state, path});
    for (int i = 0; i < more.length; i += 2) {
      properties.put(path + " org.freedesktop.systemd1." + more[i], more[i + 1]);
    }
    return this;
  }

  /** A session of logind. */
  public BusDouble session(String id, String seat, boolean remote, String type, String kind) {
    String path = "/org/freedesktop/login1/session/_3" + id;
    sessions.add(new String[] {id, seat, path});
    String of = path + " org.freedesktop.login1.Session.";
    properties.put(of + "Remote", remote);
    properties.put(of + "Type", type);
    properties.put(of + "Class", kind);
    return this;
  }

  private static String escaped(String name) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
      boolean digit = c >= '0' && c <= '9' && i > 0;
      out.append(letter || digit ? String.valueOf(c) : "_%02x".formatted((int) c));
    }
    return out.toString();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel c = server.accept();
        Thread.ofVirtual().start(() -> serve(c));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(SocketChannel c) {
    try (c) {
      InputStream in = Channels.newInputStream(c);
      OutputStream out = Channels.newOutputStream(c);
      in.read(); // the zero in front
      for (String line = line(in); !line.equals("BEGIN"); line = line(in)) {
        String answer =
            switch (line.split(" ", -1)[0]) {
              case "AUTH" ->
                  line.equals("AUTH")
                      ? "REJECTED EXTERNAL"
                      : line.equals("AUTH EXTERNAL") ? "DATA" : OK;
              case "DATA" -> OK;
              default -> "ERROR";
            };
        out.write((answer + "\r\n").getBytes(StandardCharsets.US_ASCII));
      }
      while (true) {
        byte[] head = in.readNBytes(16);
        if (head.length < 16) {
          return;
        }
        message(head, in, out);
      }
    } catch (IOException e) {
      // the client has gone
    }
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("gone");
      }
      line.write(b);
    }
    return line.toString(StandardCharsets.US_ASCII).strip();
  }

  private void message(byte[] head, InputStream in, OutputStream out) throws IOException {
    ByteOrder order = head[0] == 'l' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    BusReader h = new BusReader(head, order);
    int fields = (int) h.unsigned(12);
    int padded = fields + 7 & ~7;
    byte[] rest = in.readNBytes(padded + (int) h.unsigned(4));
    String path = "";
    String member = "";
    String signature = "";
    BusReader f = new BusReader(Arrays.copyOf(rest, fields), order);
    while (f.hasMore()) {
      List<?> pair = (List<?>) f.read("(yv)").getFirst();
      switch (((Long) pair.getFirst()).intValue()) {
        case 1 -> path = (String) pair.get(1);
        case 3 -> member = (String) pair.get(1);
        case 8 -> signature = (String) pair.get(1);
        default -> {
          // who is asked
        }
      }
    }
    List<Object> arguments =
        new BusReader(Arrays.copyOfRange(rest, padded, rest.length), order).read(signature);
    BusWriter body = new BusWriter();
    String kind = answer(path, member, arguments, body);
    BusWriter m = new BusWriter();
    m.bytes('l', kind.isEmpty() ? 3 : 2, 1, 1);
    m.number(body.size());
    m.number(7);
    BusWriter heads = new BusWriter();
    heads.bytes(5, 1, 'u', 0);
    heads.number((int) h.unsigned(8));
    if (kind.isEmpty()) {
      heads.field(4, "s", "org.freedesktop.DBus.Error.UnknownProperty");
    } else {
      heads.field(8, "g", kind);
    }
    m.number(heads.size());
    m.append(heads);
    m.align(8);
    m.append(body);
    out.write(m.toByteArray());
  }

  /** Writes what a call gives; the signature of that, none for a refusal. */
  private String answer(String path, String member, List<Object> arguments, BusWriter out) {
    switch (member) {
      case "Hello" -> {
        out.text(":1.7");
        return "s";
      }
      case "ListUnits" -> {
        array(
            out,
            units.stream()
                .map(
                    u ->
                        (Object[])
                            new Object[] {
                              u[0], "about " + u[0], u[1], u[2], "sub", "", u[3], 0, "", "/"
                            })
                .toList());
        return "a(ssssssouso)";
      }
      case "ListSeats" -> {
        array(out, List.<Object[]>of(new Object[] {"seat0", "/org/freedesktop/login1/seat/seat0"}));
        return "a(so)";
      }
      case "ListSessions" -> {
        array(
            out,
            sessions.stream()
                .map(s -> (Object[]) new Object[] {s[0], 1000, "user", s[1], s[2]})
                .toList());
        return "a(susso)";
      }
      case "Get" -> {
        String name = arguments.get(0) + "." + arguments.get(1);
        Object v = properties.get(name.contains(".Manager.") ? name : path + " " + name);
        if (v == null) {
          return "";
        }
        variant(out, v);
        return "v";
      }
      default -> {
        return "";
      }
    }
  }

  private static void array(BusWriter out, List<Object[]> rows) {
    BusWriter all = new BusWriter();
    for (Object[] row : rows) {
      all.align(8);
      for (Object v : row) {
        if (v instanceof Integer n) {
          all.number(n);
        } else {
          all.text((String) v);
        }
      }
    }
    out.number(all.size());
    out.align(8);
    out.append(all);
  }

  private static void variant(BusWriter out, Object v) {
    char kind =
        switch (v) {
          case String s -> 's';
          case Boolean b -> 'b';
          case Integer n -> 'u';
          default -> 't';
        };
    out.bytes(1, kind, 0);
    switch (v) {
      case String s -> out.text(s);
      case Boolean b -> out.number(b ? 1 : 0);
      case Integer n -> out.number(n);
      default -> {
        out.align(8);
        long n = (Long) v;
        out.number((int) n);
        out.number((int) (n >>> 32));
      }
    }
  }

  /** Names of units, for a test that requires them. */
  public List<String> names() {
    return new ArrayList<>(units.stream().map(u -> u[0]).toList());
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

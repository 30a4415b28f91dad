package dev.tethys.collect.host.internal.bus;

import dev.tethys.model.DeadlineTimer;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.URLDecoder;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the system's bus, or past it to one service
 * (https://dbus.freedesktop.org/doc/dbus-specification.html). It sends a request and waits for the
 * response; other messages are skipped. Not thread-safe; used for one scrape.
 *
 * <p>Bounds: it is closed when its time is up, which ends any call in progress, and a message has
 * at most 16 MiB, a bus's own bound being 128.
 */
public final class SystemBus implements AutoCloseable {
  private static final String USUAL = "/run/dbus/system_bus_socket";
  private static final String OLD = "/var/run/dbus/system_bus_socket";
  private static final int MAX_MESSAGE = 16 << 20;
  private static final int MAX_LINE = 4096;
  private static final int CALL = 1;
  private static final int RETURN = 2;
  private static final int ERROR = 3;
  private static final int PATH = 1;
  private static final int INTERFACE = 2;
  private static final int MEMBER = 3;
  private static final int ERROR_NAME = 4;
  private static final int REPLY_TO = 5;
  private static final int DESTINATION = 6;
  private static final int SIGNATURE = 8;

  private final SocketChannel channel;
  private final InputStream in;
  private final OutputStream out;
  private final boolean direct;
  private final DeadlineTimer alarm;
  private int serial;

  private SystemBus(SocketChannel channel, boolean direct, Duration timeLimit) {
    this.channel = channel;
    this.in = Channels.newInputStream(channel);
    this.out = Channels.newOutputStream(channel);
    this.direct = direct;
    this.alarm = DeadlineTimer.closing(channel, System.nanoTime() + timeLimit.toNanos());
  }

  /**
   * Connects to the bus.
   *
   * @param address address in the format of {@code DBUS_SYSTEM_BUS_ADDRESS}, or {@code ""} for the
   *     default location
   */
  public static SystemBus connect(String address, Duration timeLimit) throws IOException {
    SystemBus b = open(path(address), false, timeLimit);
    try {
      b.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello");
      return b;
    } catch (IOException | RuntimeException e) {
      b.close();
      throw e;
    }
  }

  /** Connects to a service that listens itself, which only root may do. */
  public static SystemBus direct(Path socket, Duration timeLimit) throws IOException {
    return open(socket, true, timeLimit);
  }

  private static Path path(String address) throws IOException {
    if (address.isEmpty()) {
      Path usual = Path.of(USUAL);
      return Files.exists(usual) ? usual : Path.of(OLD);
    }
    for (String one : address.split(";", -1)) {
      if (one.startsWith("unix:")) {
        for (String pair : one.substring(5).split(",", -1)) {
          if (pair.startsWith("path=")) {
            return Path.of(
                URLDecoder.decode(pair.substring(5).replace("+", "%2B"), StandardCharsets.UTF_8));
          }
        }
      }
    }
    throw new IOException(
        "the bus at " + address + " has no unix:path=, the only supported transport");
  }

  private static SystemBus open(Path socket, boolean direct, Duration timeLimit)
      throws IOException {
    SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      c.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      c.close();
      throw new IOException("dial unix " + socket + ": " + e.getMessage(), e);
    }
    SystemBus b = new SystemBus(c, direct, timeLimit);
    try {
      b.login();
      return b;
    } catch (IOException | RuntimeException e) {
      b.close();
      throw e;
    }
  }

  /** Authenticates by the process's user, which the kernel passes to the peer. */
  private void login() throws IOException {
    Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    String hex = HexFormat.of().formatHex(String.valueOf(uid).getBytes(StandardCharsets.US_ASCII));
    out.write(("\0AUTH EXTERNAL " + hex + "\r\n").getBytes(StandardCharsets.US_ASCII));
    String answer = line();
    if (!answer.startsWith("OK ")) {
      throw new IOException("the bus rejected the login: " + answer);
    }
    out.write("BEGIN\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = read(); b != '\n'; b = read()) {
      if (line.size() == MAX_LINE) {
        throw new IOException("the socket is not a D-Bus");
      }
      line.write(b);
    }
    return line.toString(StandardCharsets.UTF_8).strip();
  }

  private int read() throws IOException {
    int b;
    try {
      b = in.read();
    } catch (IOException e) {
      throw named(e);
    }
    if (b < 0) {
      throw named(new EOFException("the bus closed the connection"));
    }
    return b;
  }

  private byte[] read(int n) throws IOException {
    byte[] b;
    try {
      b = in.readNBytes(n);
    } catch (IOException e) {
      throw named(e);
    }
    if (b.length < n) {
      throw named(new EOFException("the bus closed the connection"));
    }
    return b;
  }

  private IOException named(IOException e) {
    return alarm.hasRung() ? new SocketTimeoutException("the bus does not answer in time") : e;
  }

  /** Returns a property of an object. */
  public Object property(String service, String path, String of, String name) throws IOException {
    List<Object> answer = call(service, path, "org.freedesktop.DBus.Properties", "Get", of, name);
    if (answer.isEmpty()) {
      throw new IOException("the bus: a response without a value of " + name);
    }
    return answer.getFirst();
  }

  /**
   * Calls a method and waits for the result.
   *
   * @param texts string arguments of the method
   * @throws BusException if the peer returns an error
   */
  public List<Object> call(String service, String path, String of, String method, String... texts)
      throws IOException {
    int number = ++serial;
    BusWriter body = new BusWriter();
    for (String t : texts) {
      body.text(t);
    }
    BusWriter m = new BusWriter();
    m.bytes('l', CALL, 0, 1);
    m.number(body.size());
    m.number(number);
    BusWriter fields = new BusWriter();
    fields.field(PATH, "o", path);
    fields.field(INTERFACE, "s", of);
    fields.field(MEMBER, "s", method);
    if (!direct) {
      fields.field(DESTINATION, "s", service);
    }
    if (texts.length > 0) {
      fields.field(SIGNATURE, "g", "s".repeat(texts.length));
    }
    m.number(fields.size());
    m.append(fields);
    m.align(8);
    m.append(body);
    try {
      out.write(m.toByteArray());
    } catch (IOException e) {
      throw named(e);
    }
    while (true) {
      List<Object> answer = answer(number);
      if (answer != null) {
        return answer;
      }
    }
  }

  private @Nullable List<Object> answer(int number) throws IOException {
    byte[] head = read(16);
    ByteOrder order = head[0] == 'l' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    BusReader h = new BusReader(head, order);
    long body = h.unsigned(4);
    long fields = h.unsigned(12);
    if (body + fields > MAX_MESSAGE) {
      throw new IOException("the bus: a message of " + (body + fields) + " bytes");
    }
    int padded = (int) (fields + 7 & ~7L);
    byte[] rest = read(padded + (int) body);
    BusReader f = new BusReader(Arrays.copyOf(rest, (int) fields), order);
    long replyTo = 0;
    String signature = "";
    String error = "";
    while (f.hasMore()) {
      List<Object> field = f.read("(yv)");
      if (field.getFirst() instanceof List<?> pair && pair.getFirst() instanceof Number n) {
        Object v = pair.get(1);
        switch (n.intValue()) {
          case REPLY_TO -> replyTo = v instanceof Number r ? r.longValue() : 0;
          case SIGNATURE -> signature = String.valueOf(v);
          case ERROR_NAME -> error = String.valueOf(v);
          default -> {
            // sender and destination
          }
        }
      }
    }
    int kind = head[1];
    if (kind != RETURN && kind != ERROR || replyTo != number) {
      return null;
    }
    List<Object> values =
        new BusReader(Arrays.copyOfRange(rest, padded, rest.length), order).read(signature);
    if (kind == ERROR) {
      throw new BusException(error, values.isEmpty() ? "" : String.valueOf(values.getFirst()));
    }
    return values;
  }

  @Override
  public void close() {
    alarm.close();
    try {
      channel.close();
    } catch (IOException e) {
      // no caller needs its result
    }
  }
}

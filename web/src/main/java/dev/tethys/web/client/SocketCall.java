package dev.tethys.web.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 over connections that the JDK's client does not make (Unix sockets, some proxies): one
 * request a connection (RFC 9112, {@code Connection: close}).
 */
final class SocketCall {
  /** The longest line, and with it the longest header, in bytes. */
  static final int MAX_LINE = 64 << 10;

  /** The most headers of an answer. */
  static final int MAX_HEADERS = 1000;

  private SocketCall() {}

  /** The status and headers of an answer. */
  record Head(int status, Map<String, List<String>> headers) {}

  /**
   * @param target what is asked for: path and query, or the whole URL when a proxy is asked
   */
  static Answer send(
      Call call,
      String target,
      Map<String, List<String>> headers,
      Wire.Dialer dialer,
      Duration timeout,
      ScheduledExecutorService timer)
      throws IOException {
    AtomicReference<@Nullable Closeable> socket = new AtomicReference<>();
    AtomicBoolean late = new AtomicBoolean();
    // Closing is how a blocked socket is told that its time is up.
    ScheduledFuture<?> alarm =
        timer.schedule(
            () -> {
              late.set(true);
              close(socket.get());
            },
            timeout.toNanos(),
            TimeUnit.NANOSECONDS);
    try {
      Wire wire = dialer.dial(socket::set);
      wire.out().write(request(call, target, headers));
      wire.out().flush();
      InputStream in = new BufferedInputStream(wire.in(), 8192);
      return read(in, call.method(), wire.socket());
    } catch (IOException e) {
      close(socket.get());
      if (late.get()) {
        throw new HttpTimeoutException("context deadline exceeded");
      }
      throw e;
    } finally {
      alarm.cancel(false);
    }
  }

  private static void close(@Nullable Closeable socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      // it is over anyway
    }
  }

  private static byte[] request(Call call, String target, Map<String, List<String>> headers)
      throws IOException {
    StringBuilder sb = new StringBuilder();
    sb.append(call.method()).append(' ').append(target).append(" HTTP/1.1\r\n");
    sb.append("Host: ").append(call.uri().getRawAuthority()).append("\r\n");
    for (Map.Entry<String, List<String>> h : headers.entrySet()) {
      for (String v : h.getValue()) {
        if ((h.getKey() + v).chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7f)) {
          throw new IOException("a header cannot be sent: " + h.getKey());
        }
        sb.append(h.getKey()).append(": ").append(v).append("\r\n");
      }
    }
    byte[] body = call.body() == null ? new byte[0] : call.body();
    if (body.length > 0) {
      sb.append("Content-Length: ").append(body.length).append("\r\n");
    }
    sb.append("Connection: close\r\n\r\n");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(sb.toString().getBytes(StandardCharsets.UTF_8));
    out.writeBytes(body);
    return out.toByteArray();
  }

  private static Answer read(InputStream in, String method, Closeable socket) throws IOException {
    Head head = readHead(in);
    int status = head.status();
    Map<String, List<String>> headers = head.headers();
    InputStream body;
    List<String> lengths = headers.getOrDefault("Content-Length", List.of());
    String coding = String.join(",", headers.getOrDefault("Transfer-Encoding", List.of()));
    if (method.equals("HEAD") || status == 204 || status == 304) {
      body = InputStream.nullInputStream();
    } else if (coding.toLowerCase(Locale.ROOT).contains("chunked")) {
      body = new Chunked(in);
    } else if (!lengths.isEmpty()) {
      try {
        body = new Sized(in, Long.parseLong(lengths.getFirst().strip()));
      } catch (NumberFormatException e) {
        throw new IOException("malformed Content-Length \"" + lengths.getFirst() + "\"", e);
      }
    } else {
      body = in;
    }
    return new Answer(
        status,
        headers,
        new FilterInputStream(body) {
          @Override
          public void close() throws IOException {
            socket.close();
          }
        });
  }

  /** Reads the status and headers of an answer; its body is next. */
  static Head readHead(InputStream in) throws IOException {
    int status;
    Map<String, List<String>> headers;
    do {
      String line = line(in);
      String[] parts = line.split(" ", 3);
      if (parts.length < 2 || !parts[0].startsWith("HTTP/1.") || !parts[1].matches("[1-5]\\d\\d")) {
        throw new IOException("malformed HTTP response \"" + line + "\"");
      }
      status = Integer.parseInt(parts[1]);
      headers = headers(in);
    } while (status / 100 == 1);
    return new Head(status, headers);
  }

  private static Map<String, List<String>> headers(InputStream in) throws IOException {
    Map<String, List<String>> out = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (int n = 0; ; n++) {
      String line = line(in);
      if (line.isEmpty()) {
        return out;
      }
      int colon = line.indexOf(':');
      if (colon <= 0) {
        throw new IOException("malformed header \"" + line + "\"");
      }
      if (n == MAX_HEADERS) {
        throw new IOException("more than " + MAX_HEADERS + " headers");
      }
      out.computeIfAbsent(line.substring(0, colon), k -> new ArrayList<>())
          .add(line.substring(colon + 1).strip());
    }
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (true) {
      int c = in.read();
      if (c < 0) {
        throw new IOException("unexpected EOF");
      }
      if (c == '\n') {
        String s = out.toString(StandardCharsets.ISO_8859_1);
        return s.endsWith("\r") ? s.substring(0, s.length() - 1) : s;
      }
      if (out.size() == MAX_LINE) {
        throw new IOException("a header is longer than " + MAX_LINE + " bytes");
      }
      out.write(c);
    }
  }

  /** A body whose length was told, or a part of one. */
  private static class Sized extends InputStream {
    final InputStream in;
    long left;

    Sized(InputStream in, long length) {
      this.in = in;
      this.left = length;
    }

    /** Sets how much comes next, once nothing is left; false at the end. */
    boolean next() throws IOException {
      return false;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      if (left <= 0 && !next()) {
        return -1;
      }
      int n = in.read(b, off, (int) Math.min(len, left));
      if (n < 0) {
        throw new IOException("unexpected EOF");
      }
      left -= n;
      return n;
    }
  }

  /** A body in chunks; trailers are read past. */
  private static final class Chunked extends Sized {
    private boolean first = true;
    private boolean ended;

    Chunked(InputStream in) {
      super(in, 0);
    }

    @Override
    boolean next() throws IOException {
      if (ended) {
        return false;
      }
      if (!first && !line(in).isEmpty()) {
        throw new IOException("malformed chunked encoding");
      }
      first = false;
      String size = line(in);
      int semi = size.indexOf(';');
      try {
        left = Long.parseLong((semi < 0 ? size : size.substring(0, semi)).strip(), 16);
      } catch (NumberFormatException e) {
        throw new IOException("malformed chunked encoding", e);
      }
      if (left < 0) {
        throw new IOException("malformed chunked encoding");
      }
      if (left == 0) {
        ended = true;
        headers(in);
      }
      return !ended;
    }
  }
}

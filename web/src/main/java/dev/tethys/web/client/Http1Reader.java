package dev.tethys.web.client;

import dev.tethys.model.log.LogText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reader of the lines and headers of HTTP/1.1 responses. Reads ahead on a connection with a bounded
 * buffer.
 */
final class Http1Reader {
  /** The longest line, and with it the longest header, in bytes. */
  static final int MAX_LINE = 64 << 10;

  /** The maximum number of headers of a response. */
  static final int MAX_HEADERS = 1000;

  /** The maximum number of bytes of all headers of a response, and of its trailers. */
  static final int MAX_HEAD = 1 << 20;

  /** Maximum number of interim responses, such as 103, before a response. */
  private static final int MAX_INTERIM = 16;

  /** Number of characters of a malformed line that errors show. */
  static final int SHOWN = 200;

  private static final int BUFFER = 8 << 10;

  /** The status and headers of a response. */
  record Head(String version, int status, TreeMap<String, List<String>> headers) {}

  /** The connection ended before any response, or its first bytes are not a response. */
  static final class Stale extends IOException {
    private static final long serialVersionUID = 1L;

    Stale(@Nullable IOException cause) {
      super("EOF", cause);
    }

    Stale(String message) {
      super(message);
    }
  }

  private final InputStream in;
  private final byte[] buf;
  private int at;
  private int end;

  Http1Reader(InputStream in) {
    this(in, BUFFER);
  }

  Http1Reader(InputStream in, int ahead) {
    this.in = in;
    this.buf = new byte[ahead];
  }

  boolean hasMore() {
    return at < end;
  }

  /** Reads the status and headers of a response; its body is next. */
  static Head readHead(InputStream in) throws IOException {
    return new Http1Reader(in, 1).head();
  }

  /** Waits until the peer has sent data, or has closed the connection. */
  boolean hasSome() {
    try {
      return hasMore() || fill();
    } catch (IOException e) {
      return false;
    }
  }

  private boolean fill() throws IOException {
    at = 0;
    end = Math.max(0, in.read(buf, 0, buf.length));
    return end > 0;
  }

  /** Returns the number of bytes that were read ahead. */
  int buffered() {
    return end - at;
  }

  int read(byte[] b, int offset, int length) throws IOException {
    if (at == end) {
      return in.read(b, offset, length);
    }
    int n = Math.min(length, end - at);
    System.arraycopy(buf, at, b, offset, n);
    at += n;
    return n;
  }

  Head head() throws IOException {
    try {
      if (!hasMore() && !fill()) {
        throw new Stale((IOException) null);
      }
    } catch (ClosedByInterruptException | Stale e) {
      throw e;
    } catch (IOException e) {
      throw new Stale(e);
    }
    String version;
    int status;
    TreeMap<String, List<String>> headers;
    int interim = -1;
    do {
      if (++interim > MAX_INTERIM) {
        throw new IOException("more than " + MAX_INTERIM + " interim answers");
      }
      String line = line();
      String[] parts = line.split(" ", 3);
      if (parts.length < 2 || !parts[0].startsWith("HTTP/1.") || !isStatus(parts[1])) {
        throw new Stale("malformed HTTP response \"" + LogText.cut(line, SHOWN) + "\"");
      }
      version = parts[0];
      status = Integer.parseInt(parts[1]);
      headers = headers();
    } while (status / 100 == 1);
    return new Head(version, status, headers);
  }

  private static boolean isStatus(String s) {
    return s.length() == 3
        && s.charAt(0) >= '1'
        && s.charAt(0) <= '5'
        && isDigit(s.charAt(1))
        && isDigit(s.charAt(2));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  TreeMap<String, List<String>> headers() throws IOException {
    TreeMap<String, List<String>> out = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    int bytes = 0;
    for (int n = 0; ; n++) {
      String line = line();
      bytes += line.length();
      if (bytes > MAX_HEAD) {
        throw new IOException("the headers are longer than " + MAX_HEAD + " bytes");
      }
      if (line.isEmpty()) {
        return out;
      }
      int colon = line.indexOf(':');
      if (colon <= 0) {
        throw new IOException("malformed header \"" + LogText.cut(line, SHOWN) + "\"");
      }
      if (n == MAX_HEADERS) {
        throw new IOException("more than " + MAX_HEADERS + " headers");
      }
      out.computeIfAbsent(line.substring(0, colon), k -> new ArrayList<>(1))
          .add(line.substring(colon + 1).strip());
    }
  }

  String line() throws IOException {
    ByteArrayOutputStream before = null; // what came in earlier buffers
    while (true) {
      for (int i = at; i < end; i++) {
        if (buf[i] == '\n') {
          String s;
          if (before == null) {
            s = new String(buf, at, i - at, StandardCharsets.ISO_8859_1);
          } else {
            before.write(buf, at, i - at);
            s = before.toString(StandardCharsets.ISO_8859_1);
          }
          at = i + 1;
          return s.endsWith("\r") ? s.substring(0, s.length() - 1) : s;
        }
      }
      if (before == null) {
        before = new ByteArrayOutputStream();
      }
      before.write(buf, at, end - at);
      if (before.size() > MAX_LINE) {
        throw new IOException("a header is longer than " + MAX_LINE + " bytes");
      }
      if (!fill()) {
        throw new IOException("unexpected EOF");
      }
    }
  }
}

package dev.tethys.web.client;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Response of a server whose body is read from the connection on demand. Must be closed, read or
 * not: closing returns the connection to the pool or closes it.
 */
public final class ClientResponse implements AutoCloseable {
  private final int status;
  private final Map<String, List<String>> headers;
  private final InputStream body;

  ClientResponse(int status, Map<String, List<String>> headers, InputStream body) {
    this(status, ordered(headers), body);
  }

  /**
   * Creates a response.
   *
   * @param headers headers by case-insensitive name
   */
  ClientResponse(int status, TreeMap<String, List<String>> headers, InputStream body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  private static TreeMap<String, List<String>> ordered(Map<String, List<String>> headers) {
    TreeMap<String, List<String>> m = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach(m::putIfAbsent);
    return m;
  }

  public int status() {
    return status;
  }

  /** Returns the first value of a header, or null; names are case-insensitive. */
  public @Nullable String header(String name) {
    List<String> v = headers.get(name);
    return v == null || v.isEmpty() ? null : v.getFirst();
  }

  /** Returns the first value of a header, or a default. */
  public String header(String name, String otherwise) {
    String v = header(name);
    return v == null ? otherwise : v;
  }

  /** Returns all headers; names are case-insensitive. */
  public Map<String, List<String>> headers() {
    return headers;
  }

  /**
   * Returns the raw body, in its Content-Encoding. Reading fails once the time of the call is up.
   */
  public InputStream body() {
    return body;
  }

  /**
   * Returns the body decompressed from gzip.
   *
   * @param maxBytes reading more throws a {@link TooLargeException}
   */
  public InputStream decoded(long maxBytes) throws IOException {
    String encoding = header("Content-Encoding", "identity").strip().toLowerCase(Locale.ROOT);
    InputStream in =
        switch (encoding) {
          case "", "identity" -> body;
          case "gzip", "x-gzip" -> new GZIPInputStream(body, 8192);
          default ->
              throw new IOException("content encoding \"" + encoding + "\" is not supported");
        };
    return new Limited(in, maxBytes);
  }

  /** Reads the whole body, decompressed from gzip. */
  public byte[] bytes(int maxBytes) throws IOException {
    try (InputStream in = decoded(maxBytes)) {
      return in.readAllBytes();
    }
  }

  /** Returns the start of the body as trimmed text; "" if it cannot be read. */
  public String errorText(int maxBytes) {
    return start(maxBytes).strip();
  }

  /** Returns the first line of the body, trimmed; "" if it cannot be read. */
  public String errorLine(int maxBytes) {
    return start(maxBytes).lines().findFirst().orElse("").strip();
  }

  private String start(int maxBytes) {
    try {
      return new String(body.readNBytes(maxBytes), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException e) {
      // the body is not read further
    }
  }

  /** Signals that a body is larger than the caller's limit. */
  public static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1L;

    TooLargeException(long maxBytes) {
      super("the body is larger than " + maxBytes + " bytes");
    }
  }

  private static final class Limited extends FilterInputStream {
    private final long max;
    private long remaining;

    Limited(InputStream in, long max) {
      super(in);
      this.max = max;
      this.remaining = max;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int n = super.read(b, off, len);
      if (n > 0) {
        remaining -= n;
        if (remaining < 0) {
          throw new TooLargeException(max);
        }
      }
      return n;
    }
  }
}

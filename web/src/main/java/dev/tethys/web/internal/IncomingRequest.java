package dev.tethys.web.internal;

import dev.tethys.model.guard.ByteBudget;
import dev.tethys.web.BodyBuffer;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Params;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request as seen by handlers: limits on its body, parameters, values of its route, and its
 * authenticated user. Used by the thread of its handler only.
 */
public final class IncomingRequest implements HttpRequest {
  /** Body size that is not charged to the budget: most bodies are smaller. */
  private static final int FREE_BYTES = 64 << 10;

  /** Maximum allocation for a declared length before any byte has arrived. */
  private static final int MAX_FIRST_BYTES = 32 << 10;

  private static final int FIRST_BYTES = 8 << 10; // of a body whose length is not declared
  private static final long GROWTH = 4; // of a body whose length is declared

  private final WireRequest wire;
  private final ConnectionTimeouts.Exchange exchange;
  private String rawPath;
  private @Nullable String user;
  private Map<String, String> pathValues = Map.of();
  private @Nullable Params query;
  private @Nullable Params params;
  private @Nullable InputStream content;
  private ByteBudget.@Nullable Reservation reservation;

  IncomingRequest(WireRequest wire, ConnectionTimeouts.Exchange exchange) {
    this.wire = wire;
    this.exchange = exchange;
    this.rawPath = wire.rawPath();
    if (!wire.hasBody()) {
      exchange.bodyRead();
    }
  }

  /** Sets the path used for routing. */
  void rawPath(String path) {
    rawPath = path;
  }

  /** Waits until its connection is within the connection limit; false on timeout. */
  boolean awaitPlace() throws InterruptedException {
    return exchange.awaitPlace();
  }

  /** Sets the authenticated user. */
  void user(String name) {
    user = name;
  }

  /** Whether the body was read to its end. */
  boolean isBodyRead() {
    return exchange.isBodyRead();
  }

  /**
   * Whether its body can take a long time to decode. Calls of gRPC know it when they have read
   * their message.
   */
  boolean isLarge() {
    if (isBodyRead()) {
      return false;
    }
    long length = contentLength();
    if (length >= 0) {
      return BodyThreads.isLarge(length, header("Content-Encoding") != null);
    }
    String type = header("Content-Type");
    return type == null || !type.regionMatches(true, 0, "application/grpc", 0, 16);
  }

  /** Reads the rest of the body; returns false if it exceeds {@code maxBytes} bytes. */
  boolean drain(int maxBytes) {
    if (isBodyRead()) {
      return true;
    }
    if (wire.isContinueAwaited() || content == null && contentLength() > maxBytes) {
      return false;
    }
    try {
      InputStream in = content();
      byte[] chunk = new byte[8192];
      int remaining = maxBytes;
      while (remaining > 0) {
        int n = in.read(chunk);
        if (n < 0) {
          return true;
        }
        remaining -= n;
      }
      return false;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private InputStream content() {
    if (content == null) {
      content = wire.body();
    }
    return content;
  }

  /** Sets the values matched by the route, still percent-encoded. */
  public void matched(Map<String, String> values) {
    pathValues = values;
  }

  @Override
  public String method() {
    return wire.method();
  }

  @Override
  public String path() {
    return Params.decodePath(rawPath);
  }

  @Override
  public String rawPath() {
    return rawPath;
  }

  @Override
  public String rawQuery() {
    return wire.rawQuery();
  }

  @Override
  public String pathParam(String name) {
    String v = pathValues.get(name);
    if (v == null) {
      throw new IllegalArgumentException("the route has no {" + name + "}");
    }
    return Params.decodePath(v);
  }

  @Override
  public Params query() {
    if (query == null) {
      query = Params.parse(rawQuery());
    }
    return query;
  }

  @Override
  public Params params() throws IOException {
    if (params == null) {
      String type = header("Content-Type");
      boolean form =
          type != null
              && type.toLowerCase(Locale.ROOT).startsWith("application/x-www-form-urlencoded");
      params =
          form
              ? Params.parse(new String(bodyBytes(MAX_FORM_BYTES), StandardCharsets.UTF_8))
                  .and(query())
              : query();
    }
    return params;
  }

  @Override
  public @Nullable String header(String name) {
    return wire.header(name);
  }

  @Override
  public List<String> headers(String name) {
    return wire.headers(name);
  }

  @Override
  public Set<String> headerNames() {
    return wire.headerNames();
  }

  @Override
  public long contentLength() {
    return wire.contentLength();
  }

  @Override
  public InputStream body(long maxBytes) {
    if (contentLength() > maxBytes) {
      throw tooLarge(maxBytes);
    }
    if (content == null && isBodyRead()) {
      return InputStream.nullInputStream();
    }
    return new Body(content(), maxBytes);
  }

  private static HttpException tooLarge(long maxBytes) {
    return new HttpException(413, "the body of the request is larger than " + maxBytes + " bytes");
  }

  /**
   * Quadruples the buffer for each piece of a body whose length is declared, and reserves memory
   * from {@link #FREE_BYTES} on. The last piece has exactly the declared length, so that a body is
   * copied as rarely as possible without allocating memory for a merely declared length.
   */
  @Override
  public int bodyBytes(int maxBytes, BodyBuffer into) throws IOException {
    try (InputStream in = reservation().watched(body(maxBytes), exchange::closeConnection)) {
      long declared = contentLength();
      int first = declared < 0 ? FIRST_BYTES : (int) Math.min(declared, MAX_FIRST_BYTES);
      int n = in.readNBytes(into.ofSize(first, 0), 0, first);
      if (n < first) {
        return n;
      }
      while (true) {
        if (n == declared && wire.isBodyConsumed()) {
          return n;
        }
        long grown = declared > n ? Math.min(declared, GROWTH * n) : Math.max(FIRST_BYTES, 2L * n);
        int more = (int) Math.min(maxBytes + 1L, grown) - n;
        if (more <= 0) {
          throw tooLarge(maxBytes);
        }
        reserve(Math.clamp(n + (long) more - FREE_BYTES, 0, more));
        int got = in.readNBytes(into.ofSize(n + more, n), n, more);
        n += got;
        if (got < more) {
          return n;
        }
      }
    }
  }

  @Override
  public byte[] bodyBytes(int maxBytes) throws IOException {
    BodyBuffer buffer = new BodyBuffer();
    int n = bodyBytes(maxBytes, buffer);
    byte[] b = buffer.bytes();
    return n == b.length ? b : Arrays.copyOf(b, n);
  }

  @Override
  public void reserve(long bytes) {
    reservation().accept(bytes);
  }

  private ByteBudget.Reservation reservation() {
    ByteBudget.Reservation r = reservation;
    if (r == null) {
      r = ByteBudget.process().open();
      reservation = r;
    }
    return r;
  }

  @Override
  public void release() {
    if (reservation != null) {
      reservation.close();
    }
  }

  /** Counts bytes against the limit and reports the end. */
  private final class Body extends FilterInputStream {
    private final long maxBytes;
    private long remaining;

    Body(InputStream in, long maxBytes) {
      super(in);
      this.maxBytes = maxBytes;
      this.remaining = maxBytes;
    }

    /** Does not read the rest; {@link #drain} does. */
    @Override
    public void close() {}

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int n = 0;
      exchange.reading();
      try {
        n = in.read(b, off, len);
      } catch (HttpException e) {
        throw e;
      } catch (IOException | RuntimeException e) {
        throw new ClientGoneException(e);
      } finally {
        exchange.read(n);
      }
      if (n < 0) {
        exchange.bodyRead();
        return n;
      }
      if (wire.isBodyConsumed()) {
        exchange.bodyRead();
      }
      remaining -= n;
      if (remaining < 0) {
        throw tooLarge(maxBytes);
      }
      return n;
    }
  }

  @Override
  public String protocol() {
    return wire.protocol();
  }

  @Override
  public boolean isSecure() {
    return wire.isSecure();
  }

  @Override
  public String host() {
    return wire.host();
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return wire.remoteAddress();
  }

  @Override
  public InetSocketAddress localAddress() {
    return wire.localAddress();
  }

  @Override
  public List<X509Certificate> clientCertificates() {
    List<X509Certificate> out = new ArrayList<>();
    for (Certificate c : exchange.clientCertificates()) {
      if (c instanceof X509Certificate x) {
        out.add(x);
      }
    }
    return out;
  }

  @Override
  public Watch whenClientGone(Runnable action) {
    return exchange.onDisconnect(action);
  }

  @Override
  public boolean isClientGone() {
    return exchange.isClientGone();
  }

  @Override
  public @Nullable String user() {
    return user;
  }
}

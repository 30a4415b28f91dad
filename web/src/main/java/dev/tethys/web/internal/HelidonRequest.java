package dev.tethys.web.internal;

import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Params;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.webserver.http.ServerRequest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request as the HTTP engine gives it. Used by the thread of its handler only. */
public final class HelidonRequest implements HttpRequest {
  private static final long UNCLEAR = -2;

  private final ServerRequest request;
  private final SlowClients.Exchange exchange;
  private final boolean oldHttp;
  private final long length;
  private String rawPath;
  private @Nullable String user;
  private Map<String, String> pathValues = Map.of();
  private @Nullable Params query;
  private @Nullable Params params;
  private @Nullable InputStream content;

  public HelidonRequest(ServerRequest request, SlowClients.Exchange exchange) {
    this.request = request;
    this.exchange = exchange;
    this.oldHttp = OldHttp.SECRET.equals(header(OldHttp.MARK));
    this.rawPath = request.prologue().uriPath().rawPath();
    this.length = length(request.headers());
    if (!request.content().hasEntity() || length == 0) {
      exchange.bodyRead();
    }
  }

  /** Sets the path as routes see it. */
  void rawPath(String path) {
    rawPath = path;
  }

  /** Sets who authenticated. */
  void user(String name) {
    user = name;
  }

  /** Whether it came as HTTP/1.0, whose clients cannot read chunks. */
  boolean isOldHttp() {
    return oldHttp;
  }

  /** Whether no two readers could take its length differently: else requests hide in bodies. */
  boolean isLengthClear() {
    return length != UNCLEAR;
  }

  /** The length that the headers tell, -1 without one. Read here once: the engine's is slow. */
  private static long length(Headers headers) {
    if (!headers.contains(HeaderNames.CONTENT_LENGTH)) {
      return -1;
    }
    Header told = headers.get(HeaderNames.CONTENT_LENGTH);
    String digits = told.get();
    boolean two = told.valueCount() != 1 || headers.contains(HeaderNames.TRANSFER_ENCODING);
    if (two || digits.isEmpty() || digits.length() > 18) {
      return UNCLEAR;
    }
    long n = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9') {
        return UNCLEAR;
      }
      n = 10 * n + c - '0';
    }
    return n;
  }

  /** Whether the body was read to its end. */
  boolean isBodyRead() {
    return exchange.isBodyRead();
  }

  /** Reads what is left of the body; false when that is more than so many bytes. */
  boolean drain(int maxBytes) {
    if (isBodyRead()) {
      return true;
    }
    boolean waits = request.headers().contains(HeaderNames.EXPECT) && !request.continueSent();
    if (waits || content == null && contentLength() > maxBytes) {
      return false;
    }
    try {
      InputStream in = content();
      byte[] chunk = new byte[8192];
      int left = maxBytes;
      while (left > 0) {
        int n = in.read(chunk);
        if (n < 0) {
          return true;
        }
        left -= n;
      }
      return false;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private InputStream content() {
    if (content == null) {
      content = request.content().inputStream();
    }
    return content;
  }

  /** Sets what the route matched, still percent-encoded. */
  public void matched(Map<String, String> values) {
    pathValues = values;
  }

  @Override
  public String method() {
    return request.prologue().method().text();
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
    return request.prologue().query().rawValue();
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
    return request.headers().first(HeaderNames.create(name)).orElse(null);
  }

  @Override
  public List<String> headers(String name) {
    return request.headers().values(HeaderNames.create(name));
  }

  @Override
  public Set<String> headerNames() {
    Set<String> out = new LinkedHashSet<>();
    request.headers().forEach(h -> out.add(h.name()));
    out.remove(OldHttp.MARK);
    return out;
  }

  @Override
  public long contentLength() {
    return Math.max(-1, length);
  }

  @Override
  public InputStream body(long maxBytes) {
    if (contentLength() > maxBytes) {
      throw tooLarge(maxBytes);
    }
    if (isBodyRead()) {
      return InputStream.nullInputStream();
    }
    return new Body(content(), maxBytes);
  }

  private static HttpException tooLarge(long maxBytes) {
    return new HttpException(413, "the body of the request is larger than " + maxBytes + " bytes");
  }

  @Override
  public byte[] bodyBytes(int maxBytes) throws IOException {
    try (InputStream in = body(maxBytes)) {
      return in.readAllBytes();
    }
  }

  /** Counts bytes against the limit and tells when the end was reached. */
  private final class Body extends FilterInputStream {
    private final long maxBytes;
    private long left;

    Body(InputStream in, long maxBytes) {
      super(in);
      this.maxBytes = maxBytes;
      this.left = maxBytes;
    }

    /** Leaves the rest to {@link #drain}. */
    @Override
    public void close() {}

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int n;
      try {
        n = in.read(b, off, len);
      } catch (IOException | RuntimeException e) {
        throw new ClientGoneException(e);
      }
      if (n < 0) {
        exchange.bodyRead();
        return n;
      }
      left -= n;
      if (left < 0) {
        throw tooLarge(maxBytes);
      }
      return n;
    }
  }

  @Override
  public String protocol() {
    return oldHttp ? "HTTP/1.0" : "HTTP/" + request.prologue().protocolVersion();
  }

  @Override
  public boolean isSecure() {
    return request.isSecure();
  }

  @Override
  public String host() {
    return request.authority() == null ? "" : request.authority();
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return (InetSocketAddress) request.remotePeer().address();
  }

  @Override
  public InetSocketAddress localAddress() {
    return (InetSocketAddress) request.localPeer().address();
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
    return exchange.whenGone(action);
  }

  @Override
  public @Nullable String user() {
    return user;
  }
}

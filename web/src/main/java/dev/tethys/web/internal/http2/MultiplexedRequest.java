package dev.tethys.web.internal.http2;

import dev.tethys.web.internal.WireRequest;
import dev.tethys.web.internal.proxied.ProxiedAddress;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An HTTP/2 request from the engine. */
record MultiplexedRequest(ServerRequest request, StreamThreads threads) implements WireRequest {
  @Override
  public String method() {
    return request.prologue().method().text();
  }

  @Override
  public String rawPath() {
    return request.prologue().uriPath().rawPath();
  }

  @Override
  public String rawQuery() {
    return request.prologue().query().rawValue();
  }

  @Override
  public String protocol() {
    return "HTTP/2.0";
  }

  @Override
  public boolean isMultiplexed() {
    return true;
  }

  @Override
  public boolean isOldHttp() {
    return false;
  }

  @Override
  public String host() {
    return request.authority() == null ? "" : request.authority();
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
    return out;
  }

  @Override
  public long contentLength() {
    String header = header("Content-Length");
    if (header == null || header.isEmpty() || header.length() > 18) {
      return -1;
    }
    long n = 0;
    for (int i = 0; i < header.length(); i++) {
      char c = header.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      n = 10 * n + c - '0';
    }
    return n;
  }

  /** Frames delimit a body, regardless of headers. */
  @Override
  public boolean isLengthClear() {
    return true;
  }

  /**
   * The engine does not report this; a body of GET or HEAD has no meaning (RFC 9110 section 9.3.1).
   */
  @Override
  public boolean hasBody() {
    return contentLength() > 0
        || contentLength() < 0 && !method().equals("GET") && !method().equals("HEAD");
  }

  @Override
  public InputStream body() {
    return threads.body(request.content().inputStream());
  }

  @Override
  public boolean isContinueAwaited() {
    return request.headers().contains(HeaderNames.EXPECT) && !request.continueSent();
  }

  @Override
  public boolean isBodyConsumed() {
    return false;
  }

  @Override
  public boolean isSecure() {
    return request.isSecure();
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return ProxiedAddress.target(request.remotePeer().address());
  }

  @Override
  public InetSocketAddress localAddress() {
    return ProxiedAddress.target(request.localPeer().address());
  }
}

package dev.tethys.collect.exporter.jmx;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpPrincipal;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsExchange;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Request in the form that an {@link Authenticator} expects: headers, address, certificates, and
 * headers of the response that it may set. The response itself is determined by its result.
 */
final class PluginExchange extends HttpExchange {
  /** Maximum number of body bytes that it reads. */
  private static final long MAX_BODY = 1 << 20;

  /** Headers of the response's length and encoding. */
  private static final Set<String> FRAMING =
      Set.of("content-length", "transfer-encoding", "connection");

  private final HttpRequest request;
  private final Context context;
  private final Headers sent = new Headers();
  private final Headers answer = new Headers();
  private final Map<String, Object> attributes = new HashMap<>();
  private @Nullable InputStream body;

  PluginExchange(HttpRequest request, Context context) {
    this.request = request;
    this.context = context;
    for (String name : request.headerNames()) {
      request.headers(name).forEach(v -> sent.add(name, v));
    }
  }

  /** Returns the exchange, with its TLS session if it has one. */
  HttpExchange shown() {
    return request.isSecure() ? new Secured(this) : this;
  }

  /** Sets the response headers requested by the plugin. */
  void headersTo(HttpResponse r) {
    answer.forEach(
        (name, values) -> {
          if (!FRAMING.contains(name.toLowerCase(Locale.ROOT)) && values != null) {
            values.forEach(v -> r.addHeader(name, v));
          }
        });
  }

  @Override
  public Headers getRequestHeaders() {
    return sent;
  }

  @Override
  public Headers getResponseHeaders() {
    return answer;
  }

  @Override
  public URI getRequestURI() {
    String query = request.rawQuery();
    try {
      return new URI(query.isEmpty() ? request.rawPath() : request.rawPath() + "?" + query);
    } catch (URISyntaxException e) {
      throw new HttpException(400, "Bad Request");
    }
  }

  @Override
  public String getRequestMethod() {
    return request.method();
  }

  @Override
  public HttpContext getHttpContext() {
    return context;
  }

  @Override
  public void close() {}

  @Override
  public InputStream getRequestBody() {
    InputStream b = body;
    if (b == null) {
      b = request.body(MAX_BODY);
      body = b;
    }
    return b;
  }

  private static IllegalStateException notItsOwn() {
    return new IllegalStateException(
        "an authenticator responds by the result of authenticate(): a Failure or Retry with a status;"
            + " headers may be set");
  }

  @Override
  public OutputStream getResponseBody() {
    throw notItsOwn();
  }

  @Override
  public void sendResponseHeaders(int status, long length) throws IOException {
    throw notItsOwn();
  }

  @Override
  public void setStreams(@Nullable InputStream in, @Nullable OutputStream out) {
    throw notItsOwn();
  }

  @Override
  public InetSocketAddress getRemoteAddress() {
    return request.remoteAddress();
  }

  @Override
  public int getResponseCode() {
    return -1;
  }

  @Override
  public InetSocketAddress getLocalAddress() {
    return request.localAddress();
  }

  @Override
  public String getProtocol() {
    return request.protocol();
  }

  @Override
  public @Nullable Object getAttribute(String name) {
    Object own = attributes.get(name);
    return own != null ? own : context.getAttributes().get(name);
  }

  /** Sets an attribute for this request only: its identity is not visible to others. */
  @Override
  public void setAttribute(String name, @Nullable Object value) {
    if (value == null) {
      attributes.remove(name);
    } else {
      attributes.put(name, value);
    }
  }

  @Override
  public @Nullable HttpPrincipal getPrincipal() {
    return null; // this request determines the identity
  }

  /** Context that all requests share. */
  static final class Context extends HttpContext {
    private final Map<String, Object> attributes = new ConcurrentHashMap<>();

    private static UnsupportedOperationException ofTheJdk() {
      return new UnsupportedOperationException("the pages are not served by the JDK's HttpServer");
    }

    @Override
    public HttpHandler getHandler() {
      throw ofTheJdk();
    }

    @Override
    public void setHandler(HttpHandler handler) {
      throw ofTheJdk();
    }

    @Override
    public String getPath() {
      return "/";
    }

    @Override
    public HttpServer getServer() {
      throw ofTheJdk();
    }

    @Override
    public Map<String, Object> getAttributes() {
      return attributes;
    }

    @Override
    public List<Filter> getFilters() {
      return List.of();
    }

    @Override
    public Authenticator setAuthenticator(Authenticator other) {
      throw ofTheJdk();
    }

    @Override
    public @Nullable Authenticator getAuthenticator() {
      return null;
    }
  }

  /** The same over TLS. */
  private static final class Secured extends HttpsExchange {
    private final PluginExchange exchange;

    Secured(PluginExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public SSLSession getSSLSession() {
      return new PluginTlsSession(exchange.request.clientCertificates());
    }

    @Override
    public Headers getRequestHeaders() {
      return exchange.getRequestHeaders();
    }

    @Override
    public Headers getResponseHeaders() {
      return exchange.getResponseHeaders();
    }

    @Override
    public URI getRequestURI() {
      return exchange.getRequestURI();
    }

    @Override
    public String getRequestMethod() {
      return exchange.getRequestMethod();
    }

    @Override
    public HttpContext getHttpContext() {
      return exchange.getHttpContext();
    }

    @Override
    public void close() {
      exchange.close();
    }

    @Override
    public InputStream getRequestBody() {
      return exchange.getRequestBody();
    }

    @Override
    public OutputStream getResponseBody() {
      return exchange.getResponseBody();
    }

    @Override
    public void sendResponseHeaders(int status, long length) throws IOException {
      exchange.sendResponseHeaders(status, length);
    }

    @Override
    public InetSocketAddress getRemoteAddress() {
      return exchange.getRemoteAddress();
    }

    @Override
    public int getResponseCode() {
      return exchange.getResponseCode();
    }

    @Override
    public InetSocketAddress getLocalAddress() {
      return exchange.getLocalAddress();
    }

    @Override
    public String getProtocol() {
      return exchange.getProtocol();
    }

    @Override
    public @Nullable Object getAttribute(String name) {
      return exchange.getAttribute(name);
    }

    @Override
    public void setAttribute(String name, @Nullable Object value) {
      exchange.setAttribute(name, value);
    }

    @Override
    public void setStreams(@Nullable InputStream in, @Nullable OutputStream out) {
      exchange.setStreams(in, out);
    }

    @Override
    public @Nullable HttpPrincipal getPrincipal() {
      return exchange.getPrincipal();
    }
  }
}

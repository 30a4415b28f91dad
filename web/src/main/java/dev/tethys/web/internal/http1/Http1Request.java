package dev.tethys.web.internal.http1;

import dev.tethys.web.internal.AcceptedConnection;
import dev.tethys.web.internal.WireRequest;
import dev.tethys.web.internal.proxied.ProxiedAddress;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request of HTTP/1. */
final class Http1Request implements WireRequest {
  private final RequestHead head;
  private final Client client;
  private final RequestBody body;
  private final String path;
  private final String query;
  private boolean continueAwaited;

  /** Addresses of the client, the same for all requests of a connection. */
  record Client(InetSocketAddress remote, InetSocketAddress local, boolean secure) {
    static Client of(AcceptedConnection c) {
      return new Client(
          ProxiedAddress.target(c.remote()),
          ProxiedAddress.target(c.local()),
          c.socket().isSecure());
    }
  }

  Http1Request(RequestHead head, Client client, SocketInput in, Http1Response answer) {
    this.head = head;
    this.client = client;
    String target = head.target();
    int question = target.indexOf('?');
    this.path = question < 0 ? target : target.substring(0, question);
    this.query = question < 0 ? "" : target.substring(question + 1);
    long length = head.isChunked() ? -1 : Math.max(0, head.contentLength());
    String expected = length == 0 || head.isOldHttp() ? null : head.first("Expect");
    this.continueAwaited = "100-continue".equalsIgnoreCase(expected);
    this.body =
        new RequestBody(
            in,
            length,
            () -> {
              if (continueAwaited) {
                continueAwaited = false;
                answer.proceed();
              }
            });
  }

  @Override
  public String method() {
    return head.method();
  }

  @Override
  public String rawPath() {
    return path;
  }

  @Override
  public String rawQuery() {
    return query;
  }

  @Override
  public String protocol() {
    return head.isOldHttp() ? "HTTP/1.0" : "HTTP/1.1";
  }

  @Override
  public boolean isMultiplexed() {
    return false;
  }

  @Override
  public boolean isOldHttp() {
    return head.isOldHttp();
  }

  @Override
  public String host() {
    return head.authority();
  }

  @Override
  public @Nullable String header(String name) {
    return head.first(name);
  }

  @Override
  public List<String> headers(String name) {
    return head.all(name);
  }

  @Override
  public Set<String> headerNames() {
    return head.names();
  }

  @Override
  public long contentLength() {
    return head.contentLength();
  }

  @Override
  public boolean isLengthClear() {
    return head.isLengthClear();
  }

  @Override
  public boolean hasBody() {
    return !body.isEnded();
  }

  @Override
  public InputStream body() {
    return body;
  }

  @Override
  public boolean isContinueAwaited() {
    return continueAwaited;
  }

  @Override
  public boolean isBodyConsumed() {
    return body.isEnded();
  }

  @Override
  public boolean isSecure() {
    return client.secure();
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return client.remote();
  }

  @Override
  public InetSocketAddress localAddress() {
    return client.local();
  }
}

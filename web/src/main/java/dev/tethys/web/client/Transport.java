package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * One combination of TLS, proxy and HTTP version for connections. Rebuilds its engine when a TLS
 * file has changed; connections of the old one close after their last response.
 */
final class Transport {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");
  private static final long LOOK_MILLIS = 1000;

  /** Time within which a call starts to use its engine. */
  private static final Duration HANDED_OUT = Duration.ofSeconds(1);

  private final TlsConfig tls;
  private final Proxies proxies;
  private final boolean http2;
  private final ExecutorService executor;
  private final InstantSource clock;

  @GuardedBy("this")
  private @Nullable HttpClient engine;

  @GuardedBy("this")
  private Instant madeAt = Instant.MIN;

  @GuardedBy("this")
  private Http3Dialer.@Nullable Secured http3;

  @GuardedBy("this")
  private ClientTls.@Nullable Setup setup;

  @GuardedBy("this")
  private List<ClientTls.Stamp> stamps;

  @GuardedBy("this")
  private Instant checkedAt;

  @GuardedBy("this")
  private @Nullable String problem;

  Transport(
      TlsConfig tls, Proxies proxies, boolean http2, ExecutorService executor, InstantSource clock)
      throws IOException {
    this.tls = tls;
    this.proxies = proxies;
    this.http2 = http2;
    this.executor = executor;
    this.clock = clock;
    this.checkedAt = clock.instant();
    this.stamps = ClientTls.stamps(tls);
    // A configured value is invalid from the start or never. The system's trusted certificates are
    // some megabytes, which a process without TLS does not need.
    this.setup = tls.equals(TlsConfig.DEFAULT) ? null : ClientTls.setup(tls);
  }

  Proxies proxies() {
    return proxies;
  }

  boolean http2() {
    return http2;
  }

  /**
   * Returns the JDK's client, created on first use because calls without TLS and proxy do not need
   * it.
   */
  synchronized HttpClient engine() throws IOException {
    reloadIfChanged();
    HttpClient e = engine;
    if (e == null) {
      e = make(tls());
      engine = e;
      madeAt = clock.instant();
    }
    return e;
  }

  /**
   * Closes an engine that read a response violating the protocol, once its other responses have
   * ended: the JDK's client keeps the connection of such a response open over TLS. Once a second at
   * most, so that hostile servers do not make engines without number; until then the connections
   * wait.
   */
  void retire(HttpClient failed) {
    synchronized (this) {
      if (engine != failed || clock.instant().isBefore(madeAt.plus(HANDED_OUT))) {
        return;
      }
      engine = null;
    }
    // Not on the executor, which takes nothing once the factory is closed.
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                Thread.sleep(HANDED_OUT);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              failed.shutdown();
            });
  }

  @GuardedBy("this")
  private void reloadIfChanged() {
    Instant now = clock.instant();
    if (now.isBefore(checkedAt.plusMillis(LOOK_MILLIS)) && !now.isBefore(checkedAt)) {
      return;
    }
    checkedAt = now;
    List<ClientTls.Stamp> seen = ClientTls.stamps(tls);
    if (!seen.equals(stamps)) {
      try {
        setup = ClientTls.setup(tls);
        engine = null;
        http3 = null;
        stamps = seen;
        problem = null;
      } catch (IOException e) {
        // Half-written files are common; the old connections still serve.
        String message = String.valueOf(e.getMessage());
        if (!message.equals(problem)) {
          LOG.log(Level.ERROR, "TLS files changed and cannot be used: {0}", message);
        }
        problem = message;
      }
    }
  }

  /** Returns the TLS setup for the current contents of the files. */
  synchronized ClientTls.Setup tls() throws IOException {
    reloadIfChanged();
    ClientTls.Setup s = setup;
    if (s == null) {
      s = ClientTls.setup(tls);
      setup = s;
    }
    return s;
  }

  /** Returns the HTTP/3 setup for the current contents of the files. */
  synchronized Http3Dialer.Secured http3() throws IOException {
    ClientTls.Setup s = tls();
    Http3Dialer.Secured h = http3;
    if (h == null) {
      if (!s.protocols().contains("TLSv1.3")) {
        throw new IOException("tls_config: HTTP/3 requires TLS 1.3, which max_version excludes");
      }
      h = Http3Library.dialer().secured(s.keys(), s.trust());
      http3 = h;
    }
    return h;
  }

  private HttpClient make(ClientTls.Setup setup) {
    return HttpClient.newBuilder()
        .executor(executor)
        .connectTimeout(ConnectionStreams.CONNECT_TIMEOUT)
        .followRedirects(HttpClient.Redirect.NEVER)
        .version(http2 ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
        .proxy(proxies)
        .sslContext(setup.context())
        .sslParameters(setup.parameters())
        .build();
  }
}

package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.CloudAuth;
import dev.tethys.config.ConnectionRules;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.OAuth2;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.UrlHost;
import dev.tethys.web.cloud.BearerTokens;
import dev.tethys.web.cloud.CredentialDependencies;
import dev.tethys.web.kerberos.KerberosLogin;
import dev.tethys.web.kerberos.KerberosServer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes clients out of {@link HttpClientConfig}s. One per process: clients with the same connection
 * settings share connections and threads.
 *
 * <p>Files that a configuration refers to are read on use: credentials at every call, TLS files
 * when they have changed (checked at most once per second); then new connections are opened.
 */
public final class HttpClientFactory implements AutoCloseable {
  /** Maximum number of shared transports; beyond it the cache is cleared. */
  static final int MAX_TRANSPORTS = 256;

  static {
    prepare();
  }

  /**
   * Sets properties that the JDK's client reads once, on its first use in a process. Making a
   * factory does it; a program that uses that client before calls this first.
   */
  public static void prepare() {
    // The engine's own 30 s would make a new connection for every scrape of the usual interval.
    if (System.getProperty("jdk.httpclient.keepalive.timeout") == null) {
      System.setProperty("jdk.httpclient.keepalive.timeout", "300");
    }
    // Prometheus sends a user and password to a proxy for HTTPS too.
    if (System.getProperty("jdk.http.auth.tunneling.disabledSchemes") == null) {
      System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
    }
  }

  /** Key of a client with its own connections, shared by callers with equal settings. */
  private record Own(ConnectionRules rules, TlsConfig tls) {}

  private record ClientKey(TlsConfig tls, ProxyConfig proxy, boolean http2) {
    // By hand, as in TlsConfig: each start makes a client.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ClientKey k
          && http2 == k.http2
          && tls.equals(k.tls)
          && (proxy == k.proxy || proxy.equals(k.proxy));
    }

    @Override
    public int hashCode() {
      return 31 * tls.hashCode() + Boolean.hashCode(http2);
    }
  }

  private final String userAgent;
  private final InstantSource clock;
  private final Function<String, @Nullable String> environment;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, work -> Thread.ofPlatform().daemon().name("http-deadlines").unstarted(work));
  private final Deadlines deadlines = new Deadlines(timer);
  private final Connections connections = new Connections(timer, System::nanoTime);

  @GuardedBy("itself")
  private final Map<ClientKey, Transport> transports = new HashMap<>();

  @GuardedBy("itself")
  private final Map<Own, Connections> own = new HashMap<>();

  @GuardedBy("itself")
  private final Map<CloudAuth, CallSigner> signers = new HashMap<>();

  /**
   * @param userAgent user agent sent with every call that does not set one
   */
  public HttpClientFactory(String userAgent) {
    this(userAgent, InstantSource.system(), System::getenv);
  }

  HttpClientFactory(
      String userAgent, InstantSource clock, Function<String, @Nullable String> environment) {
    this.userAgent = userAgent;
    this.clock = clock;
    this.environment = environment;
    timer.setRemoveOnCancelPolicy(true); // nearly every call is done before its time is up
  }

  /**
   * Creates a client, which is cheap and needs no closing.
   *
   * @throws IOException if a certificate or key cannot be read
   */
  public WebClient client(HttpClientConfig config) throws IOException {
    return client(config, signer(config.cloud()));
  }

  /**
   * Creates a client that uses its own tickets for one server; its configuration has no other
   * authentication.
   *
   * @throws IOException if a certificate or key cannot be read
   */
  public WebClient client(HttpClientConfig config, KerberosServer server) throws IOException {
    KerberosLogin login = new KerberosLogin(server.identity(), clock);
    return client(
        config,
        call -> {
          KerberosLogin.TicketHeader s = login.show(server.host());
          return new CallSigner.Signed(
              call.withHeader("Authorization", s.authorization()), s.refused());
        });
  }

  private WebClient client(HttpClientConfig config, @Nullable CallSigner signer)
      throws IOException {
    return new WebClient(
        config,
        transport(config.tls(), config.proxy(), config.enableHttp2()),
        config.oauth2() == null ? null : tokens(config.oauth2(), config.enableHttp2()),
        userAgent,
        deadlines,
        connections(config),
        signer,
        config.connections().cookies() ? new CookieJar(clock) : null);
  }

  private Connections connections(HttpClientConfig config) {
    ConnectionRules r = config.connections();
    if (!r.ownConnections()) {
      return connections;
    }
    synchronized (own) {
      Own key = new Own(r, config.tls());
      Connections c = own.get(key);
      if (c == null) {
        c =
            new Connections(
                timer,
                System::nanoTime,
                r.idle() > 0 ? r.idle() : Connections.MAX_IDLE,
                r.idleEach() > 0 ? r.idleEach() : Connections.MAX_IDLE,
                r.idleTime().isPositive() ? r.idleTime().toNanos() : Connections.KEEP);
        if (own.size() >= MAX_TRANSPORTS) {
          own.clear(); // what waits in them runs out of time
        }
        own.put(key, c);
      }
      return c;
    }
  }

  /**
   * Creates a client whose calls can be traced, which is cheap and never closed.
   *
   * @throws IOException if a certificate or key cannot be read
   */
  public TracedClient traced(HttpClientConfig config) throws IOException {
    return new TracedClient(
        config,
        transport(config.tls(), config.proxy(), config.enableHttp2()),
        config.oauth2() == null ? null : tokens(config.oauth2(), config.enableHttp2()),
        deadlines,
        null);
  }

  /**
   * Creates a client for HTTP/3 only, never through a proxy; close it, since it keeps connections.
   *
   * @throws IOException if a certificate or key cannot be read, or HTTP/3 is unavailable here
   */
  public TracedClient tracedHttp3(HttpClientConfig config) throws IOException {
    Transport transport = transport(config.tls(), config.proxy(), config.enableHttp2());
    return new TracedClient(
        config,
        transport,
        config.oauth2() == null ? null : tokens(config.oauth2(), config.enableHttp2()),
        deadlines,
        new Http3Calls(transport.http3(), config.tls().serverName()));
  }

  /**
   * Returns the reason why HTTP/3 is unavailable here; empty if it is available. Loads the library,
   * so only callers that require HTTP/3 should call this.
   */
  public static String http3Problem() {
    return Http3Library.problem();
  }

  /** Returns the signer of an identity, shared by all clients so that tokens are fetched once. */
  private @Nullable CallSigner signer(@Nullable CloudAuth cloud) {
    if (cloud == null) {
      return null;
    }
    synchronized (signers) {
      CallSigner s = signers.get(cloud);
      if (s == null) {
        s = CloudSigner.of(cloud, credentialDependencies());
        if (signers.size() >= MAX_TRANSPORTS) {
          signers.clear();
        }
        signers.put(cloud, s);
      }
      return s;
    }
  }

  private CredentialDependencies credentialDependencies() {
    return new CredentialDependencies(
        call -> client(HttpClientConfig.DEFAULT).send(call), clock, environment);
  }

  /** Returns the Google tokens for requests that are not sent by a client of {@link #client}. */
  public BearerTokens bearer(CloudAuth.GoogleIam identity) {
    return CloudSigner.google(identity, credentialDependencies());
  }

  /**
   * Tokens of a client of OAuth 2.0, for protocols other than HTTP.
   *
   * @throws IOException if a certificate or key cannot be read
   */
  public Tokens tokens(OAuth2 config) throws IOException {
    return tokens(config, true);
  }

  private Tokens tokens(OAuth2 config, boolean http2) throws IOException {
    HttpClientConfig c =
        new HttpClientConfig(null, null, null, config.tls(), true, http2, config.proxy(), Map.of());
    WebClient client =
        new WebClient(
            c,
            transport(c.tls(), c.proxy(), c.enableHttp2()),
            null,
            userAgent,
            deadlines,
            connections,
            null,
            null);
    return new Tokens(config, client, clock);
  }

  private Transport transport(TlsConfig tls, ProxyConfig proxy, boolean http2) throws IOException {
    ClientKey way = new ClientKey(tls, proxy, http2);
    synchronized (transports) {
      Transport t = transports.get(way);
      if (t == null) {
        t = new Transport(tls, new Proxies(proxy, environment), http2, executor, clock);
        if (transports.size() >= MAX_TRANSPORTS) {
          // Clients in use keep their transport; it is just no longer shared.
          transports.clear();
        }
        transports.put(way, t);
      }
      return t;
    }
  }

  /**
   * Connects to a server for a protocol other than HTTP on the connection, such as a WebSocket:
   * directly, or by a tunnel through the proxy in the environment for its URL.
   *
   * @param to {@code http} or {@code https} URL of the server
   * @param tls TLS configuration for {@code https}, or null for {@code http}
   * @param deadline deadline as a {@link System#nanoTime} value
   * @throws IOException if it cannot; nothing is left open then
   */
  public Socket connect(URI to, @Nullable TlsConfig tls, long deadline) throws IOException {
    Proxies proxies = new Proxies(new ProxyConfig(null, "", true, Map.of()), environment);
    URI proxy = proxies.find(to);
    String host = UrlHost.bare(to);
    int port = UrlPort.of(to);
    if (proxy == null) {
      return TlsSockets.connect(host, port, tls, deadline);
    }
    String user = proxy.getUserInfo();
    // A tunnel, regardless of the scheme: a proxy forwards no WebSocket.
    ProxyRoute route =
        new ProxyRoute(
            proxy,
            URI.create("https://" + UrlHost.of(to) + ":" + port),
            user == null ? null : BasicCredentials.ofUserInfo(user),
            Map.of(),
            ClientTls.setup(tls == null ? TlsConfig.DEFAULT : tls));
    Socket plain = new Socket();
    try {
      plain.setSoTimeout(TlsSockets.left(deadline));
      Socket s = route.open(plain, deadline);
      if (tls != null) {
        s = TlsSockets.secure(tls, s, host, port);
      }
      return s;
    } catch (IOException e) {
      plain.close();
      throw e;
    }
  }

  /** Ends calls in progress. */
  @Override
  public void close() {
    timer.shutdownNow();
    connections.close();
    synchronized (own) {
      own.values().forEach(Connections::close);
      own.clear();
    }
    executor.shutdownNow();
    synchronized (transports) {
      transports.clear();
    }
  }
}

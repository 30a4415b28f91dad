package dev.tethys.pipeline.extension.forwarder;

import dev.tethys.config.GoDurations;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlText;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.client.FirstUseClient;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.ServedExtension;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code http_forwarder}: forwards every request, with additional headers, to another server, and
 * returns its response. Clients that can reach only this program can thus reach that server.
 */
public final class HttpForwarderFactory implements ExtensionFactory<HttpForwarderFactory.Settings> {
  /**
   * Settings.
   *
   * @param to scheme, host and port of forwarded requests; paths stay
   * @param timeout timeout of one request; zero for none
   */
  public record Settings(HttpServerSettings in, HttpClientSettings out, URI to, Duration timeout) {}

  private static final Duration UNBOUNDED = Duration.ofHours(1);

  private static final Section INGRESS =
      new Section("ingress", "HTTP server that receives the requests.");
  private static final HttpServerSettings.Keys SERVER =
      new HttpServerSettings.Keys(INGRESS, "localhost:6060");
  private static final Type<HttpServerSettings> INGRESS_TYPE = INGRESS.type(SERVER::read);
  private static final Section EGRESS =
      new Section("egress", "HTTP client that forwards the requests.");
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(EGRESS);
  private static final Key<Duration> TIMEOUT =
      EGRESS.key(
          "timeout",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Timeout of a forwarded request; 0 for one hour.");
  private static final Section SECTION =
      new Section("http_forwarder", "Forwards HTTP requests to another server.");
  private static final Key<HttpServerSettings> INGRESS_KEY =
      SECTION.optional("ingress", INGRESS_TYPE, "HTTP server that receives the requests.");
  private static final Key<YamlObject> EGRESS_KEY =
      SECTION.required("egress", EGRESS.type(o -> o), "HTTP client that forwards the requests.");

  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public HttpForwarderFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "http_forwarder";
  }

  @Override
  public String about() {
    return "Hands HTTP requests on to another server, with further headers.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(HttpForwarderFactory::read);
  }

  private static Settings read(YamlObject o) {
    YamlNode ingress = o.at(INGRESS_KEY);
    YamlObject egress = o.get(EGRESS_KEY);
    HttpClientSettings out = CLIENT.read(egress);
    URI to = out.endpoint();
    if (to == null) {
      throw egress.error("egress requires an endpoint: the URL of the server that requests go to");
    }
    return new Settings(
        INGRESS_TYPE.read(
            ingress == null ? YamlDocument.parse("ingress", null, "{}").root() : ingress),
        out,
        to,
        egress.get(TIMEOUT));
  }

  @Override
  public Extension create(Settings s, Context context) {
    return new Running(
        s,
        Authenticators.find(s.in.auth(), context),
        ClientAuth.of(s.out.auth(), context),
        clients,
        context.clock());
  }

  static final class Running extends ServedExtension {
    private static final System.Logger LOG = JulLogger.of(HttpForwarderFactory.class.getName());

    /** Headers of a single connection, or set by the client here. */
    private static final Set<String> OF_CONNECTION =
        Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "content-length",
            "expect",
            "host");

    private final Settings settings;
    private final @Nullable ClientAuth auth;
    private final FirstUseClient client;

    Running(
        Settings s,
        @Nullable ServerAuth asked,
        @Nullable ClientAuth auth,
        HttpClientFactory clients,
        Scheduler clock) {
      super(s.in, asked, clock);
      this.settings = s;
      HttpClientConfig signing = ClientAuth.signing(s.out.client(), auth);
      this.client = new FirstUseClient(() -> clients.client(signing));
      this.auth = ClientAuth.withSigning(auth);
      endpoint().any("/", this::forward);
      endpoint().any("/{below...}", this::forward);
    }

    private void forward(HttpRequest q, HttpResponse r) throws IOException, InterruptedException {
      byte[] body = q.bodyBytes(endpoint().maxBodyBytes());
      URI target;
      try {
        target = target(q);
      } catch (URISyntaxException e) {
        r.status(400).send("not forwarded: " + e.getMessage() + "\n");
        return;
      }
      ClientResponse a;
      try {
        a =
            client
                .get()
                .send(
                    new ClientRequest(
                        q.method(),
                        target,
                        headers(q),
                        body.length == 0 && q.contentLength() <= 0 ? null : body,
                        settings.timeout.isZero() ? UNBOUNDED : settings.timeout,
                        null));
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} {1}: {2}", q.method(), target, e.toString());
        r.status(502).send("not forwarded: " + e.getMessage() + "\n");
        return;
      }
      try (a) {
        if (auth != null && auth.isRefusal(a.status())) {
          auth.refused();
        }
        answer(a, q, r);
      }
    }

    /**
     * Returns the target with the same path and query; characters not allowed in a URL are escaped.
     */
    private URI target(HttpRequest q) throws URISyntaxException {
      String query = q.rawQuery();
      return UrlText.read(
          settings.to.getScheme()
              + "://"
              + settings.to.getRawAuthority()
              + q.rawPath()
              + (query.isEmpty() ? "" : "?" + query));
    }

    private Map<String, String> headers(HttpRequest q) throws IOException {
      Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      Set<String> named = named(q.headers("connection"));
      for (String name : q.headerNames()) {
        if (!isOfConnection(name, named)) {
          String between = name.equalsIgnoreCase("cookie") ? "; " : ", ";
          all.put(name, String.join(between, q.headers(name)));
        }
      }
      if (auth != null) {
        all.putAll(auth.headers());
      }
      settings.out.headers().forEach((k, v) -> add(all, k, v.value()));
      add(all, "Via", via(q));
      return ClientAuth.edited(auth, all);
    }

    private static void add(Map<String, String> to, String name, String value) {
      to.merge(name, value, (a, b) -> a + ", " + b);
    }

    private static boolean isOfConnection(String name, Set<String> named) {
      String lower = name.toLowerCase(Locale.ROOT);
      return name.startsWith(":") || OF_CONNECTION.contains(lower) || named.contains(lower);
    }

    /** Headers that {@code Connection} declares to be of a single connection. */
    private static Set<String> named(List<String> connection) {
      Set<String> all = new HashSet<>();
      for (String value : connection) {
        for (String name : value.split(",")) {
          all.add(name.strip().toLowerCase(Locale.ROOT));
        }
      }
      return all;
    }

    private static String via(HttpRequest q) {
      return q.protocol() + " " + q.host();
    }

    private static void answer(ClientResponse a, HttpRequest q, HttpResponse r) throws IOException {
      r.status(a.status()).uncompressed(); // passed through unchanged
      Set<String> named = new HashSet<>();
      a.headers()
          .forEach(
              (name, values) -> {
                if (name.equalsIgnoreCase("connection")) {
                  named.addAll(named(values));
                }
              });
      for (Map.Entry<String, List<String>> h : a.headers().entrySet()) {
        if (!isOfConnection(h.getKey(), named)) {
          h.getValue().forEach(v -> r.addHeader(h.getKey(), v));
        }
      }
      r.addHeader("Via", via(q));
      if (q.method().equals("HEAD") || a.status() == 204 || a.status() == 304) {
        r.send();
        return;
      }
      try (InputStream from = a.body();
          OutputStream to = r.stream()) {
        from.transferTo(to);
      }
    }
  }
}

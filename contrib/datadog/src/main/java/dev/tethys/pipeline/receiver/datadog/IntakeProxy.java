package dev.tethys.pipeline.receiver.datadog;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlText;
import dev.tethys.config.YamlObject;
import dev.tethys.model.file.IoFailures;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;

/** Passes requests for {@code /intake} on to Datadog as they are, with a configured API key. */
final class IntakeProxy {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int MAX_BODY = 32 << 20;
  private static final int MAX_ANSWER = 1 << 20;
  private static final String KEY_HEADER = "DD-API-KEY";

  /**
   * Proxy settings.
   *
   * @param enabled whether requests are passed on
   * @param url URL of Datadog's API
   * @param failOnInvalidKey whether an unknown key keeps the receiver from starting
   */
  record Settings(boolean enabled, URI url, Secret key, boolean failOnInvalidKey) {
    static final Settings DISABLED =
        new Settings(false, URI.create("https://api.datadoghq.com"), Secret.NONE, false);
  }

  private static final Section API = new Section("api", "API key and site of Datadog.");
  private static final Key<Secret> API_KEY =
      API.key("key", Type.SECRET, Secret.NONE, "API key of the requests.");
  private static final Key<String> SITE =
      API.key("site", Type.STRING, "datadoghq.com", "Site of Datadog, such as datadoghq.eu.");
  private static final Key<Boolean> FAIL_ON_INVALID_KEY =
      API.key(
          "fail_on_invalid_key",
          Type.BOOL,
          false,
          "If true, a key that Datadog does not know keeps the receiver from starting.");
  private static final Key<String> ENDPOINT =
      API.key("endpoint", Type.STRING, "", "URL of Datadog's API; by default https://api.SITE.");
  private static final Section PROXY = new Section("proxy", "Datadog, to which requests go.");
  private static final Key<Settings> API_KEYS =
      PROXY.optional("api", API.type(IntakeProxy::api), "API key and site of Datadog.");
  private static final Section SECTION =
      new Section("intake", "Handling of requests for /intake, which agents send.");
  private static final Key<Boolean> BEHAVIOR =
      SECTION.key(
          "behavior",
          Type.oneOf("behavior", "disable", false, "proxy", true),
          false,
          "disable to read events and drop the rest, proxy to pass all requests on to Datadog.");
  private static final Key<YamlObject> PROXY_KEYS =
      SECTION.optional("proxy", PROXY.type(o -> o), PROXY.doc());

  /** Reads the settings. */
  static final Type<Settings> TYPE = SECTION.type(IntakeProxy::read);

  private final Settings settings;
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  IntakeProxy(Settings settings, HttpClientFactory clients) {
    this.settings = settings;
    this.clients = clients;
  }

  private static Settings read(YamlObject o) {
    YamlObject proxy = o.find(PROXY_KEYS);
    Settings s = proxy == null ? null : proxy.find(API_KEYS);
    if (!o.get(BEHAVIOR)) {
      return Settings.DISABLED;
    }
    if (s == null || s.key.isEmpty()) {
      throw o.error(BEHAVIOR, "behavior: proxy requires proxy.api.key");
    }
    return s;
  }

  private static Settings api(YamlObject o) {
    String url = o.get(ENDPOINT).isEmpty() ? "https://api." + o.get(SITE) : o.get(ENDPOINT);
    try {
      return new Settings(true, UrlText.read(url), o.get(API_KEY), o.get(FAIL_ON_INVALID_KEY));
    } catch (URISyntaxException e) {
      throw o.error(
          o.get(ENDPOINT).isEmpty() ? SITE : ENDPOINT,
          "\"" + url + "\" is not a URL such as https://api.datadoghq.com");
    }
  }

  /**
   * Checks the key if configured to. An unreachable destination is not an error.
   *
   * @throws IOException if Datadog does not know the key
   */
  void check(System.Logger log) throws IOException {
    if (!settings.failOnInvalidKey) {
      return;
    }
    URI url = settings.url.resolve("/api/v1/validate");
    int status;
    try (ClientResponse r = send(ClientRequest.get(url))) {
      status = r.status();
    } catch (IOException e) {
      log.log(
          System.Logger.Level.WARNING,
          "API key not checked url={0} reason=\"{1}\"",
          url,
          IoFailures.describe(e));
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the API key was checked", e);
    }
    if (status == 401 || status == 403) {
      throw new IOException(
          url
              + ": Datadog rejected the API key; correct intake.proxy.api.key or .site, or"
              + " remove fail_on_invalid_key");
    }
  }

  private ClientResponse send(ClientRequest call) throws IOException, InterruptedException {
    return clients
        .client(HttpClientConfig.DEFAULT)
        .send(call.withHeader(KEY_HEADER, settings.key.value()).withTimeout(TIMEOUT));
  }

  /** Forwards a request and Datadog's response; responds with 502 if there is none. */
  void pass(HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      hold.take(Math.clamp(request.contentLength(), 1L << 16, MAX_BODY));
      byte[] body = request.bodyBytes(MAX_BODY);
      String type = request.header("Content-Type");
      ClientRequest call =
          ClientRequest.post(
              settings.url.resolve("/intake/"), type == null ? "application/json" : type, body);
      String encoding = request.header("Content-Encoding");
      if (encoding != null) {
        call = call.withHeader("Content-Encoding", encoding);
      }
      try (ClientResponse answer = send(call)) {
        byte[] text = answer.bytes(MAX_ANSWER);
        response.header("Content-Type", "application/json");
        response.status(answer.status()).send(text);
      } catch (IOException e) {
        endpoint.refused(1, IoFailures.describe(e));
        response.status(502).send("Datadog is not reached: " + IoFailures.describe(e) + "\n");
      }
    }
  }
}

package dev.tethys.pipeline.extension;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.GoDurations;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.JwtBearer;
import dev.tethys.config.Key;
import dev.tethys.config.OAuth2;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.Tokens;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code oauth2client}: tokens of an OAuth 2.0 server for exporter requests, by client credentials;
 * renewed shortly before they expire, and when one is rejected.
 */
public final class OAuth2ClientFactory implements ExtensionFactory<OAuth2ClientFactory.Settings> {
  /**
   * Settings.
   *
   * @param clientIdFile file with the client id; "" for the one in {@code oauth2}
   * @param timeout timeout of a token request
   * @param early time before its expiry at which a token is renewed
   */
  public record Settings(OAuth2 oauth2, String clientIdFile, Duration timeout, Duration early) {}

  private static final Duration NO_TIMEOUT = Duration.ofSeconds(30);

  private static final Section SECTION =
      new Section("oauth2client", "Authentication with tokens from an OAuth 2.0 server.");
  private static final Key<String> CLIENT_ID =
      SECTION.key("client_id", Type.STRING, "", "Client identifier.");
  private static final Key<String> CLIENT_ID_FILE =
      SECTION.key(
          "client_id_file",
          Type.PATH,
          "",
          "File with the client identifier; takes precedence over client_id.");
  private static final Key<Duration> EXPIRY_BUFFER =
      SECTION.key(
          "expiry_buffer",
          GoDurations.TYPE,
          Tokens.EARLY,
          "Time before expiry at which a new token is fetched; at most half of "
              + "the token's lifetime.");
  private static final Key<Secret> CLIENT_SECRET =
      SECTION.key("client_secret", Type.SECRET, Secret.NONE, "Secret of the client.");
  private static final Key<String> CLIENT_SECRET_FILE =
      SECTION.key(
          "client_secret_file", Type.PATH, "", "File with the client secret; read for each token.");
  private static final Key<String> TOKEN_URL =
      SECTION.required("token_url", Type.STRING, "URL of the token endpoint.");
  private static final Key<List<String>> SCOPES =
      SECTION.key("scopes", Type.list(Type.STRING), List.of(), "Scopes to request.");
  private static final Key<Map<String, String>> ENDPOINT_PARAMS =
      SECTION.key(
          "endpoint_params",
          Type.of("map of parameters", Map.of(), OAuth2ClientFactory::parameters),
          Map.of(),
          "Additional parameters of the token request.");
  private static final Key<ClientTlsSettings> TLS =
      SECTION.key(
          "tls",
          ClientTlsSettings.TYPE,
          ClientTlsSettings.DEFAULT,
          "TLS settings for the token server.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout", GoDurations.TYPE, Duration.ZERO, "Timeout of a token request; 0 for 30s.");

  static {
    SECTION.include(JwtBearer.SECTION);
  }

  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public OAuth2ClientFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "oauth2client";
  }

  @Override
  public List<String> aliases() {
    return List.of("oauth2_client");
  }

  @Override
  public String about() {
    return "Tokens from an OAuth 2.0 server for the requests of exporters.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(OAuth2ClientFactory::read);
  }

  /** Reads parameters, each a value or a list of one. */
  private static Map<String, String> parameters(YamlNode n) {
    Map<String, String> out = new LinkedHashMap<>();
    n.entries()
        .forEach(
            (k, e) -> {
              YamlNode v = e.value();
              if (!v.isList()) {
                out.put(k, v.asString());
              } else if (v.items().size() == 1) {
                out.put(k, v.items().getFirst().asString());
              } else {
                throw v.error("a parameter with several values is not supported");
              }
            });
    return out;
  }

  private static Settings read(YamlObject o) {
    Secret secret = o.get(CLIENT_SECRET);
    String file = o.get(CLIENT_SECRET_FILE);
    JwtBearer assertion = JwtBearer.read(o).fileFirst();
    if (o.get(CLIENT_ID).isEmpty() && o.get(CLIENT_ID_FILE).isEmpty()) {
      throw o.error("oauth2client requires client_id or client_id_file");
    }
    if (!assertion.enabled() && secret.isEmpty() && file.isEmpty()) {
      throw o.error("oauth2client requires client_secret or client_secret_file");
    }
    HttpClientSettings.Keys.url(o, TOKEN_URL, o.get(TOKEN_URL));
    TlsConfig tls = o.get(TLS).config();
    Duration timeout = o.get(TIMEOUT);
    return new Settings(
        new OAuth2(
            o.get(CLIENT_ID),
            file.isEmpty() ? secret : Secret.NONE,
            file,
            assertion,
            o.get(SCOPES),
            o.get(TOKEN_URL),
            o.get(ENDPOINT_PARAMS),
            tls,
            new ProxyConfig(null, "", true, Map.of())),
        o.get(CLIENT_ID_FILE),
        timeout.isPositive() ? timeout : NO_TIMEOUT,
        o.get(EXPIRY_BUFFER));
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(settings, clients, () -> Instant.ofEpochMilli(context.clock().millis()));
  }

  private static final class Running implements Extension, ClientAuth {
    private final Settings settings;
    private final HttpClientFactory clients;
    private final InstantSource clock;

    @GuardedBy("this")
    private @Nullable WebClient client;

    @GuardedBy("this")
    private @Nullable Tokens tokens;

    @GuardedBy("this")
    private String name = "";

    Running(Settings settings, HttpClientFactory clients, InstantSource clock) {
      this.settings = settings;
      this.clients = clients;
      this.clock = clock;
    }

    @Override
    public synchronized void start() throws IOException {
      OAuth2 o = settings.oauth2;
      client =
          clients.client(
              new HttpClientConfig(null, null, null, o.tls(), true, true, o.proxy(), Map.of()));
    }

    /** Tokens of the current client id. */
    private synchronized Tokens tokens() throws IOException {
      WebClient c = client;
      if (c == null) {
        throw new IOException("oauth2client has not started");
      }
      String file = settings.clientIdFile;
      String now =
          file.isEmpty() ? settings.oauth2.clientId() : Files.readString(Path.of(file)).strip();
      Tokens t = tokens;
      if (t == null || !now.equals(name)) {
        name = now;
        t = new Tokens(settings.oauth2.ofClient(now), c, clock, settings.early);
        tokens = t;
      }
      return t;
    }

    @Override
    public Map<String, String> headers() throws IOException {
      Tokens t = tokens();
      try {
        return Map.of("Authorization", t.authorization(settings.timeout));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a token was fetched", e);
      }
    }

    @Override
    public void refused() {
      Tokens t;
      synchronized (this) {
        t = tokens;
      }
      if (t != null) {
        t.refused();
      }
    }
  }
}

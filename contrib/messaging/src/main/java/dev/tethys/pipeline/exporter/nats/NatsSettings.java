package dev.tethys.pipeline.exporter.nats;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.client.WebSocketAddress;
import dev.tethys.pipeline.exporter.messages.MessageSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code nats} exporter.
 *
 * @param servers tried in turn
 * @param tls null without TLS, unless a server requires it
 * @param tlsFirst whether the TLS handshake precedes the server's information
 * @param stream expected stream of the messages; "" for any with the subject
 * @param setup settings of the created stream; null if none is created
 */
record NatsSettings(
    List<Server> servers,
    @Nullable TlsConfig tls,
    boolean tlsFirst,
    String username,
    @Nullable Secret password,
    @Nullable Secret token,
    @Nullable Secret seed,
    String credentialsFile,
    boolean jetStream,
    String stream,
    @Nullable StreamSetup setup,
    MessageSettings messages,
    DeliverySettings delivery) {
  /**
   * One server.
   *
   * @param webSocket WebSocket that carries the lines, or null for TCP
   * @param secured whether that is over TLS
   */
  record Server(String host, int port, @Nullable WebSocketAddress webSocket, boolean secured) {}

  private static final Section SECTION =
      new Section("nats", "Sends messages to NATS.").include(DeliverySettings.SECTION);
  private static final MessageSettings.Keys MESSAGES =
      new MessageSettings.Keys(SECTION, "subject", "telemetry.{signal}", 1_000_000);
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint",
          Type.STRING,
          "nats://localhost:4222",
          "URL of the server: nats://host:port, tls://, ws:// or wss://; servers "
              + "of one cluster are separated by commas.");
  private static final Key<Map<String, Secret>> HEADERS = WebSocketAddress.headers(SECTION);
  private static final Key<ClientTlsSettings> TLS =
      SECTION.key(
          "tls", ClientTlsSettings.TYPE, ClientTlsSettings.DEFAULT, "TLS settings of the client.");
  private static final Key<Boolean> TLS_FIRST =
      SECTION.key(
          "tls_first",
          Type.BOOL,
          false,
          "If true, the TLS handshake precedes all other data (handshake_first " + "in NATS).");
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "User name.");
  private static final Key<Secret> PASSWORD =
      SECTION.optional("password", Type.SECRET, "Password of the user.");
  private static final Key<Secret> TOKEN =
      SECTION.optional("token", Type.SECRET, "Authentication token.");
  private static final Key<Secret> SEED =
      SECTION.optional("nkey_seed", Type.SECRET, "Seed of the user's nkey (SU…).");
  private static final Key<String> CREDENTIALS =
      SECTION.key(
          "credentials_file",
          Type.PATH,
          "",
          "Credentials file of nsc with the JWT of a user and, unless it is a "
              + "bearer token, its seed.");
  private static final Key<Boolean> JETSTREAM =
      SECTION.key(
          "jetstream",
          Type.BOOL,
          true,
          "If true, messages count as delivered when a JetStream stream has "
              + "stored them; if false, when the server has received them for its "
              + "subscribers.");
  private static final Key<String> STREAM =
      SECTION.key("stream", Type.STRING, "", "Stream that must store the messages.");

  private static final StreamSetup.Keys SETUP = new StreamSetup.Keys(SECTION);

  static final Type<NatsSettings> TYPE = SECTION.type(NatsSettings::read);

  private static NatsSettings read(YamlObject o) {
    List<Server> servers = new ArrayList<>();
    boolean tls = false;
    boolean webSockets = false;
    for (String one : o.get(ENDPOINT).split(",")) {
      try {
        String text = one.strip();
        URI u = new URI(text.contains("://") ? text : "nats://" + text);
        boolean secured = "tls".equals(u.getScheme()) || "wss".equals(u.getScheme());
        boolean webSocket = WebSocketAddress.isOne(u);
        if (UrlHost.of(u) == null
            || u.getUserInfo() != null
            || (!secured && !webSocket && !"nats".equals(u.getScheme()))) {
          throw new URISyntaxException(text, "no server");
        }
        tls |= secured;
        webSockets |= webSocket;
        int usual = webSocket ? WebSocketAddress.port(u) : 4222;
        servers.add(
            new Server(
                UrlHost.bare(u),
                UrlHost.port(u) < 0 ? usual : UrlHost.port(u),
                WebSocketAddress.of(u, "/", "", o, HEADERS),
                webSocket && secured));
      } catch (URISyntaxException e) {
        throw o.error(
            ENDPOINT,
            "endpoint must be nats://host:port, tls://, ws:// or wss://, several separated by commas,"
                + " and users in separate keys");
      }
    }
    if (o.has(HEADERS) && !webSockets) {
      throw o.error(HEADERS, "headers require an endpoint with ws:// or wss://");
    }
    if (o.get(TLS_FIRST) && webSockets) {
      throw o.error(TLS_FIRST, "wss:// always starts with the TLS handshake");
    }
    ClientTlsSettings t = o.get(TLS);
    boolean given = o.has(TLS) && !t.insecure();
    if (tls && t.insecure()) {
      throw o.error(TLS, "tls:// or wss:// and tls: {insecure: true} are mutually exclusive");
    }
    if (given && servers.stream().anyMatch(s -> s.webSocket() != null && !s.secured())) {
      throw o.error(TLS, "tls cannot be used with ws://; use wss://");
    }
    int ways = 0;
    ways += o.get(USERNAME).isEmpty() ? 0 : 1;
    ways += o.has(TOKEN) ? 1 : 0;
    ways += o.has(SEED) ? 1 : 0;
    ways += o.get(CREDENTIALS).isEmpty() ? 0 : 1;
    if (ways > 1) {
      throw o.error("at most one of username, token, nkey_seed and credentials_file is allowed");
    }
    if (!o.get(STREAM).isEmpty() && !o.get(JETSTREAM)) {
      throw o.error(STREAM, "stream requires jetstream: true");
    }
    if (o.get(TLS_FIRST) && !tls && !given) {
      throw o.error(TLS_FIRST, "tls_first requires tls");
    }
    MessageSettings messages =
        MESSAGES.read(
            o,
            x ->
                x.textsMatch("[^\\s*>{}]*")
                    && x.of(l -> "x").matches("[^.]+(\\.[^.]+)*")
                    && !x.of(l -> "x").startsWith("$"),
            "tokens with dots between, without spaces, * and >, and no $ at its beginning");
    return new NatsSettings(
        List.copyOf(servers),
        tls || given ? t.config() : null,
        o.get(TLS_FIRST),
        o.get(USERNAME),
        o.find(PASSWORD),
        o.find(TOKEN),
        o.find(SEED),
        o.get(CREDENTIALS),
        o.get(JETSTREAM),
        o.get(STREAM),
        SETUP.read(o, o.get(STREAM), messages.topic()),
        messages,
        DeliverySettings.read(o, Duration.ofSeconds(10)));
  }
}

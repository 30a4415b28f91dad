package dev.tethys.pipeline.exporter.mqtt;

import dev.tethys.config.CloudAuth;
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
import dev.tethys.web.kerberos.KerberosIdentity;
import dev.tethys.web.scram.Scram;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code mqtt} exporter.
 *
 * @param tls null without TLS
 * @param sharedKey pre-shared TLS key instead of certificates; null if none
 * @param webSocket transport of packets; null for TCP
 * @param five whether version 5 is used; otherwise 3.1.1
 * @param alpn protocols offered by TLS; empty if none
 * @param sigv4 AWS keys that sign the WebSocket's address; null if none
 * @param username user name, including the parameters of an AWS IoT authorizer
 * @param mechanism enhanced authentication method, or "" for user name and password
 * @param kerberos source of Kerberos tickets; null if none
 * @param passwordFile file of the password or token, read for each connection; "" for none
 * @param clientId "" for a generated one
 */
record MqttSettings(
    String host,
    int port,
    @Nullable TlsConfig tls,
    @Nullable PskSettings sharedKey,
    List<String> alpn,
    @Nullable WebSocketAddress webSocket,
    CloudAuth.@Nullable SigV4 sigv4,
    boolean five,
    String mechanism,
    @Nullable KerberosIdentity kerberos,
    String clientId,
    String username,
    @Nullable Secret password,
    String passwordFile,
    int qos,
    boolean retain,
    MessageSettings messages,
    DeliverySettings delivery) {
  private static final Section SECTION =
      new Section("mqtt", "Sends messages to an MQTT broker.").include(DeliverySettings.SECTION);
  private static final MessageSettings.Keys MESSAGES =
      new MessageSettings.Keys(SECTION, "topic", "telemetry/{signal}", 256 << 10);
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint",
          Type.STRING,
          "mqtt://localhost:1883",
          "URL of the broker: mqtt://host:port, ws://host:port/path, or mqtts:// "
              + "and wss:// with TLS.");
  private static final Key<Map<String, Secret>> HEADERS = WebSocketAddress.headers(SECTION);
  private static final Key<ClientTlsSettings> TLS =
      SECTION.key(
          "tls",
          ClientTlsSettings.TYPE,
          ClientTlsSettings.DEFAULT,
          "TLS settings for mqtts and wss.");
  private static final Key<String> ALPN =
      SECTION.key(
          "alpn",
          Type.STRING,
          "",
          "ALPN protocol for mqtts; AWS IoT requires mqtt or x-amzn-mqtt-ca on " + "port 443.");
  private static final Key<CloudAuth> SIGV4 =
      SECTION.optional(
          "sigv4",
          CloudAuth.SigV4.of(IotSignature.SERVICE, "Keys of AWS for a WebSocket of AWS IoT."),
          "AWS signing of the WebSocket URL of AWS IoT, for each connection; wss " + "only.");
  private static final Key<CustomAuthorizer> AUTHORIZER =
      SECTION.optional(
          "custom_authorizer",
          CustomAuthorizer.TYPE,
          "Custom authorizer of AWS IoT, whose parameters are appended to the " + "user name.");
  private static final Key<Boolean> VERSION =
      SECTION.key(
          "protocol_version",
          Type.oneOf("version of MQTT", versions()),
          true,
          "Version of MQTT: 5 or 3.1.1.");
  private static final Key<String> CLIENT_ID =
      SECTION.key(
          "client_id",
          Type.STRING,
          "",
          "Client ID at the broker; additional connections of this process " + "append a number.");
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "User name at the broker.");
  private static final Key<Secret> PASSWORD =
      SECTION.optional("password", Type.SECRET, "Password of the user.");
  private static final Key<String> PASSWORD_FILE =
      SECTION.key(
          "password_file",
          Type.PATH,
          "",
          "File with the password or token of the user, read for each connection.");
  private static final List<String> MECHANISMS = List.of(Scram.SHA_1, Scram.SHA_256, Scram.SHA_512);
  private static final Key<String> ENHANCED =
      SECTION.key(
          "enhanced_authentication",
          Type.STRING,
          "",
          "Enhanced authentication of version 5: SCRAM-SHA-1, SCRAM-SHA-256 or "
              + "SCRAM-SHA-512 with the password, GSSAPI-KERBEROS with a Kerberos "
              + "identity, or OAUTH2-JWT with the token of password_file.");
  private static final Key<KerberosIdentity> KERBEROS =
      SECTION.optional(
          "kerberos", KerberosIdentity.type("mqtt"), "Kerberos identity for GSSAPI-KERBEROS.");
  private static final Key<Long> QOS =
      SECTION.key(
          "qos",
          Type.INT,
          1L,
          "Quality of service: 0, delivered when sent to the broker; 1, when the "
              + "broker acknowledged it; 2, exactly once.");
  private static final Key<Boolean> RETAIN =
      SECTION.key(
          "retain", Type.BOOL, false, "If true, the broker retains the last message of a topic.");

  private static final PskSettings.Keys SHARED_KEY = new PskSettings.Keys(SECTION);

  static final Type<MqttSettings> TYPE = SECTION.type(MqttSettings::read);

  private static SequencedMap<String, Boolean> versions() {
    SequencedMap<String, Boolean> m = new LinkedHashMap<>();
    m.put("5", true);
    m.put("3.1.1", false);
    return m;
  }

  private static MqttSettings read(YamlObject o) {
    URI u;
    try {
      String text = o.get(ENDPOINT);
      u = new URI(text.contains("://") ? text : "mqtt://" + text);
    } catch (URISyntaxException e) {
      throw o.error(ENDPOINT, "endpoint must be mqtt://host:port or mqtts://host:port");
    }
    boolean webSocket = WebSocketAddress.isOne(u);
    boolean secured = "mqtts".equals(u.getScheme()) || "wss".equals(u.getScheme());
    if (UrlHost.of(u) == null
        || u.getUserInfo() != null
        || (!secured && !webSocket && !"mqtt".equals(u.getScheme()))) {
      throw o.error(
          ENDPOINT,
          "endpoint must be mqtt://host:port, ws://host:port/path, or mqtts:// or wss:// with TLS,"
              + " and users in separate keys");
    }
    if (o.has(HEADERS) && !webSocket) {
      throw o.error(HEADERS, "headers require an endpoint with ws:// or wss://");
    }
    if (o.has(TLS) && !secured) {
      throw o.error(TLS, "tls requires an endpoint with mqtts:// or wss://");
    }
    long qos = o.get(QOS);
    if (qos < 0 || qos > 2) {
      throw o.error(QOS, "qos must be 0, 1 or 2");
    }
    CustomAuthorizer authorizer = o.find(AUTHORIZER);
    String user = authorizer == null ? o.get(USERNAME) : authorizer.user(o.get(USERNAME));
    String mechanism = o.get(ENHANCED);
    boolean tokens = mechanism.equals(MqttTokenLogin.METHOD);
    String file = o.get(PASSWORD_FILE);
    if (o.has(PASSWORD) && user.isEmpty()) {
      throw o.error(PASSWORD, "password requires username");
    }
    // Version 5 has passwords without names, which some brokers take tokens as.
    if (!file.isEmpty() && (o.has(PASSWORD) || (user.isEmpty() && !o.get(VERSION)))) {
      throw o.error(
          PASSWORD_FILE,
          "password_file cannot be combined with password, and version 3.1.1 requires a username");
    }
    if (tokens && (file.isEmpty() || !user.isEmpty() || !o.get(VERSION))) {
      throw o.error(
          ENHANCED,
          MqttTokenLogin.METHOD + " requires password_file and version 5, and no username");
    }
    CloudAuth.SigV4 sigv4 = (CloudAuth.SigV4) o.find(SIGV4);
    if (sigv4 != null && !"wss".equals(u.getScheme())) {
      throw o.error(SIGV4, "sigv4 requires an endpoint with wss://");
    }
    if (sigv4 != null && (!user.isEmpty() || !mechanism.isEmpty() || !file.isEmpty())) {
      throw o.error(
          SIGV4,
          "sigv4 cannot be combined with username, custom_authorizer or"
              + " enhanced_authentication");
    }
    if (authorizer != null && (!mechanism.isEmpty() || !secured)) {
      throw o.error(
          AUTHORIZER,
          "custom_authorizer requires an endpoint with mqtts:// or wss://, and without"
              + " enhanced_authentication");
    }
    String alpn = o.get(ALPN);
    if (!alpn.isEmpty() && !"mqtts".equals(u.getScheme())) {
      throw o.error(ALPN, "alpn requires an endpoint with mqtts://");
    }
    if (alpn.isEmpty() && authorizer != null && !webSocket && UrlHost.port(u) == 443) {
      alpn = "mqtt"; // AWS IoT selects the protocol on that port by ALPN
    }
    boolean tickets = mechanism.equals(GssapiLogin.METHOD);
    if (tickets != o.has(KERBEROS) || (tickets && (!o.get(VERSION) || o.has(PASSWORD)))) {
      throw o.error(
          "enhanced_authentication: "
              + GssapiLogin.METHOD
              + " and kerberos must be combined, with"
              + " version 5 and without password");
    }
    if (tickets && !file.isEmpty()) {
      throw o.error(PASSWORD_FILE, "password_file cannot be used with " + GssapiLogin.METHOD);
    }
    if (!mechanism.isEmpty()
        && !tickets
        && !tokens
        && (!MECHANISMS.contains(mechanism)
            || !o.get(VERSION)
            || user.isEmpty()
            || (!o.has(PASSWORD) && file.isEmpty()))) {
      throw o.error(
          ENHANCED,
          "enhanced_authentication must be one of "
              + String.join(", ", MECHANISMS)
              + ", with version 5, and username and password, "
              + GssapiLogin.METHOD
              + " and "
              + MqttTokenLogin.METHOD);
    }
    return new MqttSettings(
        UrlHost.bare(u),
        webSocket
            ? WebSocketAddress.port(u)
            : UrlHost.port(u) > 0 ? UrlHost.port(u) : secured ? 8883 : 1883,
        secured ? o.get(TLS).config() : null,
        SHARED_KEY.read(o, secured, UrlHost.bare(u), TLS, o.get(TLS).config()),
        alpn.isEmpty() ? List.of() : List.of(alpn),
        WebSocketAddress.of(u, "/mqtt", "mqtt", o, HEADERS),
        sigv4,
        o.get(VERSION),
        mechanism,
        o.find(KERBEROS),
        o.get(CLIENT_ID),
        user,
        o.find(PASSWORD),
        file,
        (int) qos,
        o.get(RETAIN),
        MESSAGES.read(
            o,
            t ->
                t.textsMatch("[^+#{}\\x00]*")
                    && !t.of(l -> "x").isEmpty()
                    && !t.of(l -> "x").startsWith("$"),
            "a name without + and #, and no $ at its beginning"),
        DeliverySettings.read(o, Duration.ofSeconds(10)));
  }
}

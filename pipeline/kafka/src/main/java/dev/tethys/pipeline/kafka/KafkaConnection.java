package dev.tethys.pipeline.kafka;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.web.kerberos.KerberosIdentity;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Connection settings of Kafka brokers, shared by receiver and exporter and named as in the
 * Collector.
 *
 * @param brokers {@code host:port}, some of the cluster's
 * @param properties Kafka client properties, including security
 */
public record KafkaConnection(List<String> brokers, Map<String, Object> properties) {
  private static final Section SASL = new Section("sasl", "SASL authentication.");
  private static final Key<String> USERNAME =
      SASL.key("username", Type.STRING, "", "User name at the broker.");
  private static final Key<Secret> PASSWORD =
      SASL.key("password", Type.SECRET, Secret.NONE, "Password of the user.");
  private static final Key<Boolean> DELEGATED =
      SASL.key(
          "delegation_token",
          Type.BOOL,
          false,
          "If true, username is the ID of a delegation token and password its "
              + "HMAC in Base64; SCRAM only.");
  private static final List<String> BY_PASSWORD =
      List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512");
  private static final List<String> BY_AWS = List.of(MskIdentity.MECHANISM, MskIdentity.BY_TOKENS);
  private static final Key<String> MECHANISM =
      SASL.key(
          "mechanism",
          Type.STRING,
          "PLAIN",
          "SASL mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, "
              + "AWS_MSK_IAM or AWS_MSK_IAM_OAUTHBEARER.");
  private static final Key<Reference> TOKEN_SOURCE =
      SASL.optional(
          "oauthbearer_token_source",
          Reference.TYPE,
          "Extension that provides the tokens for OAUTHBEARER, such as " + "oauth2client.");

  private static final Key<Map<String, String>> EXTENSIONS =
      SASL.key(
          "oauthbearer_extensions",
          Type.map(Type.STRING),
          Map.of(),
          "SASL extensions sent with the token, such as logicalCluster and "
              + "identityPoolId of Confluent Cloud.");

  private static final Key<CloudAuth> AWS =
      SASL.optional(
          "aws_msk",
          CloudAuth.SigV4.keys(
              "aws_msk", "AWS credentials that sign, for Amazon's mechanisms.", "broker_addr"),
          "AWS credentials that sign AWS_MSK_IAM and AWS_MSK_IAM_OAUTHBEARER.");

  static {
    SASL.key(
        "version", Type.INT, 1L, "No effect: the handshake version is negotiated with the broker.");
  }

  private record Sasl(Map<String, Object> properties) {}

  private static final Section AUTH = new Section("auth", "Authentication at the brokers.");
  private static final Key<Sasl> AUTH_SASL =
      AUTH.optional("sasl", SASL.type(KafkaConnection::sasl), "SASL mechanism and its settings.");
  private static final Key<KerberosIdentity> KERBEROS =
      AUTH.optional(
          "kerberos", KerberosIdentity.type("kafka"), "Kerberos authentication (GSSAPI).");
  private static final Section PLAIN_TEXT =
      new Section("plain_text", "Former way of writing sasl with the mechanism PLAIN.");
  private static final Key<String> PLAIN_USERNAME =
      PLAIN_TEXT.required("username", Type.STRING, "User name at the broker.");
  private static final Key<Secret> PLAIN_PASSWORD =
      PLAIN_TEXT.required("password", Type.SECRET, "Password of the user.");
  private static final Key<Sasl> AUTH_PLAIN =
      AUTH.optional(
          "plain_text",
          PLAIN_TEXT.type(o -> byPassword("PLAIN", o.get(PLAIN_USERNAME), o.get(PLAIN_PASSWORD))),
          "Former way of writing sasl with the mechanism PLAIN.");
  private static final Key<ClientTlsSettings> AUTH_TLS =
      AUTH.optional("tls", ClientTlsSettings.TYPE, "Former location of tls.");

  private record Auth(@Nullable Sasl sasl, @Nullable ClientTlsSettings tls) {}

  private static final Section RETRY =
      new Section("retry", "Retries of metadata requests that brokers do not answer.");
  private static final Key<Duration> BACKOFF =
      RETRY.key("backoff", GoDurations.TYPE, Duration.ofMillis(250), "Pause between attempts.");

  static {
    RETRY.key("max", Type.INT, 20L, "No effect: metadata requests are retried until the timeout.");
  }

  private static final Section METADATA =
      new Section("metadata", "Metadata of topics and brokers.");
  private static final Key<Duration> REFRESH_INTERVAL =
      METADATA.key(
          "refresh_interval",
          GoDurations.TYPE,
          Duration.ofMinutes(10),
          "Maximum age of the metadata.");
  private static final Key<Duration> METADATA_RETRY =
      METADATA.optional(
          "retry",
          RETRY.type(o -> o.get(BACKOFF)),
          "Retries of metadata requests that brokers do not answer.");

  static {
    METADATA.key("full", Type.BOOL, false, "No effect: metadata is requested for topics in use.");
  }

  private record Metadata(Duration refresh, @Nullable Duration backoff) {}

  /** The keys, to be included in the section of a component. */
  public static final Section SECTION = new Section("kafka", "Connection to the brokers.");

  /** A host name or an IPv4 address without a port, which then defaults to Kafka's. */
  private static final String BARE_HOST = "[^:\\s]+";

  private static final int PORT = 9092;
  private static final Key<List<String>> BROKERS =
      SECTION.key(
          "brokers",
          Type.list(Type.STRING),
          List.of("localhost:9092"),
          "Bootstrap brokers: host:port, or host for port 9092.");
  private static final Key<String> CLIENT_ID =
      SECTION.key(
          "client_id", Type.STRING, "otel-collector", "Client ID, shown in the logs of brokers.");

  static {
    SECTION.key(
        "protocol_version",
        Type.STRING,
        "",
        "No effect: API versions are negotiated with every broker.");
  }

  private static final Key<Boolean> CANONICAL =
      SECTION.key(
          "resolve_canonical_bootstrap_servers_only",
          Type.BOOL,
          false,
          "If true, host names of bootstrap brokers are resolved to canonical "
              + "names, as Kerberos and certificates may require.");
  private static final Key<ClientTlsSettings> TLS =
      SECTION.optional("tls", ClientTlsSettings.TYPE, "TLS settings of the connection.");
  private static final Key<Auth> AUTH_KEY =
      SECTION.optional("auth", AUTH.type(KafkaConnection::auth), "Authentication at the brokers.");
  private static final Key<Metadata> METADATA_KEY =
      SECTION.optional(
          "metadata",
          METADATA.type(o -> new Metadata(o.get(REFRESH_INTERVAL), o.find(METADATA_RETRY))),
          "Metadata of topics and brokers.");

  /** Reads the keys from a map that may contain others. */
  public static KafkaConnection read(YamlObject o) {
    List<String> brokers = o.get(BROKERS);
    if (brokers.isEmpty()) {
      throw o.error(BROKERS, "brokers requires at least one host:port");
    }
    List<String> addresses = new ArrayList<>();
    for (String b : brokers) {
      String a = b.matches(BARE_HOST) ? b + ":" + PORT : b;
      int colon = a.lastIndexOf(':');
      if (colon <= 0 || !a.substring(colon + 1).matches("\\d{1,5}")) {
        throw o.error(BROKERS, "\"" + b + "\" is not host:port");
      }
      addresses.add(a);
    }
    Map<String, Object> p = new HashMap<>();
    p.put("bootstrap.servers", String.join(",", addresses));
    p.put("client.id", o.get(CLIENT_ID));
    p.put("metadata.recovery.strategy", "rebootstrap");
    if (o.get(CANONICAL)) {
      p.put("client.dns.lookup", "resolve_canonical_bootstrap_servers_only");
    }
    Metadata m = o.find(METADATA_KEY);
    if (m != null) {
      p.put("metadata.max.age.ms", m.refresh.toMillis());
      if (m.backoff != null) {
        p.put("retry.backoff.ms", m.backoff.toMillis());
      }
    }
    Auth auth = o.find(AUTH_KEY);
    ClientTlsSettings tls = o.find(TLS);
    if (auth != null && auth.tls != null) {
      if (tls != null) {
        throw o.error(AUTH_KEY, "tls is set twice: auth.tls is its former location");
      }
      tls = auth.tls;
    }
    boolean encrypted = false;
    if (tls != null && !tls.insecure()) {
      encrypted = true;
      try {
        p.putAll(TlsProperties.of(tls.config()));
      } catch (IOException e) {
        throw o.error(TLS, "tls: " + e.getMessage());
      }
    }
    Sasl sasl = auth == null ? null : auth.sasl;
    if (sasl != null) {
      p.putAll(sasl.properties);
      p.put(KafkaTokenLogin.BROKER, brokers.getFirst().replaceFirst(":[0-9]*$", ""));
    }
    p.put(
        "security.protocol",
        sasl != null ? encrypted ? "SASL_SSL" : "SASL_PLAINTEXT" : encrypted ? "SSL" : "PLAINTEXT");
    return new KafkaConnection(List.copyOf(brokers), Map.copyOf(p));
  }

  /** Returns the property by which a client logs in with name and password. */
  static String jaas(String mechanism, String user, String password) {
    return "org.apache.kafka.common.security."
        + (mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule")
        + " required username="
        + quoted(user)
        + " password="
        + quoted(password)
        + ";";
  }

  /** Variant with a delegation token (Kafka's documentation, 7.3 "Delegation tokens"). */
  private static String delegated(String mechanism, String id, String hmac) {
    String plain = jaas(mechanism, id, hmac);
    return plain.substring(0, plain.length() - 1) + " tokenauth=\"true\";";
  }

  /** Quotes a value for {@code sasl.jaas.config}. */
  static String quoted(String s) {
    return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static Auth auth(YamlObject o) {
    Sasl sasl = o.find(AUTH_SASL);
    Sasl plain = o.find(AUTH_PLAIN);
    KerberosIdentity kerberos = o.find(KERBEROS);
    ClientTlsSettings tls = o.find(AUTH_TLS);
    long ways =
        Stream.of(o.has(AUTH_SASL), o.has(AUTH_PLAIN), o.has(KERBEROS)).filter(w -> w).count();
    if (ways > 1 || (ways == 0 && tls == null)) {
      throw o.error("auth requires either sasl or kerberos");
    }
    Sasl ticket = kerberos == null ? null : new Sasl(GssapiLogin.of(kerberos));
    return new Auth(sasl != null ? sasl : plain != null ? plain : ticket, tls);
  }

  /** Reads SASL extensions as RFC 7628 allows them; it reserves the key "auth". */
  private static Map<String, String> extensions(YamlObject o) {
    Map<String, String> m = o.get(EXTENSIONS);
    m.forEach(
        (name, value) -> {
          if (!name.matches("[A-Za-z]+") || name.equals("auth") || !value.matches("[ -~]+")) {
            throw o.error(
                EXTENSIONS,
                "oauthbearer_extensions must be names of letters, other than auth, and printable"
                    + " values: \""
                    + name
                    + "\"");
          }
        });
    return m;
  }

  private static Sasl sasl(YamlObject o) {
    String mechanism = o.get(MECHANISM);
    String user = o.get(USERNAME);
    Secret password = o.get(PASSWORD);
    Reference source = o.find(TOKEN_SOURCE);
    CloudAuth aws = o.find(AWS);
    if (o.has(EXTENSIONS) && !mechanism.equals(KafkaTokenLogin.MECHANISM)) {
      throw o.error(EXTENSIONS, "oauthbearer_extensions require the mechanism OAUTHBEARER");
    }
    boolean named = !user.isEmpty() || !password.isEmpty();
    boolean delegated = o.get(DELEGATED);
    if (delegated && !mechanism.startsWith("SCRAM-")) {
      throw o.error(DELEGATED, "delegation_token requires the mechanism SCRAM-SHA-256 and -512");
    }
    if (BY_AWS.contains(mechanism)) {
      if (named || source != null) {
        throw o.error(
            MECHANISM,
            mechanism
                + " requires aws_msk and cannot be combined with names or"
                + " oauthbearer_token_source");
      }
      CloudAuth.SigV4 who = aws instanceof CloudAuth.SigV4 c ? c : CloudAuth.SigV4.FOUND;
      return new Sasl(
          mechanism.equals(MskIdentity.MECHANISM) ? MskLogin.of(who) : KafkaTokenLogin.ofAws(who));
    }
    if (aws != null) {
      throw o.error(AWS, "aws_msk requires the mechanism " + String.join(" and ", BY_AWS));
    }
    if (mechanism.equals(KafkaTokenLogin.MECHANISM)) {
      if (source == null || named) {
        throw o.error(
            MECHANISM,
            "OAUTHBEARER requires oauthbearer_token_source, and neither username nor password");
      }
      return new Sasl(KafkaTokenLogin.of(source, extensions(o)));
    }
    if (!BY_PASSWORD.contains(mechanism)) {
      throw o.error(
          MECHANISM,
          "mechanism \""
              + mechanism
              + "\" is not supported; it must be one of "
              + String.join(", ", BY_PASSWORD)
              + ", OAUTHBEARER, "
              + String.join(", ", BY_AWS)
              + "; for GSSAPI use auth.kerberos");
    }
    if (source != null || user.isEmpty() || password.isEmpty()) {
      throw o.error(
          MECHANISM,
          mechanism + " requires username and password, and no oauthbearer_token_source");
    }
    return delegated
        ? new Sasl(
            Map.of(
                "sasl.mechanism",
                mechanism,
                "sasl.jaas.config",
                delegated(mechanism, user, password.value())))
        : byPassword(mechanism, user, password);
  }

  private static Sasl byPassword(String mechanism, String user, Secret password) {
    return new Sasl(
        Map.of(
            "sasl.mechanism",
            mechanism,
            "sasl.jaas.config",
            jaas(mechanism, user, password.value())));
  }
}

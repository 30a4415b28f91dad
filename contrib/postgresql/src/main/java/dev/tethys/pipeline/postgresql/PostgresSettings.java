package dev.tethys.pipeline.postgresql;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.ClientKeys;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.rows.HistogramRule;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameRule;
import dev.tethys.pipeline.naming.NameTemplate;
import dev.tethys.web.kerberos.KerberosIdentity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code postgresql} exporter.
 *
 * @param tables location of the tables; their names are in {@code names}
 * @param names table names by signal; for metrics, the name prefix
 * @param maxNames maximum number of names built from labels
 * @param auth extension that provides login tokens; null if none
 */
record PostgresSettings(
    PostgresAddress address,
    PostgresTables tables,
    Map<Signal, NameTemplate> names,
    int maxNames,
    boolean createSchema,
    @Nullable Reference auth,
    RowSettings rows,
    DeliverySettings delivery) {
  /** A name has at most 63 bytes, the last of which are used by {@code _series_metric}. */
  private static final NameRule TABLES = NameRule.words("$", 48);

  /** Forms of addresses, for messages. */
  static final String ADDRESSES =
      "postgresql://host:5432/db, or postgresql:///db?host=/var/run/postgresql of a socket";

  private static final ClientTlsSettings NO_TLS =
      new ClientTlsSettings(true, ClientTlsSettings.DEFAULT.config());

  private static final Section SECTION =
      new Section("postgresql", "Writes telemetry to PostgreSQL or TimescaleDB.")
          .include(DeliverySettings.SECTION);
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION, HistogramRule.NATIVE, Set.of(HistogramRule.NATIVE), 50_000, 16 << 20);
  private static final Key<String> ENDPOINT =
      SECTION.required(
          "endpoint",
          Type.STRING,
          "URL of the server: postgresql://host:5432/database; of several hosts "
              + "separated by commas, the primary is used; "
              + "postgresql:///database?host=/var/run/postgresql uses a socket.");
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "User name.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Password of the user.");
  private static final Key<String> PASSFILE =
      SECTION.key(
          "passfile", Type.PATH, "", "Password file in .pgpass format, instead of password.");
  private static final Key<KerberosIdentity> KERBEROS =
      SECTION.optional(
          "kerberos",
          KerberosIdentity.type("postgres"),
          "Kerberos ticket (GSSAPI), instead of a password.");
  private static final Key<Boolean> GSS_ENCRYPTION = gssEncryption(SECTION);
  private static final Key<Reference> AUTH =
      SECTION.optional(
          "auth",
          ClientKeys.AUTH_TYPE,
          "Extension that provides login tokens (oauth of PostgreSQL 18), instead of a"
              + " password.");
  private static final Key<ClientTlsSettings> TLS =
      SECTION.key(
          "tls", ClientTlsSettings.TYPE, ClientTlsSettings.DEFAULT, "TLS settings of the client.");
  private static final Key<Long> CONNECTIONS =
      SECTION.key("max_connections", Type.INT, 4L, "Maximum number of concurrent connections.");
  private static final Key<String> SCHEMA =
      SECTION.key("schema", Type.STRING, "public", "Schema of the tables.");
  private static final Key<String> PREFIX =
      SECTION.key(
          "metrics_table_prefix",
          Type.STRING,
          "metrics",
          "Prefix of _samples, _series, _histograms, _exemplars and _metadata; {label} is replaced"
              + " by the value of a label.");
  private static final Key<String> LOGS =
      SECTION.key(
          "logs_table_name",
          Type.STRING,
          "logs",
          "Table of logs; {attribute} is replaced by a resource attribute.");
  private static final Key<String> TRACES =
      SECTION.key(
          "traces_table_name",
          Type.STRING,
          "spans",
          "Table of spans; {attribute} is replaced by a resource attribute.");
  private static final Key<Long> MAX_NAMES = BoundedNames.key(SECTION, 100);
  private static final Key<Boolean> CREATE_SCHEMA =
      SECTION.key(
          "create_schema", Type.BOOL, true, "If true, missing schemas and tables are created.");
  private static final Key<Boolean> TIMESCALE =
      SECTION.key(
          "hypertables",
          Type.BOOL,
          false,
          "If true, tables with timestamps become TimescaleDB hypertables.");

  static {
    refuseOauth(SECTION, "auth must name an extension that provides tokens, such as oauth2client.");
    SECTION.notBuilt("retention", "Use pg_cron, pg_partman or TimescaleDB's policies.");
  }

  static final Type<PostgresSettings> TYPE = SECTION.type(PostgresSettings::read);

  private static NameTemplate name(YamlObject o, Key<String> key) {
    try {
      return NameTemplate.labelled(o.get(key), TABLES);
    } catch (IllegalArgumentException e) {
      throw o.error(key, key.name() + ": " + e.getMessage());
    }
  }

  /** Returns the names of a signal's tables. */
  NameTemplate names(Signal signal) {
    return Objects.requireNonNull(names.get(signal));
  }

  private static PostgresSettings read(YamlObject o) {
    PostgresPlace place = PostgresPlace.parse(o.get(ENDPOINT));
    if (place == null) {
      throw o.error(ENDPOINT, "\"endpoint\" must have the form " + ADDRESSES);
    }
    long connections = o.get(CONNECTIONS);
    if (connections < 1 || connections > 100) {
      throw o.error(CONNECTIONS, "max_connections must be 1 to 100");
    }
    DeliverySettings delivery = DeliverySettings.read(o, Duration.ofSeconds(30));
    ClientTlsSettings tls = place.socket() == null ? o.get(TLS) : NO_TLS;
    if (place.socket() != null && o.has(TLS) && !o.get(TLS).insecure()) {
      throw o.error(TLS, "tls cannot be used with a Unix socket");
    }
    Path passFile = passFile(o, PASSFILE, o.get(USERNAME), o.get(PASSWORD));
    KerberosIdentity kerberos = kerberos(o, KERBEROS, o.get(USERNAME), o.get(PASSWORD), passFile);
    if (kerberos != null && place.socket() != null) {
      throw o.error(KERBEROS, "tickets are not used on a Unix socket");
    }
    Reference auth = o.find(AUTH);
    if (auth != null) {
      wantsTokens(
          o,
          AUTH,
          o.get(PASSWORD).isEmpty() && passFile == null && kerberos == null ? o.get(USERNAME) : "",
          tls.insecure() ? null : tls.config());
    }
    return new PostgresSettings(
        new PostgresAddress(
            place,
            o.get(USERNAME),
            o.get(PASSWORD),
            passFile,
            kerberos,
            gssEncryption(o, GSS_ENCRYPTION, kerberos, tls.insecure()),
            tls.insecure() ? null : tls.config(),
            (int) connections,
            delivery.timeout()),
        new PostgresTables(o.get(SCHEMA), "", "", "", o.get(TIMESCALE)),
        Map.of(
            Signal.METRICS,
            name(o, PREFIX),
            Signal.LOGS,
            name(o, LOGS),
            Signal.TRACES,
            name(o, TRACES)),
        BoundedNames.read(o, MAX_NAMES),
        o.get(CREATE_SCHEMA),
        auth,
        ROWS.read(o),
        delivery);
  }

  /** Returns the password file of exporter and store, or null if none. */
  static @Nullable Path passFile(YamlObject o, Key<String> key, String user, Secret password) {
    String file = o.get(key);
    if (file.isEmpty()) {
      return null;
    }
    if (user.isEmpty() || !password.isEmpty()) {
      throw o.error(key, "passfile requires a username and cannot be combined with password");
    }
    return Path.of(file);
  }

  /** Kerberos identity of exporter and store; returns null if none. */
  static @Nullable KerberosIdentity kerberos(
      YamlObject o,
      Key<KerberosIdentity> key,
      String user,
      Secret password,
      @Nullable Path passFile) {
    KerberosIdentity k = o.find(key);
    if (k != null && (user.isEmpty() || !password.isEmpty() || passFile != null)) {
      throw o.error(
          key,
          "kerberos requires the username of the database and cannot be combined with password");
    }
    return k;
  }

  /** Returns the key of {@link #gssEncryption(YamlObject, Key, KerberosIdentity, boolean)}. */
  static Key<Boolean> gssEncryption(Section s) {
    return s.key(
        "gssencmode",
        Type.oneOf("gssencmode", "disable", false, "require", true),
        false,
        "Encryption of the connection with the ticket's key (GSSAPI) instead of TLS: "
            + "disable or require.");
  }

  /** Whether GSSAPI encrypts, of exporter and store. */
  static boolean gssEncryption(
      YamlObject o, Key<Boolean> key, @Nullable KerberosIdentity kerberos, boolean insecure) {
    boolean encrypts = o.get(key);
    if (encrypts && (kerberos == null || !insecure)) {
      throw o.error(key, "gssencmode: require requires kerberos, and TLS that is insecure: true");
    }
    return encrypts;
  }

  /**
   * Rejects settings that conflict with tokens, for exporter and store.
   *
   * @param user user name; may be empty if another setting identifies the user
   */
  static void wantsTokens(YamlObject o, Key<?> key, String user, @Nullable TlsConfig tls) {
    if (user.isEmpty()) {
      throw o.error(
          key, key.name() + " requires the username of the database and no other credentials");
    }
    if (tls == null || tls.insecureSkipVerify()) {
      throw o.error(
          key,
          key.name()
              + " requires TLS that verifies the server: any holder of the token is the user (RFC"
              + " 7628)");
    }
  }

  /**
   * Declares libpq's OAuth keys, whose flow requires a person to confirm a code, as unsupported;
   * for exporter and store.
   */
  static void refuseOauth(Section s, String instead) {
    for (String key :
        List.of("oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope")) {
      s.notBuilt(key, instead);
    }
  }
}

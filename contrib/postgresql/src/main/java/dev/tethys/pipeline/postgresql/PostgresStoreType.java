package dev.tethys.pipeline.postgresql;

import dev.tethys.config.Key;
import dev.tethys.config.OAuth2;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoreType;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.Tokens;
import dev.tethys.web.kerberos.KerberosIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tables of PostgreSQL as the {@code postgresql} exporter writes them; found as a service. */
public final class PostgresStoreType implements StoreType {
  private static final int CONNECTIONS = 8;

  private static final Section SECTION =
      new Section("postgresql store", "Tables written by the postgresql exporter.");
  private static final StoreConfig.Keys KEYS = new StoreConfig.Keys(SECTION, false);
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "User name.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Password of the user.");
  private static final Key<TlsConfig> TLS =
      SECTION.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings of the client.");
  private static final Key<Boolean> INSECURE =
      SECTION.key("insecure", Type.BOOL, false, "If true, TLS is not used.");
  private static final Key<String> PASSFILE =
      SECTION.key("passfile", Type.PATH, "", "Password file in .pgpass format.");
  private static final Key<KerberosIdentity> KERBEROS =
      SECTION.optional(
          "kerberos", KerberosIdentity.type("postgres"), "Kerberos authentication (GSSAPI).");
  private static final Key<OAuth2> OAUTH2 =
      SECTION.optional("oauth2", OAuth2.TYPE, "Login tokens (oauth of PostgreSQL 18).");
  private static final Key<String> TOKEN_FILE =
      SECTION.key(
          "oauth_token_file", Type.PATH, "", "File with a login token; read for each connection.");
  private static final Key<Boolean> GSS_ENCRYPTION = PostgresSettings.gssEncryption(SECTION);
  private static final Key<String> SCHEMA =
      SECTION.key("schema", Type.STRING, "public", "Schema of the tables.");
  private static final Key<String> PREFIX =
      SECTION.key(
          "metrics_table_prefix",
          Type.STRING,
          "metrics",
          "Prefix of the tables _samples, _series and so on.");

  static {
    PostgresSettings.refuseOauth(SECTION, "oauth2 fetches tokens, oauth_token_file holds one.");
  }

  @Override
  public String name() {
    return "postgresql";
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public StoreConfig read(YamlObject o) {
    PostgresTables tables = new PostgresTables(o.get(SCHEMA), o.get(PREFIX), "", "", false);
    String user = o.get(USERNAME);
    Secret password = o.get(PASSWORD);
    Path passFile = PostgresSettings.passFile(o, PASSFILE, user, password);
    KerberosIdentity kerberos = PostgresSettings.kerberos(o, KERBEROS, user, password, passFile);
    boolean gssEncryption =
        PostgresSettings.gssEncryption(o, GSS_ENCRYPTION, kerberos, o.get(INSECURE));
    TlsConfig tls = o.get(INSECURE) ? null : o.get(TLS);
    OAuth2 oauth2 = o.find(OAUTH2);
    String tokenFile = o.get(TOKEN_FILE);
    if (oauth2 != null || !tokenFile.isEmpty()) {
      boolean alone =
          (oauth2 == null || tokenFile.isEmpty())
              && password.isEmpty()
              && passFile == null
              && kerberos == null;
      PostgresSettings.wantsTokens(o, oauth2 == null ? TOKEN_FILE : OAUTH2, alone ? user : "", tls);
    }
    Map<String, @Nullable Object> shown = new LinkedHashMap<>();
    shown.put("username", user.isEmpty() ? null : user);
    shown.put("password", password.value().isEmpty() ? null : password);
    shown.put("passfile", passFile == null ? null : passFile.toString());
    shown.put("kerberos", kerberos == null ? null : kerberos.tree());
    shown.put("oauth2", oauth2 == null ? null : oauth2.tree());
    shown.put("oauth_token_file", tokenFile.isEmpty() ? null : tokenFile);
    shown.put("gssencmode", gssEncryption ? "require" : null);
    shown.put("insecure", tls == null ? true : null);
    shown.put("schema", tables.schema());
    shown.put("metrics_table_prefix", tables.prefix());
    StoreConfig read =
        KEYS.read(
            o,
            new MaskedKeys(shown),
            (c, s) -> {
              PostgresPlace at = Objects.requireNonNull(PostgresPlace.parse(c.url().toString()));
              return new PostgresStore(
                  c,
                  new PostgresPool(
                      new PostgresAddress(
                          at,
                          user,
                          password,
                          passFile,
                          kerberos,
                          gssEncryption,
                          at.socket() == null ? tls : null,
                          CONNECTIONS,
                          c.timeout()),
                      tokens(oauth2, tokenFile, c.timeout(), s.clients())),
                  new StoreLimits(s.limits().maxSamples(), c.maxBytes()),
                  tables);
            });
    PostgresPlace place = PostgresPlace.parse(read.url().toString());
    if (place == null) {
      throw o.error("\"url\" must have the form " + PostgresSettings.ADDRESSES);
    }
    if (place.socket() != null && (o.has(TLS) || kerberos != null)) {
      throw o.error(
          kerberos == null ? TLS : KERBEROS, "a Unix socket supports neither TLS nor Kerberos");
    }
    return read;
  }

  private static String token(String file) throws IOException {
    try {
      return Files.readString(Path.of(file)).strip();
    } catch (IOException e) {
      String reason = e instanceof NoSuchFileException ? "no such file" : e.getMessage();
      throw new IOException("cannot read oauth_token_file " + file + ": " + reason, e);
    }
  }

  private static @Nullable ClientAuth tokens(
      @Nullable OAuth2 oauth2, String file, Duration timeout, HttpClientFactory clients)
      throws IOException {
    if (oauth2 == null) {
      return file.isEmpty() ? null : () -> Map.of("Authorization", ClientAuth.BEARER + token(file));
    }
    Tokens tokens = clients.tokens(oauth2);
    return new ClientAuth() {
      @Override
      public Map<String, String> headers() throws IOException {
        try {
          return Map.of("Authorization", tokens.authorization(timeout));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted while a token was fetched", e);
        }
      }

      @Override
      public void refused() {
        tokens.refused();
      }
    };
  }
}

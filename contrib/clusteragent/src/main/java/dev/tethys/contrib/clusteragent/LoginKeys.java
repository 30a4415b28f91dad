package dev.tethys.contrib.clusteragent;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Keys of a login, inline in the section of a database or of credentials. */
final class LoginKeys {
  private static final int MAX_PASSWORD_BYTES = 64 << 10;

  private static final Section TLS =
      new Section("tls", "TLS of the connection. Files are read again when used.");
  private static final Key<String> CA_FILE =
      TLS.key("ca_file", Type.PATH, "", "File of CA certificates; the system's if empty.");
  private static final Key<String> CERT_FILE =
      TLS.key("cert_file", Type.PATH, "", "File of the client certificate chain.");
  private static final Key<String> KEY_FILE =
      TLS.key("key_file", Type.PATH, "", "File of the private key.");
  private static final Key<Boolean> SKIP =
      TLS.key(
          "insecure_skip_verify", Type.BOOL, false, "If true, any server certificate is accepted.");
  private static final Type<TlsConfig> TLS_TYPE = TLS.type(LoginKeys::tls);

  private final Key<String> user;
  private final Key<Secret> password;
  private final Key<String> passwordFile;
  private final Key<String> passwordEnv;
  private final Key<String> database;
  private final Key<TlsConfig> tls;

  /** Adds the keys to a section. */
  LoginKeys(Section to) {
    user = to.key("user", Type.STRING, "", "User.");
    password = to.key("password", Type.SECRET, Secret.NONE, "Password.");
    passwordFile =
        to.key("password_file", Type.PATH, "", "File of the password, read at each login.");
    passwordEnv = to.key("password_env", Type.STRING, "", "Environment variable of the password.");
    database =
        to.key(
            "database",
            Type.STRING,
            "",
            "Database that the connection opens: of PostgreSQL the one with pg_stat_statements, by"
                + " default postgres; of Redis its number; of MongoDB that of the user, by default"
                + " admin.");
    tls = to.optional("tls", TLS_TYPE, "TLS; without the key the connection is plain.");
  }

  private static TlsConfig tls(YamlObject o) {
    String cert = o.get(CERT_FILE);
    String key = o.get(KEY_FILE);
    if (cert.isEmpty() != key.isEmpty()) {
      throw o.error("cert_file and key_file must be set together");
    }
    return tls(o.get(CA_FILE), cert, key, o.get(SKIP));
  }

  /** TLS with a client certificate, if its files are not empty. */
  static TlsConfig tls(String caFile, String certFile, String keyFile, boolean skipVerify) {
    return new TlsConfig(
        "", caFile, "", certFile, Secret.NONE, keyFile, "", skipVerify, null, null);
  }

  /** Reads the login for a kind of server. */
  DatabaseLogin read(
      YamlObject o, DatabaseEngine engine, Function<String, @Nullable String> environment) {
    if (engine == DatabaseEngine.MEMCACHED && (o.has(user) || o.has(password))) {
      throw o.error("memcached has no login; remove user and password");
    }
    String name = o.get(database);
    if (engine == DatabaseEngine.REDIS && !name.matches("\\d{0,5}")) {
      throw o.error(database, "\"" + name + "\" is not the number of a database of Redis");
    }
    Secret fixed = o.get(password);
    String file = o.get(passwordFile);
    String variable = o.get(passwordEnv);
    int given = (fixed.isEmpty() ? 0 : 1) + (file.isEmpty() ? 0 : 1) + (variable.isEmpty() ? 0 : 1);
    if (given > 1) {
      throw o.error("set only one of password, password_file and password_env");
    }
    TlsConfig secured = o.find(tls);
    if (!file.isEmpty()) {
      Path path = Path.of(file);
      return new DatabaseLogin(
          o.get(user),
          () -> password(path),
          name,
          secured,
          DatabaseLogin.key(o.get(user), "file " + file, name, secured));
    }
    if (!variable.isEmpty()) {
      String value = environment.apply(variable);
      if (value == null) {
        throw o.error(passwordEnv, "environment variable " + variable + " is not set");
      }
      return DatabaseLogin.of(o.get(user), new Secret(value), name, secured);
    }
    return DatabaseLogin.of(o.get(user), fixed, name, secured);
  }

  private static Secret password(Path file) throws IOException {
    if (Files.size(file) > MAX_PASSWORD_BYTES) {
      throw new IOException(file + ": more than " + MAX_PASSWORD_BYTES + " bytes");
    }
    return new Secret(Files.readString(file, StandardCharsets.UTF_8).stripTrailing());
  }
}

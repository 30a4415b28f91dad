package dev.tethys.collect.database.redis;

import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.web.Htpasswd;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.WebConfig;
import dev.tethys.web.WebConfig.ServerTls;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * TLS and the user of the exporter's own pages, by redis_exporter's flags.
 *
 * @param tls null for plain HTTP or the settings of {@code --web.config.file}
 * @param user null for all users
 */
record RedisPages(WebConfig.@Nullable Source tls, @Nullable Htpasswd user) {

  private static final String KEY = "tls-server-key-file";
  private static final String CERT = "tls-server-cert-file";
  private static final String CA = "tls-server-ca-cert-file";
  private static final String MIN_VERSION = "tls-server-min-version";
  private static final String USER = "basic-auth-username";
  private static final String PASSWORD = "basic-auth-password";
  private static final String HASH = "basic-auth-hash-password";

  private static final Map<String, TlsVersion> VERSIONS =
      Map.of(
          "TLS1.0", TlsVersion.TLS10,
          "TLS1.1", TlsVersion.TLS11,
          "TLS1.2", TlsVersion.TLS12,
          "TLS1.3", TlsVersion.TLS13);

  static final List<ExporterFlag> FLAGS =
      List.of(
          ExporterFlag.of(KEY, Kind.PATH, "", "Private key of the exporter's pages; enables TLS."),
          ExporterFlag.of(CERT, Kind.PATH, "", "Certificate of the exporter's pages."),
          ExporterFlag.of(
              CA,
              Kind.PATH,
              "",
              "Certificate authority that client certificates must be signed by."),
          ExporterFlag.of(
              MIN_VERSION,
              Kind.STRING,
              "TLS1.2",
              "Minimum TLS version of the exporter's pages: TLS1.2 or TLS1.3; older versions are"
                  + " not supported."),
          ExporterFlag.of(USER, Kind.STRING, "", "Username for the exporter's pages."),
          ExporterFlag.of(PASSWORD, Kind.SECRET, "", "Password for the exporter's pages."),
          ExporterFlag.of(
              HASH, Kind.SECRET, "", "Bcrypt hash of the password for the exporter's pages."));

  /**
   * Reads the flags. Incomplete TLS or user settings are rejected; redis_exporter would then serve
   * without TLS or a password.
   */
  static RedisPages of(ExporterSettings flags) {
    return new RedisPages(tls(flags), user(flags));
  }

  private static WebConfig.@Nullable Source tls(ExporterSettings flags) {
    String key = flags.get(KEY);
    String cert = flags.get(CERT);
    String ca = flags.get(CA);
    if (key.isEmpty() != cert.isEmpty() || (cert.isEmpty() && !ca.isEmpty())) {
      throw new IllegalArgumentException(
          "--" + KEY + " and --" + CERT + " must be set together and no --" + CA);
    }
    TlsVersion min = VERSIONS.get(flags.get(MIN_VERSION));
    if (min == null) {
      throw new IllegalArgumentException(
          "--"
              + MIN_VERSION
              + ": \""
              + flags.get(MIN_VERSION)
              + "\" is unknown; expected one of: "
              + String.join(", ", VERSIONS.keySet().stream().sorted().toList()));
    }
    return cert.isEmpty()
        ? null
        : () ->
            new WebConfig(
                ServerTls.read(
                    "", cert, Secret.NONE, key, ca, min, TlsVersion.TLS13, List.of(), List.of()),
                true,
                Map.of(),
                Map.of(),
                null);
  }

  private static @Nullable Htpasswd user(ExporterSettings flags) {
    String user = flags.get(USER);
    Secret password = new Secret(flags.get(PASSWORD));
    Secret hash = new Secret(flags.get(HASH));
    if (!password.isEmpty() && !hash.isEmpty()) {
      throw new IllegalArgumentException(
          "--" + PASSWORD + " and --" + HASH + ": only one can be set");
    }
    if (user.isEmpty() != (password.isEmpty() && hash.isEmpty())) {
      throw new IllegalArgumentException(
          "--" + USER + " and one of --" + PASSWORD + " and --" + HASH + " must be set together");
    }
    if (user.isEmpty()) {
      return null;
    }
    try {
      return hash.isEmpty() ? Htpasswd.plain(user, password) : Htpasswd.bcrypt(user, hash);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--" + HASH + ": " + e.getMessage(), e);
    }
  }

  boolean admits(HttpRequest request) {
    Htpasswd u = user;
    return u == null || u.accepts(request.headers("Authorization"));
  }
}

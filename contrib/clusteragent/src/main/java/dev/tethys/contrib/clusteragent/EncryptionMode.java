package dev.tethys.contrib.clusteragent;

import dev.tethys.config.TlsConfig;
import dev.tethys.model.telemetry.Attributes;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a connection in the words of the Go drivers: {@code sslmode} of PostgreSQL, {@code tls} of
 * MySQL.
 *
 * @param tls null for a plain connection
 * @param problem why the word is not accepted; empty if it is
 */
record EncryptionMode(@Nullable TlsConfig tls, String problem) {
  static final EncryptionMode PLAIN = new EncryptionMode(null, "");

  private static final TlsConfig VERIFIED = LoginKeys.tls("", "", "", false);
  private static final TlsConfig UNVERIFIED = LoginKeys.tls("", "", "", true);

  /** Mode of a word; plain for an empty one. */
  static EncryptionMode of(DatabaseEngine engine, String word) {
    return switch (word.toLowerCase(Locale.ROOT)) {
      case "", "disable", "false" -> PLAIN;
      case "require", "skip-verify" -> new EncryptionMode(UNVERIFIED, "");
      case "verify-ca", "verify-full", "true" -> new EncryptionMode(VERIFIED, "");
      default -> {
        boolean mysql = engine == DatabaseEngine.MYSQL;
        String shown = word.length() > 32 ? word.substring(0, 32) + "…" : word;
        yield new EncryptionMode(
            null,
            (mysql ? "tls" : "sslmode")
                + " \""
                + shown
                + "\" is not supported; use "
                + (mysql ? "true, skip-verify or false" : "verify-full, require or disable"));
      }
    };
  }

  /** Adds the parameter of a connection; TLS with files has the word of verified TLS. */
  static void params(DatabaseEngine engine, @Nullable TlsConfig tls, Attributes to) {
    boolean skip = tls != null && tls.insecureSkipVerify();
    switch (engine) {
      case POSTGRES ->
          to.put("sslmode", tls == null ? "disable" : skip ? "require" : "verify-full");
      case MYSQL -> to.put("tls", tls == null ? "false" : skip ? "skip-verify" : "true");
      default -> {}
    }
  }
}

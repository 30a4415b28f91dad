package dev.tethys.pipeline.client;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/** Values of the Collector's {@code tls} that clients and servers have in common. */
public final class TlsKeys {
  /** Suites that are safe, as Go has them. */
  private static final Set<String> SUITES =
      Set.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
          "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
          "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
          "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");

  /** Suites by IANA's names; those of TLS 1.3 are always enabled. */
  public static final Type<List<String>> CIPHER_SUITES =
      Type.list(Type.of("cipher suite", null, TlsKeys::suite));

  /** Curves of the key exchange, as Java calls them. */
  public static final Type<List<String>> CURVES = Type.list(Type.of("curve", null, TlsKeys::curve));

  private static final SequencedMap<String, String> CURVE_NAMES = new LinkedHashMap<>();

  static {
    CURVE_NAMES.put("P256", "secp256r1");
    CURVE_NAMES.put("P384", "secp384r1");
    CURVE_NAMES.put("P521", "secp521r1");
    CURVE_NAMES.put("X25519", "x25519");
  }

  private TlsKeys() {}

  /** Returns the key for insecure cipher suites, which are never used, regardless of its value. */
  public static Key<Boolean> insecureSuites(Section s) {
    return s.key(
        "include_insecure_cipher_suites",
        Type.BOOL,
        false,
        "Only false is accepted: these cipher suites are broken.");
  }

  /** Refuses them. */
  public static void check(YamlObject o, Key<Boolean> insecureSuites) {
    if (o.get(insecureSuites)) {
      throw o.error(
          insecureSuites,
          insecureSuites.name() + ": insecure cipher suites are not supported; remove the key");
    }
  }

  /** Returns the type of TLS versions as written in the Collector. */
  public static Type<TlsVersion> versions() {
    SequencedMap<String, TlsVersion> m = new LinkedHashMap<>();
    m.put("1.0", TlsVersion.TLS10);
    m.put("1.1", TlsVersion.TLS11);
    m.put("1.2", TlsVersion.TLS12);
    m.put("1.3", TlsVersion.TLS13);
    return Type.oneOf("TLS version", m);
  }

  private static String suite(YamlNode n) {
    String s = n.asString();
    if (!SUITES.contains(s)) {
      throw n.error(
          "\""
              + s
              + "\" is not a secure cipher suite; it must be one of "
              + String.join(", ", SUITES.stream().sorted().toList()));
    }
    return s;
  }

  private static String curve(YamlNode n) {
    String s = n.asString();
    if (s.equals("X25519MLKEM768")) {
      throw n.error(
          "X25519MLKEM768 is not supported: it requires Java 27; use one of "
              + String.join(", ", CURVE_NAMES.keySet()));
    }
    String java = CURVE_NAMES.get(s);
    if (java == null) {
      throw n.error(
          "unknown curve \"" + s + "\"; allowed: " + String.join(", ", CURVE_NAMES.keySet()));
    }
    return java;
  }
}

package dev.tethys.pipeline.exporter.mqtt;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.exporter.client.LineSockets;
import dev.tethys.web.client.PreSharedKey;
import dev.tethys.web.client.PskTls;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS with a pre-shared key instead of certificates.
 *
 * @param key null if it is in the file
 * @param file key file, read for each connection; "" for none
 * @param serverName requested server name; "" for none
 * @param newest whether TLS 1.3 is used; otherwise 1.2
 */
record PskSettings(
    String identity, @Nullable PreSharedKey key, String file, String serverName, boolean newest) {

  /** The keys, in a section. */
  static final class Keys {
    private final Key<Secret> psk;
    private final Key<String> file;
    private final Key<String> identity;

    Keys(Section section) {
      psk =
          section.optional(
              "psk",
              Type.SECRET,
              "Pre-shared key in hexadecimal digits, for TLS without certificates.");
      file =
          section.key(
              "psk_file", Type.PATH, "", "File with the pre-shared key, read for each connection.");
      identity =
          section.key(
              "psk_identity",
              Type.STRING,
              "",
              "Identity that names the pre-shared key to the broker.");
    }

    /** Reads the settings; returns null if no key is configured. */
    @Nullable PskSettings read(
        YamlObject o, boolean secured, String host, Key<?> tlsKey, TlsConfig tls) {
      if (!o.has(psk) && !o.has(file) && !o.has(identity)) {
        return null;
      }
      Key<?> first = o.has(psk) ? psk : o.has(file) ? file : identity;
      if (o.get(identity).isEmpty() || o.has(psk) == !o.get(file).isEmpty()) {
        throw o.error(first, "psk_identity requires exactly one of psk and psk_file");
      }
      if (!secured) {
        throw o.error(first, first.name() + " requires an endpoint with mqtts:// or wss://");
      }
      if (!tls.equals(versions(tls))) {
        throw o.error(
            tlsKey,
            "with psk_identity, tls supports only server_name_override, min_version and"
                + " max_version: the key replaces certificates and authorities");
      }
      Secret digits = o.find(psk);
      PreSharedKey key = null;
      if (digits != null) {
        try {
          key = PreSharedKey.of(o.get(identity), digits.value());
        } catch (IllegalArgumentException e) {
          throw o.error(psk, "psk: " + e.getMessage());
        }
      }
      String name = tls.serverName().isEmpty() ? host : tls.serverName();
      return new PskSettings(
          o.get(identity),
          key,
          o.get(file),
          isAddress(name) ? "" : name,
          tls.minVersion() == TlsVersion.TLS13);
    }

    /** Returns the TLS settings that apply without certificates. */
    private static TlsConfig versions(TlsConfig tls) {
      TlsConfig d = TlsConfig.DEFAULT;
      return new TlsConfig(
          d.ca(),
          d.caFile(),
          d.cert(),
          d.certFile(),
          d.key(),
          d.keyFile(),
          tls.serverName(),
          d.insecureSkipVerify(),
          tls.minVersion(),
          tls.maxVersion());
    }

    /** Whether the host is an address, which cannot be a requested server name (RFC 6066). */
    private static boolean isAddress(String host) {
      return host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    }
  }

  /**
   * Checks that the optional TLS-PSK library is installed if a key is configured.
   *
   * @param name destination name used in error messages
   */
  static void check(@Nullable PskSettings key, String name) {
    if (key == null) {
      return;
    }
    try {
      PskTls.find();
    } catch (IOException e) {
      throw new ConfigException(name, "psk_identity: " + e.getMessage());
    }
  }

  /**
   * Shakes hands.
   *
   * @param alpn protocols that are offered
   */
  void secure(LineSockets.Line line, List<String> alpn) throws IOException {
    line.secure(
        PskTls.find(), new PskTls.Offer(key == null ? read() : key, serverName, newest, alpn));
  }

  private PreSharedKey read() throws IOException {
    try {
      return PreSharedKey.of(identity, MqttTokenLogin.read(file));
    } catch (IllegalArgumentException e) {
      throw new IOException("psk_file " + file + ": " + e.getMessage(), e);
    }
  }
}

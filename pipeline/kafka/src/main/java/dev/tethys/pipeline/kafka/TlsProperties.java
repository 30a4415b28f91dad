package dev.tethys.pipeline.kafka;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@code tls_config} as properties of Kafka's client, which cannot check another server name. */
final class TlsProperties {
  private TlsProperties() {}

  /**
   * The properties, files read.
   *
   * @throws IOException when one cannot be read
   */
  static Map<String, Object> of(TlsConfig t) throws IOException {
    Map<String, Object> p = new HashMap<>();
    p.put("ssl.endpoint.identification.algorithm", t.insecureSkipVerify() ? "" : "https");
    String ca = pem(t.ca(), t.caFile());
    if (!ca.isEmpty()) {
      p.put("ssl.truststore.type", "PEM");
      p.put("ssl.truststore.certificates", ca);
    }
    String cert = pem(t.cert(), t.certFile());
    if (!cert.isEmpty()) {
      p.put("ssl.keystore.type", "PEM");
      p.put("ssl.keystore.certificate.chain", cert);
      p.put("ssl.keystore.key", pem(t.key().value(), t.keyFile()));
    }
    TlsConfig.TlsVersion min = t.minVersion();
    TlsConfig.TlsVersion max = t.maxVersion();
    if (min != null || max != null) {
      p.put(
          "ssl.enabled.protocols",
          String.join(",", versions(min == null ? TlsConfig.TlsVersion.TLS12 : min, max)));
    }
    return p;
  }

  private static List<String> versions(
      TlsConfig.TlsVersion min, TlsConfig.@Nullable TlsVersion max) {
    return Arrays.stream(TlsConfig.TlsVersion.values())
        .filter(v -> v.compareTo(min) >= 0 && (max == null || v.compareTo(max) <= 0))
        .map(TlsConfig.TlsVersion::protocol)
        .toList();
  }

  private static String pem(String text, String file) throws IOException {
    if (file.isEmpty()) {
      return text;
    }
    try {
      return Files.readString(Path.of(file));
    } catch (NoSuchFileException e) {
      throw new IOException(file + " cannot be read: no such file", e);
    } catch (IOException e) {
      throw new IOException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}

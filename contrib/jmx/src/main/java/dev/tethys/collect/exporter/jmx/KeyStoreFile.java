package dev.tethys.collect.exporter.jmx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A key store of Java in a file.
 *
 * @param type {@code JKS}, {@code PKCS12} …
 * @param password "" for none; not shown by anything
 */
record KeyStoreFile(String filename, String type, String password) {
  private static final long MAX_BYTES = 16 << 20;

  /**
   * Reads it.
   *
   * @throws IOException that names the file, when that cannot be done
   */
  KeyStore load() throws IOException {
    Path file = Path.of(filename);
    try (InputStream in = Files.newInputStream(file)) {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException("it is larger than " + MAX_BYTES + " bytes");
      }
      KeyStore s = KeyStore.getInstance(type);
      s.load(in, password.isEmpty() ? null : password.toCharArray());
      return s;
    } catch (NoSuchFileException e) {
      throw new IOException("cannot read the store " + filename + ": no such file", e);
    } catch (IOException | GeneralSecurityException e) {
      throw new IOException("cannot read the store " + filename + ": " + e.getMessage(), e);
    }
  }

  /** Returns the certificates trusted by a store; null for Java's own. */
  static List<X509Certificate> issuers(@Nullable KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory t =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    t.init(store);
    for (TrustManager m : t.getTrustManagers()) {
      if (m instanceof X509TrustManager x) {
        return List.of(x.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  @Override
  public String toString() {
    return filename;
  }
}

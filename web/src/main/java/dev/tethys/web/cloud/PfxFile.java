package dev.tethys.web.cloud;

import dev.tethys.config.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key and its certificates in one file (PKCS#12, RFC 7292).
 *
 * @param chain the key's own first
 */
record PfxFile(PrivateKey key, List<X509Certificate> chain) {
  /** The first byte of ASN.1's structures, with which no PEM text starts. */
  private static final byte STRUCTURE = 0x30;

  /** Null if the file is of another kind. */
  static @Nullable PfxFile find(Path file, Secret password)
      throws IOException, GeneralSecurityException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length == 0 || bytes[0] != STRUCTURE) {
      return null;
    }
    char[] secret = password.value().toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(new ByteArrayInputStream(bytes), secret);
    } catch (IOException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    for (Enumeration<String> names = store.aliases(); names.hasMoreElements(); ) {
      String name = names.nextElement();
      if (store.getKey(name, secret) instanceof PrivateKey key) {
        List<X509Certificate> chain = new ArrayList<>();
        Certificate @Nullable [] certificates = store.getCertificateChain(name);
        if (certificates == null) {
          throw new IOException(file + " holds no certificate of its key");
        }
        for (Certificate c : certificates) {
          if (c instanceof X509Certificate x) {
            chain.add(x);
          }
        }
        return new PfxFile(key, List.copyOf(chain));
      }
    }
    throw new IOException(file + " holds no key");
  }
}

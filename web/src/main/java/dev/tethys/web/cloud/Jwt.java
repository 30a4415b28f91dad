package dev.tethys.web.cloud;

import dev.tethys.web.internal.Pem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** JSON web tokens signed with RS256. */
final class Jwt {
  private Jwt() {}

  static String base64(byte[] b) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(b);
  }

  /** A token; algorithm and type precede the header's other fields. */
  static String signed(Map<String, Object> header, Map<String, Object> claims, String keyPem)
      throws IOException {
    return signed(header, claims, Pem.privateKey(keyPem));
  }

  /** Signs with a given key. */
  static String signed(Map<String, Object> header, Map<String, Object> claims, PrivateKey key)
      throws IOException {
    Map<String, Object> h = new LinkedHashMap<>();
    h.put("alg", "RS256");
    h.put("typ", "JWT");
    h.putAll(header);
    String text =
        base64(CredentialDependencies.toJson(h))
            + "."
            + base64(CredentialDependencies.toJson(claims));
    try {
      Signature s = Signature.getInstance("SHA256withRSA");
      s.initSign(key);
      s.update(text.getBytes(StandardCharsets.US_ASCII));
      return text + "." + base64(s.sign());
    } catch (GeneralSecurityException e) {
      throw new IOException("the key cannot sign: " + e.getMessage(), e);
    }
  }

  /** Returns the certificates of a PEM file. */
  static List<X509Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    List<X509Certificate> out = new ArrayList<>();
    String text = Files.readString(file);
    Matcher m =
        Pattern.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", Pattern.DOTALL)
            .matcher(text);
    CertificateFactory f = CertificateFactory.getInstance("X.509");
    while (m.find()) {
      out.add(
          (X509Certificate)
              f.generateCertificate(
                  new ByteArrayInputStream(m.group().getBytes(StandardCharsets.US_ASCII))));
    }
    if (out.isEmpty()) {
      throw new IOException(file + " holds no certificate as PEM text");
    }
    return out;
  }
}

package dev.tethys.web.cloud;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.internal.Pem;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Identity of an Oracle Cloud machine ("instance principal"). The metadata service returns a
 * certificate; its key signs the request for a token that is bound to a newly generated key pair.
 * That pair and token sign all other requests until five minutes before the token expires.
 */
public final class OciInstanceIdentity implements OciIdentity {
  private static final String METADATA = "http://169.254.169.254/opc/v2";
  private static final Duration LOCAL_TIMEOUT = Duration.ofSeconds(5);
  private static final Pattern TENANCY = Pattern.compile("opc-(?:tenant|identity):([^,+\\s]+)");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private record Session(SigningKey key, String tenancy, Instant expires) {}

  private final CredentialDependencies dependencies;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable Session kept;

  public OciInstanceIdentity(CredentialDependencies dependencies) {
    this.dependencies = dependencies;
  }

  @Override
  public SigningKey key() throws IOException, InterruptedException {
    return session().key;
  }

  @Override
  public String tenancy() throws IOException, InterruptedException {
    return session().tenancy;
  }

  @Override
  public void refused() {
    lock.lock();
    try {
      kept = null;
    } finally {
      lock.unlock();
    }
  }

  private Session session() throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      Session s = kept;
      if (s == null
          || !dependencies.clock().instant().isBefore(s.expires.minus(BearerTokens.EARLY))) {
        s = fetch();
        kept = s;
      }
      return s;
    } finally {
      lock.unlock();
    }
  }

  private String metadata(String path) throws IOException, InterruptedException {
    String own = dependencies.variable("OCI_METADATA_BASE_URL");
    URI uri = CredentialDependencies.url((own.isEmpty() ? METADATA : own) + path);
    try {
      return dependencies.text(
          ClientRequest.get(uri)
              .withHeader("Authorization", "Bearer Oracle")
              .withTimeout(LOCAL_TIMEOUT));
    } catch (IOException e) {
      throw new IOException(
          "instance_principal: the machine's metadata cannot be read (is this an instance of"
              + " Oracle's cloud?): "
              + e.getMessage(),
          e);
    }
  }

  private Session fetch() throws IOException, InterruptedException {
    Pem.KeyPair leaf = Pem.keyPair(metadata("/identity/cert.pem"), metadata("/identity/key.pem"));
    List<X509Certificate> between = Pem.certificates(metadata("/identity/intermediate.pem"));
    X509Certificate certificate = leaf.chain().getFirst();
    Matcher m = TENANCY.matcher(certificate.getSubjectX500Principal().getName());
    if (!m.find()) {
      throw new IOException(
          "instance_principal: the machine's certificate names no tenancy: "
              + certificate.getSubjectX500Principal());
    }
    String tenancy = m.group(1);
    JsonNode region;
    try {
      region = JSON.readTree(metadata("/instance/regionInfo"));
    } catch (JacksonException e) {
      throw new IOException(
          "instance_principal: the machine's metadata of its region is not JSON", e);
    }
    String url =
        "https://auth."
            + region.path("regionIdentifier").asString("")
            + "."
            + region.path("realmDomainComponent").asString("")
            + "/v1/x509";
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      KeyPair pair = generator.generateKeyPair();
      Map<String, Object> asked = new LinkedHashMap<>();
      asked.put("certificate", base64(certificate.getEncoded()));
      asked.put("publicKey", base64(pair.getPublic().getEncoded()));
      asked.put("intermediateCertificates", encoded(between));
      asked.put("fingerprintAlgorithm", "SHA256");
      ClientRequest call =
          ClientRequest.post(
              CredentialDependencies.url(url),
              "application/json",
              CredentialDependencies.toJson(asked));
      SigningKey own =
          new SigningKey(tenancy + "/fed-x509-sha256/" + fingerprint(certificate), leaf.key());
      JsonNode answer =
          dependencies.json(
              OciSigner.signed(call, own, dependencies.clock().instant(), OciSigner.OF_FEDERATION));
      String token = answer.path("token").asString("");
      return new Session(
          new SigningKey("ST$" + token, pair.getPrivate()), tenancy, expires(url, token));
    } catch (GeneralSecurityException e) {
      throw new IOException("instance_principal: " + e.getMessage(), e);
    }
  }

  private static List<String> encoded(List<X509Certificate> certificates)
      throws GeneralSecurityException {
    List<String> out = new java.util.ArrayList<>();
    for (X509Certificate c : certificates) {
      out.add(base64(c.getEncoded()));
    }
    return out;
  }

  private static Instant expires(String url, String token) throws IOException {
    String[] parts = token.split("\\.", -1);
    try {
      long exp =
          parts.length == 3
              ? JSON.readTree(
                      new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8))
                  .path("exp")
                  .asLong(0)
              : 0;
      if (exp > 0) {
        return Instant.ofEpochSecond(Math.min(exp, 1L << 40));
      }
    } catch (JacksonException | IllegalArgumentException e) {
      // reported below
    }
    throw new IOException(url + " sent a token without an expiry");
  }

  private static String base64(byte[] b) {
    return Base64.getEncoder().encodeToString(b);
  }

  private static String fingerprint(X509Certificate c) throws GeneralSecurityException {
    return HexFormat.ofDelimiter(":")
        .formatHex(MessageDigest.getInstance("SHA-256").digest(c.getEncoded()))
        .toLowerCase(Locale.ROOT);
  }
}

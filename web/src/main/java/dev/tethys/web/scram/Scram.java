package dev.tethys.web.scram;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** One login by SCRAM (RFC 5802, RFC 7677), without channel binding. */
public final class Scram {
  public static final String SHA_1 = "SCRAM-SHA-1";
  public static final String SHA_256 = "SCRAM-SHA-256";
  public static final String SHA_512 = "SCRAM-SHA-512";

  /** Minimum from RFC 7677. */
  private static final int MIN_ITERATIONS = 4096;

  private static final int MAX_ITERATIONS = 10_000_000;

  private final String hash;
  private final String nonce;
  private final byte[] password;
  private final String first;
  private byte[] expected = new byte[0];

  /**
   * Client with a prepared password.
   *
   * @param mechanism one of the three
   * @param used prepared password
   * @param nonce printable, without commas, never used before
   */
  public Scram(String mechanism, String user, byte[] used, String nonce) {
    this.hash = mechanism.substring("SCRAM-SHA-".length());
    this.nonce = nonce;
    this.first = "n=" + user.replace("=", "=3D").replace(",", "=2C") + ",r=" + nonce;
    this.password = used.clone();
  }

  /**
   * One of a password as its owner writes it.
   *
   * @throws IOException if it has characters that no password may have
   */
  public static Scram of(String mechanism, String user, String password, String nonce)
      throws IOException {
    try {
      return new Scram(
          mechanism, user, SaslPrep.prepare(password).getBytes(StandardCharsets.UTF_8), nonce);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** First message of the client. */
  public String first() {
    return "n,," + first;
  }

  /**
   * The proof, in response to salt and number of iterations.
   *
   * @throws IOException if the server's message does not belong to this login, or the iteration
   *     count is too low
   */
  public String proof(String challenge) throws IOException {
    Map<String, String> c = attributes(challenge);
    String both = c.getOrDefault("r", "");
    String salt = c.getOrDefault("s", "");
    String rounds = c.getOrDefault("i", "");
    if (!both.startsWith(nonce) || both.length() == nonce.length()) {
      throw new IOException("the server's nonce does not continue ours");
    }
    int iterations = rounds.matches("\\d{1,8}") ? Integer.parseInt(rounds) : 0;
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      throw new IOException("the server requests " + rounds + " iterations");
    }
    String last = "c=biws,r=" + both;
    byte[] signed = (first + "," + challenge + "," + last).getBytes(StandardCharsets.UTF_8);
    try {
      byte[] salted = derivedKey(Base64.getDecoder().decode(salt), iterations);
      byte[] key = mac(salted, "Client Key".getBytes(StandardCharsets.UTF_8));
      byte[] stored = MessageDigest.getInstance("SHA-" + hash).digest(key);
      byte[] signature = mac(stored, signed);
      for (int i = 0; i < key.length; i++) {
        key[i] ^= signature[i];
      }
      expected = mac(mac(salted, "Server Key".getBytes(StandardCharsets.UTF_8)), signed);
      return last + ",p=" + Base64.getEncoder().encodeToString(key);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("SCRAM: " + e.getMessage(), e);
    }
  }

  /**
   * Verifies the server's signature.
   *
   * @throws IOException if it does not
   */
  public void verify(String answer) throws IOException {
    Map<String, String> a = attributes(answer);
    String error = a.get("e");
    if (error != null) {
      throw new IOException("the server refuses the login: " + error);
    }
    byte[] proof;
    try {
      proof = Base64.getDecoder().decode(a.getOrDefault("v", ""));
    } catch (IllegalArgumentException e) {
      throw new IOException("the server's proof is not base64", e);
    }
    if (expected.length == 0 || !MessageDigest.isEqual(proof, expected)) {
      throw new IOException("the server did not prove knowledge of the password");
    }
  }

  private static Map<String, String> attributes(String message) {
    Map<String, String> out = new HashMap<>();
    for (String part : message.split(",", -1)) {
      int is = part.indexOf('=');
      if (is > 0) {
        out.putIfAbsent(part.substring(0, is), part.substring(is + 1));
      }
    }
    return out;
  }

  private byte[] mac(byte[] key, byte[] text) throws GeneralSecurityException {
    return keyed(key).doFinal(text);
  }

  private Mac keyed(byte[] key) throws GeneralSecurityException {
    String algorithm = "HmacSHA" + hash;
    Mac m = Mac.getInstance(algorithm);
    // An empty key equals one of a zero byte; the JDK does not allow empty ones.
    m.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, algorithm));
    return m;
  }

  /** PBKDF2 for one block; the JDK's implementation accepts characters instead of bytes. */
  private byte[] derivedKey(byte[] salt, int iterations) throws GeneralSecurityException {
    Mac m = keyed(password);
    m.update(salt);
    byte[] u = m.doFinal(new byte[] {0, 0, 0, 1});
    byte[] out = u.clone();
    for (int i = 1; i < iterations; i++) {
      u = m.doFinal(u);
      for (int j = 0; j < out.length; j++) {
        out[j] ^= u[j];
      }
    }
    return out;
  }
}

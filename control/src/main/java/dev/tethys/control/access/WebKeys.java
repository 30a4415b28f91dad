package dev.tethys.control.access;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads public keys of JSON web key sets (RFC 7517): RSA from 2048 bits on, P-256 and P-384. */
final class WebKeys {
  private static final Map<String, String> CURVES =
      Map.of("P-256", "secp256r1", "P-384", "secp384r1");
  private static final int MIN_BITS = 2048;

  private WebKeys() {}

  /** Reads a key; null if it cannot be used. */
  static @Nullable PublicKey read(JsonNode n) {
    try {
      if (n.path("kty").asString("").equals("RSA")) {
        BigInteger modulus = number(n, "n");
        return modulus.bitLength() < MIN_BITS
            ? null
            : KeyFactory.getInstance("RSA")
                .generatePublic(new RSAPublicKeySpec(modulus, number(n, "e")));
      }
      String curve = CURVES.get(n.path("crv").asString(""));
      if (curve == null || !n.path("kty").asString("").equals("EC")) {
        return null;
      }
      AlgorithmParameters p = AlgorithmParameters.getInstance("EC");
      p.init(new ECGenParameterSpec(curve));
      return KeyFactory.getInstance("EC")
          .generatePublic(
              new ECPublicKeySpec(
                  new ECPoint(number(n, "x"), number(n, "y")),
                  p.getParameterSpec(ECParameterSpec.class)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return null;
    }
  }

  private static BigInteger number(JsonNode n, String member) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(n.path(member).asString("")));
  }
}

package dev.tethys.web.cloud;

import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * Signs calls to Oracle Cloud with version 1 of its request signatures, based on
 * draft-cavage-http-signatures-08 with RSA and SHA-256.
 */
public final class OciSigner {
  private static final DateTimeFormatter DATE = DateTimeFormatter.RFC_1123_DATE_TIME;
  private static final List<String> WITHOUT_BODY = List.of("date", "(request-target)", "host");

  private static final List<String> WITH_BODY =
      List.of(
          "date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256");

  /** Headers signed for the token service: unlike for all others, without the host. */
  static final List<String> OF_FEDERATION =
      List.of("date", "(request-target)", "content-length", "content-type", "x-content-sha256");

  private OciSigner() {}

  /** A call, signed with its body if it has one. */
  public static ClientRequest signed(ClientRequest call, OciIdentity.SigningKey key, Instant now)
      throws IOException {
    return signed(call, key, now, call.body() == null ? WITHOUT_BODY : WITH_BODY);
  }

  static ClientRequest signed(
      ClientRequest call, OciIdentity.SigningKey key, Instant now, List<String> parts)
      throws IOException {
    ClientRequest dated =
        call.withHeader("Date", DATE.format(now.atZone(ZoneOffset.UTC).withNano(0)));
    byte[] body = call.body();
    if (body != null) {
      dated = dated.withHeader("x-content-sha256", digest(body));
    }
    StringBuilder text = new StringBuilder();
    for (String part : parts) {
      text.append(text.isEmpty() ? "" : "\n").append(part).append(": ").append(value(part, dated));
    }
    String authorization =
        "Signature version=\"1\",headers=\""
            + String.join(" ", parts)
            + "\",keyId=\""
            + key.keyId()
            + "\",algorithm=\"rsa-sha256\",signature=\""
            + signature(text.toString(), key)
            + "\"";
    return dated.withHeader("Authorization", authorization);
  }

  private static String value(String part, ClientRequest call) {
    URI uri = call.uri();
    byte[] body = call.body();
    return switch (part) {
      case "(request-target)" ->
          call.method().toLowerCase(Locale.ROOT)
              + " "
              + uri.getRawPath()
              + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
      case "host" -> uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
      case "content-length" -> Integer.toString(body == null ? 0 : body.length);
      default ->
          call.headers().entrySet().stream()
              .filter(h -> h.getKey().equalsIgnoreCase(part))
              .findFirst()
              .orElseThrow()
              .getValue();
    };
  }

  private static String digest(byte[] body) {
    try {
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  private static String signature(String text, OciIdentity.SigningKey key) throws IOException {
    try {
      Signature s = Signature.getInstance("SHA256withRSA");
      s.initSign(key.key());
      s.update(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(s.sign());
    } catch (GeneralSecurityException e) {
      throw new IOException("the key cannot sign: " + e.getMessage(), e);
    }
  }
}

package dev.tethys.alert.manager.receiver;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests to AWS. Facts: AWS, "Signature Version 4".
 *
 * @param session of temporary credentials, or ""
 */
record AwsSignature(
    String accessKey, String secretKey, String session, String region, String service) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** The headers that a POST needs beside its content type. */
  Map<String, String> headers(URI uri, String contentType, byte[] body, Instant now) {
    String time = TIME.format(now);
    String day = time.substring(0, 8);
    Map<String, String> signed = new TreeMap<>();
    signed.put("content-type", contentType);
    signed.put("host", uri.getRawAuthority());
    signed.put("x-amz-date", time);
    if (!session.isEmpty()) {
      signed.put("x-amz-security-token", session);
    }
    String names = String.join(";", signed.keySet());
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String request =
        "POST\n"
            + path
            + "\n"
            + (uri.getRawQuery() == null ? "" : uri.getRawQuery())
            + "\n"
            + signed.entrySet().stream()
                .map(e -> e.getKey() + ":" + e.getValue() + "\n")
                .collect(Collectors.joining())
            + "\n"
            + names
            + "\n"
            + hash(body);
    String scope = day + "/" + region + "/" + service + "/aws4_request";
    String toSign =
        "AWS4-HMAC-SHA256\n"
            + time
            + "\n"
            + scope
            + "\n"
            + hash(request.getBytes(StandardCharsets.UTF_8));
    byte[] key = mac(("AWS4" + secretKey).getBytes(StandardCharsets.UTF_8), day);
    for (String part : new String[] {region, service, "aws4_request"}) {
      key = mac(key, part);
    }
    Map<String, String> out = new TreeMap<>();
    out.put("X-Amz-Date", time);
    if (!session.isEmpty()) {
      out.put("X-Amz-Security-Token", session);
    }
    out.put(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential="
            + accessKey
            + "/"
            + scope
            + ", SignedHeaders="
            + names
            + ", Signature="
            + HexFormat.of().formatHex(mac(key, toSign)));
    return out;
  }

  private static String hash(byte[] b) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(b));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static byte[] mac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}

package dev.tethys.web.cloud;

import dev.tethys.web.client.Call;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs calls with AWS Signature Version 4, as
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html says.
 */
public final class AwsSigner {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final byte[] NOTHING = {};

  private AwsSigner() {}

  /** The call with the headers that prove who sent it. */
  public static Call sign(
      Call call, AwsIdentity identity, String region, String service, Instant now) {
    return sign(call, identity, region, service, now, true);
  }

  /**
   * The same.
   *
   * @param withHash whether the body's hash is a header too, as S3 and remote write ask
   */
  public static Call sign(
      Call call,
      AwsIdentity identity,
      String region,
      String service,
      Instant now,
      boolean withHash) {
    URI uri = call.uri();
    String time = TIME.format(now);
    String day = time.substring(0, 8);
    String hash = hex(sha256(call.body() == null ? NOTHING : call.body()));
    Call out = call.withHeader("X-Amz-Date", time);
    if (withHash) {
      out = out.withHeader("X-Amz-Content-Sha256", hash);
    }
    if (!identity.sessionToken().isEmpty()) {
      out = out.withHeader("X-Amz-Security-Token", identity.sessionToken());
    }
    TreeMap<String, String> headers = new TreeMap<>();
    headers.put("host", host(uri));
    out.headers()
        .forEach(
            (k, v) -> {
              String name = k.toLowerCase(Locale.ROOT);
              if (name.startsWith("x-amz-") || name.equals("content-type")) {
                headers.put(name, v.strip().replaceAll(" +", " "));
              }
            });
    String signedHeaders = String.join(";", headers.keySet());
    StringBuilder canonical = new StringBuilder(call.method()).append('\n');
    canonical.append(path(uri)).append('\n').append(query(uri)).append('\n');
    headers.forEach((k, v) -> canonical.append(k).append(':').append(v).append('\n'));
    canonical.append('\n').append(signedHeaders).append('\n').append(hash);
    String scope = day + "/" + region + "/" + service + "/aws4_request";
    String toSign =
        "AWS4-HMAC-SHA256\n"
            + time
            + "\n"
            + scope
            + "\n"
            + hex(sha256(canonical.toString().getBytes(StandardCharsets.UTF_8)));
    byte[] key = ("AWS4" + identity.secretKey()).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) {
      key = hmac(key, part);
    }
    return out.withHeader(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential="
            + identity.accessKey()
            + "/"
            + scope
            + ", SignedHeaders="
            + signedHeaders
            + ", Signature="
            + hex(hmac(key, toSign)));
  }

  private static String host(URI uri) {
    int port = uri.getPort();
    boolean usual =
        port < 0
            || (port == 443 && "https".equals(uri.getScheme()))
            || (port == 80 && "http".equals(uri.getScheme()));
    return usual ? uri.getHost() : uri.getHost() + ":" + port;
  }

  /** Each part of the path encoded once more, as every service but S3 has it. */
  private static String path(URI uri) {
    String raw = uri.getRawPath();
    return raw == null || raw.isEmpty() ? "/" : encoded(raw).replace("%2F", "/");
  }

  private static String query(URI uri) {
    String raw = uri.getRawQuery();
    if (raw == null || raw.isEmpty()) {
      return "";
    }
    List<String> pairs = new ArrayList<>();
    for (String pair : raw.split("&")) {
      int eq = pair.indexOf('=');
      String k = eq < 0 ? pair : pair.substring(0, eq);
      String v = eq < 0 ? "" : pair.substring(eq + 1);
      pairs.add(
          encoded(URLDecoder.decode(k, StandardCharsets.UTF_8))
              + "="
              + encoded(URLDecoder.decode(v, StandardCharsets.UTF_8)));
    }
    pairs.sort(Comparator.naturalOrder());
    return String.join("&", pairs);
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8)
        .replace("+", "%20")
        .replace("*", "%2A")
        .replace("%7E", "~");
  }

  private static byte[] sha256(byte[] b) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(b);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static byte[] hmac(byte[] key, String data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(data.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java has HmacSHA256", e);
    }
  }

  private static String hex(byte[] b) {
    return HexFormat.of().formatHex(b);
  }
}

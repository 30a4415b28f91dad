package dev.tethys.web.cloud;

import dev.tethys.config.UrlHost;
import dev.tethys.web.client.ClientRequest;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs calls with AWS Signature Version 4, see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
 */
public final class AwsSigner {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final byte[] NOTHING = {};
  private static final Set<String> SIGNED =
      Set.of("content-type", "content-length", "date", "range");

  /**
   * Signed headers of AWS itself, and of other services with the same signatures (MongoDB, Google,
   * Datadog).
   */
  private static final List<String> SIGNED_PREFIXES =
      List.of("x-amz-", "x-mongodb-", "x-goog-", "x-ddog-");

  private AwsSigner() {}

  /** Adds the headers of the signature to a call. */
  public static ClientRequest sign(
      ClientRequest call, AwsIdentity identity, String region, String service, Instant now) {
    return sign(call, identity, region, service, now, true);
  }

  /**
   * The same.
   *
   * @param withHash whether the body's hash is also a header, as S3 and remote write require
   */
  public static ClientRequest sign(
      ClientRequest call,
      AwsIdentity identity,
      String region,
      String service,
      Instant now,
      boolean withHash) {
    URI uri = call.uri();
    String time = TIME.format(now);
    String hash = hex(sha256(call.body() == null ? NOTHING : call.body()));
    ClientRequest out = call.withHeader("X-Amz-Date", time);
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
              if (SIGNED.contains(name) || SIGNED_PREFIXES.stream().anyMatch(name::startsWith)) {
                headers.put(name, v.strip().replaceAll(" +", " "));
              }
            });
    String signedHeaders = String.join(";", headers.keySet());
    StringBuilder canonical = new StringBuilder(call.method()).append('\n');
    canonical.append(path(uri, service)).append('\n').append(query(uri)).append('\n');
    headers.forEach((k, v) -> canonical.append(k).append(':').append(v).append('\n'));
    canonical.append('\n').append(signedHeaders).append('\n').append(hash);
    String scope = scope(time, region, service);
    return out.withHeader(
        "Authorization",
        ALGORITHM
            + " Credential="
            + identity.accessKey()
            + "/"
            + scope
            + ", SignedHeaders="
            + signedHeaders
            + ", Signature="
            + signature(identity, time, scope, canonical));
  }

  /**
   * Returns the query parameters of a presigned GET, including those of the URL: {@code
   * X-Amz-Algorithm} to {@code X-Amz-Signature}, in the order of signing. {@code Host} is the only
   * signed header.
   *
   * @param holds validity period
   * @param hash hash of the body, or {@code UNSIGNED-PAYLOAD}; "" for the hash of an empty body
   */
  public static SequencedMap<String, String> presign(
      URI uri,
      AwsIdentity identity,
      String region,
      String service,
      Instant now,
      Duration holds,
      String hash) {
    String time = TIME.format(now);
    String scope = scope(time, region, service);
    TreeMap<String, String> all = new TreeMap<>();
    pairs(uri).forEach(p -> all.put(p.getKey(), p.getValue()));
    all.put("X-Amz-Algorithm", ALGORITHM);
    all.put("X-Amz-Credential", identity.accessKey() + "/" + scope);
    all.put("X-Amz-Date", time);
    all.put("X-Amz-Expires", Long.toString(holds.toSeconds()));
    all.put("X-Amz-SignedHeaders", "host");
    if (!identity.sessionToken().isEmpty()) {
      all.put("X-Amz-Security-Token", identity.sessionToken());
    }
    StringBuilder canonical =
        new StringBuilder("GET\n")
            .append(path(uri, service))
            .append('\n')
            .append(query(all))
            .append("\nhost:")
            .append(host(uri))
            .append("\n\nhost\n")
            .append(hash.isEmpty() ? hex(sha256(NOTHING)) : hash);
    SequencedMap<String, String> signed = new LinkedHashMap<>(all);
    signed.put("X-Amz-Signature", signature(identity, time, scope, canonical));
    return signed;
  }

  /** Parameters in the form of a URL query. */
  public static String query(Map<String, String> parameters) {
    return parameters.entrySet().stream()
        .map(e -> encoded(e.getKey()) + "=" + encoded(e.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static String scope(String time, String region, String service) {
    return time.substring(0, 8) + "/" + region + "/" + service + "/aws4_request";
  }

  private static String signature(
      AwsIdentity identity, String time, String scope, CharSequence canonical) {
    String toSign =
        ALGORITHM
            + "\n"
            + time
            + "\n"
            + scope
            + "\n"
            + hex(sha256(canonical.toString().getBytes(StandardCharsets.UTF_8)));
    byte[] key = ("AWS4" + identity.secretKey()).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) {
      key = hmac(key, part);
    }
    return hex(hmac(key, toSign));
  }

  private static String host(URI uri) {
    int port = UrlHost.port(uri);
    boolean usual =
        port < 0
            || (port == 443 && "https".equals(uri.getScheme()))
            || (port == 80 && "http".equals(uri.getScheme()));
    String host = String.valueOf(UrlHost.of(uri));
    return usual ? host : host + ":" + port;
  }

  /** Each part of the path encoded again; for S3 it is encoded only once. */
  private static String path(URI uri, String service) {
    String raw = uri.getRawPath();
    if (raw == null || raw.isEmpty()) {
      return "/";
    }
    return encodedPath(
        service.equals("s3")
            ? URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8)
            : raw);
  }

  /** Encodes a path like AWS: all but unreserved characters and slashes. */
  public static String encodedPath(String path) {
    return encoded(path).replace("%2F", "/");
  }

  private static String query(URI uri) {
    return pairs(uri).stream()
        .map(p -> encoded(p.getKey()) + "=" + encoded(p.getValue()))
        .sorted()
        .collect(Collectors.joining("&"));
  }

  private static List<Map.Entry<String, String>> pairs(URI uri) {
    String raw = uri.getRawQuery();
    List<Map.Entry<String, String>> pairs = new ArrayList<>();
    for (String pair : raw == null || raw.isEmpty() ? new String[0] : raw.split("&")) {
      int eq = pair.indexOf('=');
      String k = eq < 0 ? pair : pair.substring(0, eq);
      String v = eq < 0 ? "" : pair.substring(eq + 1);
      pairs.add(
          Map.entry(
              URLDecoder.decode(k, StandardCharsets.UTF_8),
              URLDecoder.decode(v, StandardCharsets.UTF_8)));
    }
    return pairs;
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
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  private static byte[] hmac(byte[] key, String data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(data.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK supports HmacSHA256", e);
    }
  }

  private static String hex(byte[] b) {
    return HexFormat.of().formatHex(b);
  }
}

package dev.tethys.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Strict double of S3 with path style, which verifies every signature and checksum by its own code.
 * It supports PutObject, GetObject with ranges, ListObjectsV2 with pages, DeleteObject, HeadBucket
 * and multipart uploads.
 *
 * <p>Sources: Amazon S3 API reference; "Signature Version 4 for API requests".
 */
public final class S3Double implements AutoCloseable {
  public static final String ACCESS_KEY = "AKIDTESTKIT";
  public static final String SECRET_KEY = "secret/of+the=double";
  public static final String REGION = "eu-test-1";
  private static final int MIN_PART = 5 << 20;

  /**
   * An object.
   *
   * @param headers headers by lower-case name
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Stored(byte[] content, Map<String, String> headers) {}

  /** Failure that is returned instead of the result. */
  public record Failure(int status, String code) {}

  private record Upload(String key, Map<String, String> headers, TreeMap<Integer, byte[]> parts) {}

  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    Refusal(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  private final HttpServer server;
  private final NavigableMap<String, TreeMap<String, Stored>> buckets = new TreeMap<>();
  private final Map<String, Upload> uploads = new TreeMap<>();
  private final List<String> requests = new ArrayList<>();
  private Function<String, @Nullable Failure> failing = r -> null;
  private int pageSize = 1000;
  private int numbers;

  /** Starts a server with some buckets. */
  public S3Double(String... names) throws IOException {
    for (String n : names) {
      buckets.put(n, new TreeMap<>());
    }
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Objects of a bucket by their keys. */
  public synchronized NavigableMap<String, Stored> objects(String bucket) {
    TreeMap<String, Stored> b = buckets.get(bucket);
    return b == null ? new TreeMap<>() : new TreeMap<>(b);
  }

  /** Returns an existing object. */
  public synchronized Stored stored(String bucket, String key) {
    Stored s = objects(bucket).get(key);
    if (s == null) {
      throw new AssertionError("there is no " + key + " in " + objects(bucket).keySet());
    }
    return s;
  }

  /** Stores an object without a request. */
  public synchronized void store(String bucket, String key, byte[] content) {
    buckets.computeIfAbsent(bucket, b -> new TreeMap<>()).put(key, new Stored(content, Map.of()));
  }

  /** Requests so far: method, path and query. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  /** Uploads in parts that are neither complete nor aborted. */
  public synchronized int openUploads() {
    return uploads.size();
  }

  /** Answers requests by a rule over method, path and query; null for as usual. */
  public synchronized void failing(Function<String, @Nullable Failure> rule) {
    failing = rule;
  }

  /** Sets the maximum number of objects per listing page. */
  public synchronized void pageSize(int n) {
    pageSize = n;
  }

  private void handle(HttpExchange x) throws IOException {
    try (x) {
      byte[] body = x.getRequestBody().readAllBytes();
      try {
        verify(x, body);
        answer(x, body);
      } catch (Refusal e) {
        String xml =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>"
                + e.code
                + "</Code><Message>"
                + e.getMessage()
                + "</Message><RequestId>R1</RequestId></Error>";
        send(x, e.status, xml.getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static void send(HttpExchange x, int status, byte[] body) throws IOException {
    boolean head = x.getRequestMethod().equals("HEAD");
    x.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
    if (!head) {
      x.getResponseBody().write(body);
    }
  }

  private static String header(HttpExchange x, String name) {
    String v = x.getRequestHeaders().getFirst(name);
    return v == null ? "" : v;
  }

  /** Verifies the signature, computed from the received request. */
  private static void verify(HttpExchange x, byte[] body) throws Refusal {
    String authorization = header(x, "Authorization");
    String date = header(x, "X-Amz-Date");
    String scope =
        date.substring(0, Math.min(8, date.length())) + "/" + REGION + "/s3/aws4_request";
    String begin = "AWS4-HMAC-SHA256 Credential=" + ACCESS_KEY + "/";
    if (!authorization.startsWith(begin)) {
      throw new Refusal(403, "InvalidAccessKeyId", "The access key does not exist.");
    }
    if (!authorization.startsWith(begin + scope + ", SignedHeaders=")) {
      throw new Refusal(
          400, "AuthorizationHeaderMalformed", "The region is wrong; expecting " + REGION);
    }
    String signedNames =
        authorization.substring(
            authorization.indexOf("SignedHeaders=") + 14, authorization.indexOf(", Signature="));
    for (String name : x.getRequestHeaders().keySet()) {
      String n = name.toLowerCase(Locale.ROOT);
      if (n.startsWith("x-amz-") && !Arrays.asList(signedNames.split(";")).contains(n)) {
        throw new Refusal(403, "AccessDenied", "There were headers which were not signed: " + n);
      }
    }
    String hash = HexFormat.of().formatHex(sha256(body));
    if (!hash.equals(header(x, "X-Amz-Content-Sha256"))) {
      throw new Refusal(400, "XAmzContentSHA256Mismatch", "The hash is not that of the body.");
    }
    String checksum = header(x, "x-amz-checksum-sha256");
    if (!checksum.isEmpty() && !checksum.equals(Base64.getEncoder().encodeToString(sha256(body)))) {
      throw new Refusal(400, "BadDigest", "The checksum is not that of the body.");
    }
    StringBuilder canonical = new StringBuilder(x.getRequestMethod()).append('\n');
    String path = decoded(x.getRequestURI().getRawPath());
    canonical.append(encoded(path, true)).append('\n');
    TreeMap<String, String> query = new TreeMap<>();
    query(x).forEach((k, v) -> query.put(encoded(k, false), encoded(v, false)));
    List<String> pairs = new ArrayList<>();
    query.forEach((k, v) -> pairs.add(k + "=" + v));
    canonical.append(String.join("&", pairs)).append('\n');
    for (String name : signedNames.split(";")) {
      canonical.append(name).append(':').append(header(x, name).strip()).append('\n');
    }
    canonical.append('\n').append(signedNames).append('\n').append(hash);
    String text =
        "AWS4-HMAC-SHA256\n"
            + date
            + "\n"
            + scope
            + "\n"
            + HexFormat.of()
                .formatHex(sha256(canonical.toString().getBytes(StandardCharsets.UTF_8)));
    byte[] key = ("AWS4" + SECRET_KEY).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) {
      key = hmac(key, part);
    }
    String expected = HexFormat.of().formatHex(hmac(key, text));
    if (!authorization.endsWith(", Signature=" + expected)) {
      throw new Refusal(403, "SignatureDoesNotMatch", "The signature does not match.");
    }
  }

  private static String decoded(String s) {
    return URLDecoder.decode(s.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static TreeMap<String, String> query(HttpExchange x) {
    TreeMap<String, String> out = new TreeMap<>();
    String raw = x.getRequestURI().getRawQuery();
    for (String pair : raw == null || raw.isEmpty() ? new String[0] : raw.split("&")) {
      int eq = pair.indexOf('=');
      out.put(
          decoded(eq < 0 ? pair : pair.substring(0, eq)),
          eq < 0 ? "" : decoded(pair.substring(eq + 1)));
    }
    return out;
  }

  /** Encodes a string like AWS's UriEncode. */
  private static String encoded(String s, boolean path) {
    StringBuilder out = new StringBuilder();
    for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c >= 'A' && c <= 'Z'
          || c >= 'a' && c <= 'z'
          || c >= '0' && c <= '9'
          || "-._~".indexOf(c) >= 0
          || path && c == '/') {
        out.append(c);
      } else {
        out.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return out.toString();
  }

  private static byte[] sha256(byte[] b) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(b);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] hmac(byte[] key, String data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(data.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private synchronized void answer(HttpExchange x, byte[] body) throws IOException, Refusal {
    String request = x.getRequestMethod() + " " + x.getRequestURI();
    requests.add(request);
    Failure f = failing.apply(request);
    if (f != null) {
      throw new Refusal(f.status, f.code, "As the test says.");
    }
    String path = decoded(x.getRequestURI().getRawPath()).substring(1);
    int slash = path.indexOf('/');
    TreeMap<String, Stored> bucket = buckets.get(slash < 0 ? path : path.substring(0, slash));
    String key = slash < 0 ? "" : path.substring(slash + 1);
    if (bucket == null) {
      throw new Refusal(404, "NoSuchBucket", "The specified bucket does not exist");
    }
    TreeMap<String, String> q = query(x);
    switch (x.getRequestMethod()) {
      case "HEAD" -> send(x, 200, new byte[0]);
      case "PUT" -> put(x, bucket, key, q, body);
      case "POST" -> post(x, bucket, key, q, body);
      case "GET" -> {
        if (key.isEmpty()) {
          send(x, 200, list(bucket, q).getBytes(StandardCharsets.UTF_8));
        } else {
          get(x, bucket, key);
        }
      }
      case "DELETE" -> {
        if (q.containsKey("uploadId")) {
          uploads.remove(q.get("uploadId"));
        } else {
          bucket.remove(key);
        }
        send(x, 204, new byte[0]);
      }
      default -> throw new Refusal(405, "MethodNotAllowed", "");
    }
  }

  private static Map<String, String> headers(HttpExchange x) {
    Map<String, String> out = new TreeMap<>();
    x.getRequestHeaders().forEach((k, v) -> out.put(k.toLowerCase(Locale.ROOT), v.getFirst()));
    return out;
  }

  private Upload upload(TreeMap<String, String> q, String key) throws Refusal {
    Upload u = uploads.get(q.getOrDefault("uploadId", ""));
    if (u == null || !u.key.equals(key)) {
      throw new Refusal(404, "NoSuchUpload", "The upload does not exist.");
    }
    return u;
  }

  private void put(
      HttpExchange x,
      TreeMap<String, Stored> bucket,
      String key,
      TreeMap<String, String> q,
      byte[] body)
      throws IOException, Refusal {
    if (q.containsKey("uploadId")) {
      upload(q, key).parts.put(Integer.parseInt(q.getOrDefault("partNumber", "")), body);
    } else {
      bucket.put(key, new Stored(body, headers(x)));
    }
    x.getResponseHeaders().set("ETag", etag(body));
    send(x, 200, new byte[0]);
  }

  private static String etag(byte[] body) {
    return "\"" + HexFormat.of().formatHex(sha256(body), 0, 16) + "\"";
  }

  private void post(
      HttpExchange x,
      TreeMap<String, Stored> bucket,
      String key,
      TreeMap<String, String> q,
      byte[] body)
      throws IOException, Refusal {
    if (q.containsKey("uploads")) {
      String id = "upload/" + ++numbers + "+";
      uploads.put(id, new Upload(key, headers(x), new TreeMap<>()));
      send(x, 200, ("<R><UploadId>" + id + "</UploadId></R>").getBytes(StandardCharsets.UTF_8));
      return;
    }
    Upload u = upload(q, key);
    String listed = new String(body, StandardCharsets.UTF_8);
    int size = 0;
    for (Map.Entry<Integer, byte[]> p : u.parts.entrySet()) {
      boolean last = p.getKey().equals(u.parts.lastKey());
      if (!last && p.getValue().length < MIN_PART) {
        throw new Refusal(400, "EntityTooSmall", "A part is too small.");
      }
      String named =
          "<PartNumber>" + p.getKey() + "</PartNumber><ETag>" + etag(p.getValue()) + "</ETag>";
      if (!listed.contains(named)) {
        throw new Refusal(400, "InvalidPart", "A part is not listed: " + p.getKey());
      }
      size += p.getValue().length;
    }
    byte[] all = new byte[size];
    int at = 0;
    for (byte[] p : u.parts.values()) {
      System.arraycopy(p, 0, all, at, p.length);
      at += p.length;
    }
    bucket.put(key, new Stored(all, u.headers));
    uploads.remove(q.get("uploadId"));
    send(x, 200, "<R><ETag>\"x\"</ETag></R>".getBytes(StandardCharsets.UTF_8));
  }

  private static void get(HttpExchange x, TreeMap<String, Stored> bucket, String key)
      throws IOException, Refusal {
    Stored s = bucket.get(key);
    if (s == null) {
      throw new Refusal(404, "NoSuchKey", "The specified key does not exist.");
    }
    String encoding = s.headers.get("content-encoding");
    if (encoding != null) {
      x.getResponseHeaders().set("Content-Encoding", encoding);
    }
    String range = header(x, "Range");
    if (range.isEmpty()) {
      send(x, 200, s.content);
      return;
    }
    String[] ends = range.replace("bytes=", "").split("-", -1);
    int from = Integer.parseInt(ends[0]);
    int to = Math.min(Integer.parseInt(ends[1]) + 1, s.content.length);
    if (from >= s.content.length) {
      throw new Refusal(416, "InvalidRange", "The requested range is not satisfiable");
    }
    send(x, 206, Arrays.copyOfRange(s.content, from, to));
  }

  private String list(TreeMap<String, Stored> bucket, TreeMap<String, String> q) throws Refusal {
    if (!"2".equals(q.get("list-type"))) {
      throw new Refusal(400, "InvalidArgument", "list-type");
    }
    String prefix = q.getOrDefault("prefix", "");
    String after = q.getOrDefault("continuation-token", q.getOrDefault("start-after", ""));
    int most = Math.min(pageSize, Integer.parseInt(q.getOrDefault("max-keys", "1000")));
    StringBuilder out =
        new StringBuilder("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">")
            .append("<EncodingType>url</EncodingType>");
    int n = 0;
    String last = "";
    boolean more = false;
    for (Map.Entry<String, Stored> e : bucket.tailMap(after, after.isEmpty()).entrySet()) {
      if (!e.getKey().startsWith(prefix)) {
        continue;
      }
      if (n == most) {
        more = true;
        break;
      }
      n++;
      last = e.getKey();
      out.append("<Contents><Key>")
          .append(encoded(e.getKey(), true))
          .append("</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>")
          .append(e.getValue().content.length)
          .append("</Size></Contents>");
    }
    out.append("<IsTruncated>").append(more).append("</IsTruncated>");
    if (more) {
      out.append("<NextContinuationToken>").append(last).append("</NextContinuationToken>");
    }
    return out.append("</ListBucketResult>").toString();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

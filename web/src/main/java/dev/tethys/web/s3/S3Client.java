package dev.tethys.web.s3;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.CredentialDependencies;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/**
 * Client of a bucket in S3, or in a service with the same API. Thread-safe.
 *
 * <p>An object appears whole or not at all; its key is known in advance, so a request with an
 * unknown outcome is repeated without harm. An object larger than a part is sent in parts. The
 * service checks bodies against the signature's hash and against {@code x-amz-checksum-sha256},
 * which it keeps.
 *
 * <p>Sources: Amazon S3 API reference, "PutObject", "GetObject", "ListObjectsV2", "DeleteObject",
 * "HeadBucket", "Error responses"; "Signature Version 4".
 */
public final class S3Client {
  /** The header that S3 checks bodies by, and keeps. */
  static final String CHECKSUM = "x-amz-checksum-sha256";

  /** Answers other than objects; a page of a listing has about 300 KiB. */
  private static final int MAX_ANSWER = 8 << 20;

  /** Number of names in a listing page, S3's own maximum. */
  static final int PAGE = 1000;

  /** Maximum number of cached clients for other buckets. */
  private static final int MAX_BUCKETS = 100;

  private static final int MAX_REASON = 512;

  private final S3Location location;
  private final HttpClientFactory factory;
  private final Duration timeout;
  private final InstantSource clock;
  private final S3Retry retry;
  private final AwsCredentials credentials;
  private final Map<String, S3Client> others = new ConcurrentHashMap<>();
  private volatile @Nullable WebClient client;

  /**
   * @param timeout timeout of a single attempt
   */
  public S3Client(
      S3Location location,
      HttpClientFactory factory,
      Duration timeout,
      InstantSource clock,
      S3Retry retry) {
    this(
        location,
        factory,
        timeout,
        clock,
        retry,
        new AwsCredentials(
            location.credentials(),
            new CredentialDependencies(
                call -> factory.client(HttpClientConfig.DEFAULT).send(call),
                clock,
                System::getenv)));
  }

  private S3Client(
      S3Location location,
      HttpClientFactory factory,
      Duration timeout,
      InstantSource clock,
      S3Retry retry,
      AwsCredentials credentials) {
    this.location = location;
    this.factory = factory;
    this.timeout = timeout;
    this.clock = clock;
    this.retry = retry;
    this.credentials = credentials;
  }

  /** Client of another bucket with the same credentials. */
  public S3Client in(String bucket) {
    if (bucket.equals(location.bucket())) {
      return this;
    }
    if (others.size() >= MAX_BUCKETS) {
      others.clear();
    }
    return others.computeIfAbsent(
        bucket, b -> new S3Client(location.in(b), factory, timeout, clock, retry, credentials));
  }

  public S3Location location() {
    return location;
  }

  /** Returns the name of an object used in messages. */
  public String name(String key) {
    return "s3: " + location.bucket() + (key.isEmpty() ? "" : "/" + key);
  }

  /**
   * A response of the service.
   *
   * @param etag ETag of the uploaded object; "" if the service returns none
   * @param region region of the bucket if the service names one; otherwise ""
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Reply(int status, byte[] body, String etag, String region) {
    boolean isOk() {
      return status / 100 == 2;
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8).strip();
    }
  }

  /**
   * An object of a listing.
   *
   * @param modified modification time as written by the service
   */
  public record Listed(String key, long size, String modified) {}

  /**
   * A page of a listing.
   *
   * @param next token of the next page; "" when this is the last one
   */
  public record Page(List<Listed> objects, String next) {
    public Page {
      objects = List.copyOf(objects);
    }
  }

  /** Sends a request without retries. */
  private Reply call(
      String method,
      String key,
      String query,
      Map<String, String> headers,
      byte @Nullable [] body,
      int most)
      throws IOException, InterruptedException {
    WebClient c = client;
    if (c == null) {
      c = factory.client(location.client());
      client = c;
    }
    String region = credentials.region();
    ClientRequest call =
        AwsSigner.sign(
            new ClientRequest(
                method, location.url(key, query, region), headers, body, timeout, null),
            credentials.identity(),
            region,
            "s3",
            clock.instant());
    try (ClientResponse a = c.send(call)) {
      int bound = a.status() / 100 == 2 ? most : MAX_ANSWER;
      Reply r =
          new Reply(
              a.status(),
              method.equals("HEAD") ? new byte[0] : raw(a, bound, key),
              a.header("ETag", ""),
              a.header("x-amz-bucket-region", ""));
      if (r.status == 401 || r.status == 403) {
        credentials.refused(); // they may have run out
      }
      return r;
    }
  }

  /** The stored body: an object keeps its content encoding. */
  private byte[] raw(ClientResponse a, int most, String key) throws IOException {
    try (InputStream in = a.body()) {
      byte[] b = in.readNBytes(most == Integer.MAX_VALUE ? most : most + 1);
      if (b.length > most) {
        throw new S3Exception(
            name(key) + " has more than " + most + " bytes, the most that is read",
            413,
            "EntityTooLarge",
            false);
      }
      return b;
    }
  }

  /** Variant with attempts after failures that may pass. */
  Reply callWithRetries(
      String method, String key, String query, Map<String, String> headers, byte @Nullable [] body)
      throws IOException, InterruptedException {
    return callWithRetries(method, key, query, headers, body, MAX_ANSWER);
  }

  /**
   * @throws IOException if no attempt was successful
   */
  private Reply callWithRetries(
      String method,
      String key,
      String query,
      Map<String, String> headers,
      byte @Nullable [] body,
      int most)
      throws IOException, InterruptedException {
    boolean inDoubt = false;
    for (int attempt = 1; ; attempt++) {
      try {
        Reply r = call(method, key, query, headers, body, most);
        if (r.isOk()) {
          return r;
        }
        inDoubt |= r.status / 100 == 5;
        S3Exception e = failure(r, key, inDoubt);
        if (!e.isPassing() || attempt >= retry.attempts()) {
          throw e;
        }
      } catch (S3Exception e) {
        throw e;
      } catch (IOException e) {
        if (attempt >= retry.attempts()) {
          throw e;
        }
        inDoubt = true;
      }
      Thread.sleep(retry.pause(attempt));
    }
  }

  /** Exception for an error response, with a remedy if one is known. */
  S3Exception failure(Reply r, String key, boolean inDoubt) {
    String code = "";
    String text = r.text();
    if (text.startsWith("<")) {
      try {
        Element e = XmlReader.root(name(key), r.body);
        code = XmlReader.text(e, "Code");
        String message = XmlReader.text(e, "Message");
        String id = XmlReader.text(e, "RequestId");
        if (!code.isEmpty()) {
          text =
              code
                  + (message.isEmpty() ? "" : ": " + message)
                  + (id.isEmpty() ? "" : " (request " + id + ")");
        }
      } catch (IOException e) {
        // the text unchanged
      }
    }
    text = text.replaceAll("\\s+", " ");
    text = text.substring(0, Math.min(text.length(), MAX_REASON));
    String remedy =
        switch (code) {
          case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint" ->
              r.region.isEmpty()
                  ? "; set region to that of the bucket"
                  : "; set region to " + r.region;
          case "RequestTimeTooSkewed" -> "; correct the clock of this machine";
          case "NoSuchBucket" -> "; create the bucket, or correct its name or the endpoint";
          default -> r.status == 301 && !r.region.isEmpty() ? "; set region to " + r.region : "";
        };
    return new S3Exception(
        name(key) + ": HTTP status " + r.status + (text.isEmpty() ? "" : ": " + text) + remedy,
        r.status,
        code,
        inDoubt);
  }

  /** The checksum header of a body, and its value; empty if the service has none. */
  Map<String, String> checked(byte[] b) {
    return location.checksums() ? Map.of(CHECKSUM, checksum(b)) : Map.of();
  }

  /** Headers of an object whose upload is started. */
  private Map<String, String> begun(Map<String, String> headers, Map<String, String> more) {
    Map<String, String> h = new TreeMap<>(location.stored());
    h.putAll(headers);
    h.putAll(more);
    return h;
  }

  private static String checksum(byte[] b) {
    try {
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(b));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  /** Stores an object, in parts if it is large. */
  public void put(String key, Map<String, String> headers, byte[] content)
      throws IOException, InterruptedException {
    put(key, headers, S3Content.of(content), () -> {});
  }

  /**
   * Stores an object, in parts if it is large. An object with the same key is replaced.
   *
   * @param headers such as {@code content-type}
   * @param begun run before the first request after which the object may exist
   * @throws S3Exception if the service rejects it
   */
  public void put(String key, Map<String, String> headers, S3Content content, Runnable begun)
      throws IOException, InterruptedException {
    if (content.size() > location.partBytes()) {
      new S3Parts(
              this,
              key,
              begun(
                  headers,
                  location.checksums() ? Map.of("x-amz-checksum-algorithm", "SHA256") : Map.of()))
          .publish(content, begun);
    } else {
      byte[] b = content.read(0, (int) content.size());
      begun.run();
      callWithRetries("PUT", key, "", begun(headers, checked(b)), b);
    }
  }

  /**
   * The stored content of an object.
   *
   * @param most a larger object is an error
   */
  public byte[] get(String key, int most) throws IOException, InterruptedException {
    return callWithRetries("GET", key, "", Map.of(), null, most).body;
  }

  /**
   * Bytes of an object from a position; fewer than requested only at its end.
   *
   * @param length more than 0
   */
  public byte[] getRange(String key, long from, int length)
      throws IOException, InterruptedException {
    try {
      Reply r =
          callWithRetries(
              "GET",
              key,
              "",
              Map.of("range", "bytes=" + from + "-" + (from + length - 1)),
              null,
              length);
      if (r.status != 206 && from > 0) {
        throw new IOException(name(key) + ": the service does not support ranges");
      }
      return r.body;
    } catch (S3Exception e) {
      if (e.status() == 416) { // from the end on
        return new byte[0];
      }
      throw e;
    }
  }

  /**
   * Returns a page of the objects whose keys start with a prefix, ascending by the bytes of their
   * keys.
   *
   * @param after key after which the list starts; "" for all
   * @param token continuation token of the page, or "" for the first page
   */
  public Page list(String prefix, String after, String token)
      throws IOException, InterruptedException {
    Map<String, String> q = new TreeMap<>();
    q.put("list-type", "2");
    q.put("max-keys", Integer.toString(PAGE));
    q.put("encoding-type", "url");
    if (!prefix.isEmpty()) {
      q.put("prefix", prefix);
    }
    if (!token.isEmpty()) {
      q.put("continuation-token", token);
    } else if (!after.isEmpty()) {
      q.put("start-after", after);
    }
    Reply r = callWithRetries("GET", "", AwsSigner.query(q), Map.of(), null);
    Element e = XmlReader.root(name(prefix), r.body);
    boolean encoded = XmlReader.text(e, "EncodingType").equals("url");
    List<Listed> out = new ArrayList<>();
    for (Element c : XmlReader.children(e, "Contents")) {
      String key = XmlReader.text(c, "Key");
      out.add(
          new Listed(
              encoded ? java.net.URLDecoder.decode(key, StandardCharsets.UTF_8) : key,
              number(XmlReader.text(c, "Size")),
              XmlReader.text(c, "LastModified")));
    }
    boolean more = XmlReader.text(e, "IsTruncated").equals("true");
    String next = XmlReader.text(e, "NextContinuationToken");
    if (more && next.isEmpty()) {
      throw new IOException(name(prefix) + ": the listing has another page without a token");
    }
    return new Page(out, more ? next : "");
  }

  private static long number(String s) {
    try {
      return s.isEmpty() ? 0 : Long.parseLong(s);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Deletes an object; nothing happens when it is absent. */
  public void delete(String key) throws IOException, InterruptedException {
    try {
      callWithRetries("DELETE", key, "", Map.of(), null);
    } catch (S3Exception e) {
      if (!e.isAbsent()) { // said by some services when an attempt before was heard
        throw e;
      }
    }
  }

  /**
   * Checks that the bucket exists and may be used, with one request.
   *
   * @throws S3Exception otherwise
   */
  public void checkBucket() throws IOException, InterruptedException {
    Reply r = call("HEAD", "", "", Map.of(), null, 0);
    if (!r.isOk()) {
      throw failure(r, "", false);
    }
  }
}

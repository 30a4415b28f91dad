package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A bucket of S3, or of what speaks its API. An object appears whole or not at all; its key is
 * known beforehand, so a request with an unknown outcome is repeated without harm. A large one is
 * sent in parts ({@link S3Parts}). The service checks bodies against the signature's hash and
 * against {@code x-amz-checksum-sha256}, which it keeps.
 *
 * <p>Sources: Amazon S3 API reference, "PutObject", "HeadBucket", "Error responses"; "Signature
 * Version 4".
 */
final class S3Target implements FileTarget {
  private static final System.Logger LOG = JulLogger.of(S3Target.class.getName());

  /** What can be seen of an answer. */
  private static final int MAX_ANSWER = 1 << 20;

  private static final int MAX_REASON = 512;
  private static final int TRIES = 4;

  /** How long objects are taken back from a service that fails at it. */
  private static final Duration TAKING_BACK = Duration.ofMinutes(1);

  /** The header that S3 checks bodies by, and keeps. */
  static final String CHECKSUM = "x-amz-checksum-sha256";

  /** What objects are. */
  static final String TYPE = "application/vnd.apache.parquet";

  private final S3Settings settings;
  private final HttpClientFactory factory;
  private final Duration timeout;
  private final InstantSource clock;
  private final AwsCredentials credentials;
  private volatile @Nullable WebClient client;

  S3Target(S3Settings settings, HttpClientFactory factory, Duration timeout, InstantSource clock) {
    this.settings = settings;
    this.factory = factory;
    this.timeout = timeout;
    this.clock = clock;
    this.credentials =
        new AwsCredentials(
            settings.credentials(),
            new CredentialDependencies(
                call -> factory.client(HttpClientConfig.DEFAULT).send(call),
                clock,
                System::getenv));
  }

  /**
   * What the service said.
   *
   * @param etag of what was sent; "" when it does not say
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Reply(int status, byte[] body, String etag) {
    boolean isOk() {
      return status / 100 == 2;
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8).strip();
    }

    IOException problem(String of) {
      return new IOException(problemText(of));
    }

    private String problemText(String of) {
      String text = text();
      text = text.substring(0, Math.min(text.length(), MAX_REASON)).replaceAll("\\s+", " ");
      return of + ": HTTP status " + status + (text.isEmpty() ? "" : ": " + text);
    }
  }

  /** The service answered, and not with what was asked for. */
  private static final class Refused extends IOException {
    private static final long serialVersionUID = 1;
    private final int status;

    /**
     * Whether it may be done all the same: an attempt had no answer, or one of a server's fault.
     */
    private final boolean inDoubt;

    Refused(Reply r, String of, boolean inDoubt) {
      super(r.problemText(of));
      this.status = r.status;
      this.inDoubt = inDoubt;
    }
  }

  /** One request, once. */
  private Reply call(
      String method, String key, String query, Map<String, String> headers, byte @Nullable [] body)
      throws IOException, InterruptedException {
    WebClient c = client;
    if (c == null) {
      c = factory.client(settings.client());
      client = c;
    }
    String region = credentials.region();
    ClientRequest call =
        AwsSigner.sign(
            new ClientRequest(
                method, settings.url(key, query, region), headers, body, timeout, null),
            credentials.identity(),
            region,
            "s3",
            clock.instant());
    try (ClientResponse a = c.send(call)) {
      Reply r =
          new Reply(
              a.status(),
              method.equals("HEAD") ? new byte[0] : a.bytes(MAX_ANSWER),
              a.header("ETag", ""));
      if (r.status == 401 || r.status == 403) {
        credentials.refused(); // they may have run out
      }
      return r;
    }
  }

  private Reply call(String method, String key) throws IOException, InterruptedException {
    return call(method, key, "", Map.of(), null);
  }

  /**
   * Some attempts at once: a group of files that fails after one of them is made again under other
   * names.
   *
   * @throws IOException when none of them was successful
   */
  Reply callWithRetries(
      String method, String key, String query, Map<String, String> headers, byte @Nullable [] body)
      throws IOException, InterruptedException {
    boolean inDoubt = false;
    for (int attempt = 1; ; attempt++) {
      try {
        Reply r = call(method, key, query, headers, body);
        if (r.isOk()) {
          return r;
        }
        boolean faulty = r.status / 100 == 5;
        inDoubt |= faulty;
        boolean passing = faulty || r.status == 429 || r.status == 408;
        if (!passing || attempt == TRIES) {
          throw new Refused(r, name(key), inDoubt);
        }
      } catch (Refused e) {
        throw e;
      } catch (IOException e) {
        if (attempt == TRIES) {
          throw e;
        }
        inDoubt = true;
      }
      Thread.sleep(Duration.ofMillis(50L << attempt));
    }
  }

  /** An object in messages. */
  String name(String key) {
    return "s3: " + settings.bucket() + "/" + key;
  }

  /** The header by which a body is checked, and its value; empty where the service has none. */
  Map<String, String> checked(byte[] b) {
    return settings.checksums() ? Map.of(CHECKSUM, checksum(b)) : Map.of();
  }

  /** Headers of an object that is begun. */
  Map<String, String> begun(Map<String, String> more) {
    Map<String, String> h = new TreeMap<>(settings.stored());
    h.put("content-type", TYPE);
    h.putAll(more);
    return h;
  }

  /** The same of one whose parts follow. */
  Map<String, String> begunInParts() {
    return begun(settings.checksums() ? Map.of("x-amz-checksum-algorithm", "SHA256") : Map.of());
  }

  private static String checksum(byte[] b) {
    try {
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(b));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private String key(String path) {
    return settings.prefix().isEmpty() ? path : settings.prefix() + "/" + path;
  }

  @Override
  public void publish(List<NewFile> files) throws IOException, InterruptedException {
    List<NewFile> there = new ArrayList<>(); // the last one perhaps
    boolean done = false;
    try {
      for (NewFile f : files) {
        if (f.content().length > settings.partBytes()) {
          new S3Parts(this, key(f.path()), settings.partBytes())
              .publish(f.content(), () -> there.add(f));
        } else {
          there.add(f);
          put(f, there);
        }
      }
      done = true;
    } finally {
      if (!done) {
        takeBack(there);
      }
    }
  }

  private void put(NewFile f, List<NewFile> there) throws IOException, InterruptedException {
    try {
      callWithRetries("PUT", key(f.path()), "", begun(checked(f.content())), f.content());
    } catch (Refused e) {
      if (!e.inDoubt) {
        there.removeLast();
      }
      throw e;
    }
  }

  /**
   * Best effort: the group is made again under other names, each time anew, so its leftovers would
   * be there as often. What stays is named, for people to take it away.
   */
  private void takeBack(List<NewFile> files) {
    boolean interrupted = Thread.interrupted();
    long begun = System.nanoTime();
    String abandoned = "";
    for (NewFile f : files) {
      String reason = abandoned;
      if (abandoned.isEmpty()) {
        try {
          remove(f.path());
          continue;
        } catch (IOException e) {
          reason = Objects.requireNonNullElse(e.getMessage(), e.toString());
          if (System.nanoTime() - begun > TAKING_BACK.toNanos()) {
            abandoned = "not tried, after the service failed for " + TAKING_BACK.toSeconds() + " s";
          }
        } catch (InterruptedException e) {
          interrupted = true;
          abandoned = "the exporter stops";
          reason = abandoned;
        }
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "Partial group dropped, object may exist, its rows are sent again object={0}"
              + " error=\"{1}\"",
          name(key(f.path())),
          reason);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String check() throws IOException, InterruptedException {
    Reply r = call("HEAD", "");
    if (!r.isOk()) {
      throw r.problem("s3: bucket " + settings.bucket());
    }
    return "the bucket " + settings.bucket() + " is there";
  }

  @Override
  public byte[] read(String path) throws IOException, InterruptedException {
    Reply r = call("GET", key(path));
    if (!r.isOk()) {
      throw r.problem("s3: " + key(path));
    }
    return r.body;
  }

  @Override
  public void remove(String path) throws IOException, InterruptedException {
    try {
      callWithRetries("DELETE", key(path), "", Map.of(), null);
    } catch (Refused e) {
      if (e.status != 404) { // said by some services when an attempt before was heard
        throw e;
      }
    }
  }
}

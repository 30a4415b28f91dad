package dev.tethys.collect.logs.cloudflare;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.RetryAfter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * Requests {@code GET /zones/ZONE/logs/received} (Cloudflare's documentation, "Requesting logs"):
 * one JSON object a line of each request that was received in a span of time, in no order. The same
 * span returns the same lines for each request. A response may be truncated, which only its end
 * reveals: it is buffered as a whole, still compressed, and validated before any line of it is
 * used.
 */
final class Logpull {
  /** Maximum compressed size of a response; decompressed it is about ten times as much. */
  static final int MAX_BYTES = 32 << 20;

  private static final int MAX_ERROR = 1 << 16;
  private static final Duration TIMEOUT = Duration.ofMinutes(5);
  private static final Pattern TOO_EARLY =
      Pattern.compile("too early: logs older than (?:(\\d+)h)?\\S* are not available");

  /** Completely received response. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Received(byte[] body, boolean gzip) {
    InputStream lines() throws IOException {
      InputStream in = new ByteArrayInputStream(body);
      return gzip && body.length > 0 ? new GZIPInputStream(in, 1 << 16) : in;
    }
  }

  /** A span has more lines than fit into a response. */
  static final class TooMuchException extends IOException {
    private static final long serialVersionUID = 1L;

    TooMuchException() {
      super("a response is larger than " + MAX_BYTES + " bytes");
    }
  }

  /** Logs of a span are no longer kept. */
  static final class TooEarlyException extends IOException {
    private static final long serialVersionUID = 1L;
    private final Duration kept;

    TooEarlyException(String message, Duration kept) {
      super(message);
      this.kept = kept;
    }

    /** Returns the log retention. */
    Duration kept() {
      return kept;
    }
  }

  /** The API rejects the request now. */
  static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final Duration after;

    RefusedException(int status, Duration after, String body) {
      super("Cloudflare answers " + status + (body.isEmpty() ? "" : ": " + body));
      this.status = status;
      this.after = after;
    }

    /** Whether it will be refused again unless an operator changes something. */
    boolean isLasting() {
      return status / 100 == 4 && status != 408 && status != 429;
    }

    /** Retry delay requested by the API; zero if unset. */
    Duration after() {
      return after;
    }
  }

  private final CloudflareConfig config;
  private final HttpClientFactory http;

  Logpull(CloudflareConfig config, HttpClientFactory http) {
    this.config = config;
    this.http = http;
  }

  /**
   * All logs received in a span.
   *
   * @throws TooMuchException if they are too large to be buffered
   * @throws TooEarlyException if they are no longer kept
   * @throws RefusedException if the API returns another error
   */
  Received received(Span span) throws IOException, InterruptedException {
    String uri =
        config.api()
            + "/zones/"
            + config.zone()
            + "/logs/received?start="
            + span.start()
            + "&end="
            + span.end()
            + "&timestamps=unixnano&fields="
            + URLEncoder.encode(String.join(",", config.fields()), StandardCharsets.UTF_8);
    ClientRequest call =
        new ClientRequest(
            "GET",
            URI.create(uri),
            Map.of(
                "Authorization",
                "Bearer " + config.token().value(),
                "Accept-Encoding",
                "gzip",
                "Content-Type",
                "application/json"),
            null,
            TIMEOUT,
            null);
    try (ClientResponse a = http.client(HttpClientConfig.DEFAULT).send(call)) {
      if (a.status() != 200) {
        throw refused(a);
      }
      byte[] body = a.body().readNBytes(MAX_BYTES + 1);
      if (body.length > MAX_BYTES) {
        throw new TooMuchException();
      }
      Received r = new Received(body, !a.header("Content-Encoding", "").isBlank());
      check(r);
      return r;
    }
  }

  /** Reads to the end, where gzip has a checksum, and a line ends. */
  private static void check(Received r) throws IOException {
    byte[] buf = new byte[1 << 16];
    int last = '\n';
    try (InputStream in = r.lines()) {
      int n;
      while ((n = in.read(buf)) > 0) {
        last = buf[n - 1];
      }
    }
    if (last != '\n' && last != '}') {
      throw new IOException("the response ends within a line");
    }
  }

  private static IOException refused(ClientResponse a) throws IOException {
    String body;
    try (InputStream in = a.decoded(MAX_ERROR)) {
      body = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (ClientResponse.TooLargeException e) {
      body = "";
    }
    Matcher m = TOO_EARLY.matcher(body);
    if (m.find()) {
      Duration kept = m.group(1) == null ? Duration.ofDays(7) : hours(m.group(1));
      return new TooEarlyException(body, kept);
    }
    return new RefusedException(
        a.status(),
        RetryAfter.of(a, Instant.now()),
        body.substring(0, Math.min(body.length(), 500)));
  }

  private static Duration hours(String digits) {
    return digits.length() > 5 ? Duration.ofDays(7) : Duration.ofHours(Long.parseLong(digits));
  }
}

package dev.tethys.insight.source;

import dev.tethys.codec.CodecException;
import dev.tethys.config.Redaction;
import dev.tethys.model.file.IoFailures;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.ClientResponse.TooLargeException;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.ZipException;
import tools.jackson.core.JacksonException;

/** Requests to one source, within a number of bytes and a time each. */
final class SourceClient {
  /** Maximum size of a list of names. */
  static final int MAX_NAME_BYTES = 32 << 20;

  /** Bytes of a body that is not read but shown in an error. */
  private static final int MAX_SHOWN = 2_000;

  /** HTTP statuses after which the same request may succeed later. */
  private static final Set<Integer> TEMPORARY = Set.of(408, 429, 500, 502, 503, 504);

  private final InsightSource source;
  private final WebClient client;
  private final long maxBytes;
  private final Duration timeout;

  /**
   * @param maxBytes maximum uncompressed size of a response with samples
   * @param timeout request timeout
   */
  SourceClient(InsightSource source, WebClient client, long maxBytes, Duration timeout) {
    this.source = source;
    this.client = client;
    this.maxBytes = maxBytes;
    this.timeout = timeout;
  }

  /** Reads a body. */
  private interface Reading {
    List<String> read(InputStream in);
  }

  /** Names of the metrics that have samples in a range of Unix milliseconds. */
  List<String> names(long from, long to) throws SourceException, InterruptedException {
    List<String> out = new ArrayList<>();
    String path = "/api/v1/label/__name__/values?start=" + seconds(from) + "&end=" + seconds(to);
    try {
      ask(ClientRequest.get(at(path)), MAX_NAME_BYTES, in -> QueryAnswer.texts(in, out));
    } catch (SourceException e) {
      // Without names nothing can be read.
      throw switch (e.kind()) {
        case UNREADABLE, TOO_LARGE ->
            new SourceException(SourceException.Kind.REFUSED, String.valueOf(e.getMessage()), e);
        default -> e;
      };
    }
    return out;
  }

  /**
   * Reads samples with times after {@code from} and up to {@code to}, which are whole seconds in
   * Unix milliseconds.
   *
   * @return warnings of the source
   */
  List<String> samples(String selector, long from, long to, QueryAnswer.Sink into)
      throws SourceException, InterruptedException {
    String query = selector + "[" + (to - from) / 1000 + "s]";
    String form =
        "query=" + URLEncoder.encode(query, StandardCharsets.UTF_8) + "&time=" + seconds(to);
    return ask(
        ClientRequest.post(
            at("/api/v1/query"),
            "application/x-www-form-urlencoded",
            form.getBytes(StandardCharsets.US_ASCII)),
        maxBytes,
        in -> QueryAnswer.matrix(in, into));
  }

  private static String seconds(long millis) {
    return Long.toString(millis / 1000);
  }

  private URI at(String path) {
    String base = source.url().toString();
    return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
  }

  private List<String> ask(ClientRequest call, long max, Reading to)
      throws SourceException, InterruptedException {
    ClientRequest c = call.withHeader("Accept-Encoding", "gzip").withTimeout(timeout);
    try (ClientResponse a = client.send(c)) {
      if (a.status() != 200) {
        throw refused(a);
      }
      try (InputStream in = a.decoded(max)) {
        return to.read(in);
      }
    } catch (CodecException e) {
      throw ofAnswer(e, max);
    } catch (HttpTimeoutException e) {
      throw slow(e);
    } catch (TooLargeException e) {
      throw tooLarge(max, e);
    } catch (ZipException e) {
      throw new SourceException(
          SourceException.Kind.UNREADABLE,
          source.shownUrl() + ": the answer is not the gzip that its head announces",
          e);
    } catch (IOException e) {
      if (e.getCause() instanceof HttpTimeoutException) {
        throw slow(e);
      }
      String message = IoFailures.describe(e); // names the request in most cases
      throw new SourceException(
          SourceException.Kind.AWAY,
          message.contains("://") ? message : source.shownUrl() + ": " + message,
          e);
    }
  }

  /** Failure of a body that could not be read, or is not of the API. */
  private SourceException ofAnswer(CodecException e, long max) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof TooLargeException) {
        return tooLarge(max, e);
      }
      if (t instanceof HttpTimeoutException) {
        return slow(e);
      }
      if (t instanceof IOException && !(t instanceof ZipException)) {
        return new SourceException(
            SourceException.Kind.AWAY,
            source.shownUrl() + ": the answer broke off: " + e.getMessage(),
            e);
      }
    }
    boolean isOfText = e.getCause() instanceof JacksonException;
    return new SourceException(
        SourceException.Kind.UNREADABLE,
        source.shownUrl()
            + (isOfText ? " does not answer as Prometheus's API does: " : " reports: ")
            + e.getMessage(),
        e);
  }

  private SourceException slow(Exception e) {
    return new SourceException(
        SourceException.Kind.SLOW,
        source.shownUrl() + ": no complete answer within " + timeout.toSeconds() + " s",
        e);
  }

  private SourceException tooLarge(long max, Exception e) {
    return new SourceException(
        SourceException.Kind.TOO_LARGE,
        source.shownUrl() + ": the answer is larger than " + max + " bytes",
        e);
  }

  private SourceException refused(ClientResponse a) {
    String text = text(a);
    String at = source.shownUrl();
    int status = a.status();
    if (status / 100 == 3) {
      return new SourceException(
          SourceException.Kind.REFUSED,
          at
              + " redirects to "
              + Redaction.text(a.header("Location", "an unknown place"))
              + "; set the URL of the API itself, or follow_redirects: true in"
              + " --insight.source.config-file");
    }
    String message =
        at + " answered with HTTP status " + status + (text.isEmpty() ? "" : ": ") + text;
    String lower = text.toLowerCase(Locale.ROOT);
    if (status == 422
        || status == 413
        || lower.contains("timed out")
        || lower.contains("timeout")) {
      return new SourceException(SourceException.Kind.TOO_LARGE, message);
    }
    if (TEMPORARY.contains(status)) {
      return new SourceException(SourceException.Kind.AWAY, message);
    }
    String remedy =
        switch (status) {
          case 401, 403 -> "; check the credentials in --insight.source.config-file";
          case 404 -> "; check the path of the URL: /api/v1 must be below it";
          default -> "";
        };
    return new SourceException(SourceException.Kind.REFUSED, message + remedy);
  }

  /** Error in a body, in one line. */
  private static String text(ClientResponse a) {
    String body;
    try (InputStream in = a.decoded(MAX_SHOWN * 2L)) {
      body = new String(in.readNBytes(MAX_SHOWN), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
    int at = body.indexOf("\"error\":\"");
    if (at >= 0) {
      int end = at + 9;
      while (end < body.length() && body.charAt(end) != '"') {
        end += body.charAt(end) == '\\' ? 2 : 1;
      }
      body = body.substring(at + 9, Math.min(end, body.length()));
    }
    String line = body.strip().replaceAll("\\s+", " ");
    return line.length() > 300 ? line.substring(0, 300) + "…" : line;
  }
}

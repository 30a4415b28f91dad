package dev.tethys.collect.discovery;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.OAuth2;
import dev.tethys.config.Secret;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.JsonText;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Calls a server's HTTP API for a mechanism: responses are bounded, and every error has the URL and
 * the response.
 */
public final class RestClient {
  /** Maximum length of a response. */
  public static final int MAX_BYTES = 64 << 20;

  /** Maximum number of pages requested of one list; a server that has more is faulty. */
  public static final int MAX_PAGES = 10_000;

  /** Maximum number of response characters in an error. */
  private static final int SHOWN = 300;

  /** Reads and writes JSON. */
  public static final JsonMapper JSON = JsonMapper.builder().build();

  private final DiscoveryContext context;
  private final HttpClientConfig client;
  private final @Nullable Path socket;
  private final Duration timeout;

  /** Calls over TCP, each answered in half a minute. */
  public RestClient(DiscoveryContext context, HttpClientConfig client) {
    this(context, client, null, ClientRequest.DEFAULT_TIMEOUT);
  }

  /**
   * @param socket a Unix socket to connect to instead of the URL's host, or null
   * @param timeout timeout of each call
   */
  public RestClient(
      DiscoveryContext context, HttpClientConfig client, @Nullable Path socket, Duration timeout) {
    this.context = context;
    this.client = client;
    this.socket = socket;
    this.timeout = timeout;
  }

  /** Calls over TCP, each answered within a time limit. */
  public RestClient(DiscoveryContext context, HttpClientConfig client, Duration timeout) {
    this(context, client, null, timeout);
  }

  /** A complete response. */
  public record Reply(URI uri, int status, Map<String, List<String>> headers, byte[] body) {
    /** The first value of a header, or {@code ""}. */
    public String header(String name) {
      List<String> v = headers.get(name);
      return v == null || v.isEmpty() ? "" : v.getFirst();
    }

    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** The body as JSON. */
    public JsonNode json() throws IOException {
      return JsonText.answered(uri, body);
    }

    /** Creates an error that quotes the response. */
    public IOException error() {
      String s = text().strip();
      return new IOException(
          uri
              + " answered with status "
              + status
              + (s.isEmpty() ? "" : ": " + (s.length() > SHOWN ? s.substring(0, SHOWN) + "…" : s)));
    }
  }

  /** Fetches JSON from a URL. */
  public JsonNode get(String url) throws IOException, InterruptedException {
    return json(call("GET", url));
  }

  /** The JSON of a response with a status of 2xx; anything else is an error. */
  public JsonNode json(ClientRequest call) throws IOException, InterruptedException {
    return ok(call).json();
  }

  /** A response with a status of 2xx; anything else is an error. */
  public Reply ok(ClientRequest call) throws IOException, InterruptedException {
    Reply r = send(call);
    if (r.status / 100 != 2) {
      throw r.error();
    }
    return r;
  }

  /** A call without a body that accepts JSON. */
  public ClientRequest call(String method, String url) throws IOException {
    return new ClientRequest(
        method, uri(url), Map.of("Accept", "application/json"), null, timeout, socket);
  }

  /** Creates a POST request that accepts JSON. */
  public ClientRequest post(String url, String contentType, byte[] body) throws IOException {
    return new ClientRequest(
        "POST",
        uri(url),
        Map.of("Accept", "application/json", "Content-Type", contentType),
        body,
        timeout,
        socket);
  }

  /** A value in a query. */
  public static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  /** Contents of a file, without surrounding whitespace. */
  public static String file(String path) throws IOException {
    try {
      return Files.readString(Path.of(path)).strip();
    } catch (IOException e) {
      throw new IOException("unable to read " + path + ": " + e.getMessage(), e);
    }
  }

  /** Returns a client configuration that also sends a user and password. */
  public static HttpClientConfig withBasicAuth(HttpClientConfig c, String user, Secret password) {
    return c.with(new HttpClientConfig.BasicAuth(user, "", password, ""));
  }

  /** Returns a client configuration that obtains its tokens differently. */
  public static HttpClientConfig withOAuth2(HttpClientConfig c, OAuth2 oauth2) {
    return c.with(oauth2);
  }

  private static URI uri(String url) throws IOException {
    try {
      return URI.create(url);
    } catch (IllegalArgumentException e) {
      throw new IOException("\"" + url + "\" is not a valid URL: " + e.getMessage(), e);
    }
  }

  /** Any response. */
  public Reply send(ClientRequest call) throws IOException, InterruptedException {
    try (ClientResponse a = open(call)) {
      return new Reply(call.uri(), a.status(), a.headers(), a.bytes(MAX_BYTES));
    } catch (ClientResponse.TooLargeException e) {
      throw new IOException(call.uri() + ": " + e.getMessage(), e);
    }
  }

  /** A response with a streamed body; which the caller closes. */
  public ClientResponse open(ClientRequest call) throws IOException, InterruptedException {
    ClientRequest gzip =
        call.headers().containsKey("Accept-Encoding")
            ? call
            : call.withHeader("Accept-Encoding", "gzip");
    return context.send(client, gzip);
  }
}

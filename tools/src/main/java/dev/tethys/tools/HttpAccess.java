package dev.tethys.tools;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlDocument;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.web.client.BasicCredentials;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Server contacted by a command: its URL, authentication and additional headers. To be closed. */
final class HttpAccess implements AutoCloseable {
  static final Flag CONFIG =
      Flag.of(
          "http.config.file",
          Flag.Kind.STRING,
          "",
          "HTTP client configuration file: how to authenticate and connect.");

  /** The reasons reported by receivers. */
  private static final Map<Integer, String> REASONS =
      Map.of(
          400, "Bad Request",
          401, "Unauthorized",
          403, "Forbidden",
          404, "Not Found",
          405, "Method Not Allowed",
          415, "Unsupported Media Type",
          429, "Too Many Requests",
          500, "Internal Server Error",
          502, "Bad Gateway",
          503, "Service Unavailable");

  /** Maximum size of a response. */
  private static final int MAX_BYTES = 1 << 30;

  private final URI base;
  private final Map<String, String> headers;
  private final HttpClientFactory factory;
  private final WebClient client;

  /** A complete response. */
  record Reply(int status, String type, byte[] body) {
    /** Returns the status as HTTP/1 writes it. */
    String statusText() {
      String reason = REASONS.get(status);
      return reason == null ? String.valueOf(status) : status + " " + reason;
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /**
   * Reads a URL, without a scheme it is http, and the file of {@code --http.config.file}.
   *
   * @param headers {@code name=value} each
   */
  static HttpAccess of(String url, String configFile, List<String> headers) throws IOException {
    URI base = url(url);
    HttpClientConfig config = HttpClientConfig.DEFAULT;
    if (!configFile.isEmpty()) {
      if (base.getUserInfo() != null) {
        throw new CommandLineException(
            "Cannot set base auth in the server URL and use a http.config.file at the same time");
      }
      Path p = Path.of(Operands.files(List.of(configFile)).getFirst());
      YamlDocument d = YamlDocument.read(p);
      config = d.readWhole(() -> HttpClientConfig.TYPE.read(d.root()));
    }
    return new HttpAccess(base, config, pairs("header", headers));
  }

  private HttpAccess(URI base, HttpClientConfig config, Map<String, String> headers)
      throws IOException {
    this.base = base;
    this.headers = new LinkedHashMap<>(headers);
    String user = base.getUserInfo();
    if (user != null) {
      this.headers.put("Authorization", BasicCredentials.ofUserInfo(user));
    }
    this.factory = new HttpClientFactory("promtool/" + BuildInfo.current().version());
    this.client = factory.client(config);
  }

  /** Reads a URL of a server. */
  static URI url(String text) {
    String s = text.contains("://") ? text : "http://" + text;
    try {
      URI u = new URI(s.replaceAll("/+$", ""));
      if (UrlHost.of(u) == null) {
        throw new CommandLineException("\"" + text + "\" names no host");
      }
      return u;
    } catch (URISyntaxException e) {
      throw new CommandLineException("\"" + text + "\" is not a valid URL: " + e.getReason());
    }
  }

  /** Reads {@code name=value} strings of a flag. */
  static Map<String, String> pairs(String flag, List<String> texts) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String t : texts) {
      int eq = t.indexOf('=');
      if (eq < 0) {
        throw new CommandLineException("expected KEY=VALUE got '" + t + "'");
      }
      out.put(t.substring(0, eq), t.substring(eq + 1));
    }
    return out;
  }

  URI base() {
    return base;
  }

  Reply get(String path, Duration timeout) throws IOException {
    return send("GET", path, null, Map.of(), timeout);
  }

  /** Sends a call to a path below the URL. */
  Reply send(
      String method,
      String path,
      byte @Nullable [] body,
      Map<String, String> more,
      Duration timeout)
      throws IOException {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.putAll(more);
    all.putIfAbsent("Accept-Encoding", "gzip");
    String user = base.getRawUserInfo();
    String root = user == null ? base.toString() : base.toString().replace(user + "@", "");
    try (ClientResponse a =
        client.send(new ClientRequest(method, URI.create(root + path), all, body, timeout, null))) {
      return new Reply(a.status(), a.header("Content-Type", ""), a.bytes(MAX_BYTES));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    factory.close();
  }
}

package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.receiver.NotifyException.Reason;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Redaction;
import dev.tethys.config.Secret;
import dev.tethys.model.file.IoFailures;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Sends requests of notifiers and classifies responses: 2xx is success, 5xx and network failures
 * may be retried, other statuses are final unless a service defines otherwise.
 */
public final class HttpSender {
  /** Maximum number of bytes read of a response. */
  public static final int MAX_ANSWER_BYTES = 1 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Maximum number of response characters shown in an error. */
  private static final int SHOWN = 1024;

  /** Successful (2xx) response. */
  public record Reply(URI uri, int status, String body, Map<String, List<String>> headers) {}

  private final WebClient client;
  private final Set<Integer> retried;

  /**
   * @param retried codes in addition to 5xx after which another attempt may help
   * @throws IOException if a certificate or key cannot be read
   */
  public HttpSender(NotifierContext context, HttpClientConfig config, Set<Integer> retried)
      throws IOException {
    this.client = context.clients().client(config);
    this.retried = retried;
  }

  /** Sends JSON. */
  public Reply postJson(String url, String json, Duration limit)
      throws NotifyException, InterruptedException {
    return send(
        ClientRequest.post(uri(url), "application/json", json.getBytes(StandardCharsets.UTF_8)),
        limit);
  }

  /** Sends a call; a response that is not 2xx is an exception. */
  public Reply send(ClientRequest call, Duration limit)
      throws NotifyException, InterruptedException {
    Reply r = any(call, limit);
    if (r.status() / 100 != 2) {
      throw refused(r);
    }
    return r;
  }

  /** Creates an exception for a response other than 2xx. */
  public NotifyException refused(Reply r) {
    boolean again = r.status() / 100 == 5 || retried.contains(r.status());
    String body = Redaction.withoutUrl(r.uri(), r.body().strip());
    String shown = body.length() > SHOWN ? body.substring(0, SHOWN) + "…" : body;
    return new NotifyException(
        again,
        Reason.ofStatus(r.status()),
        "unexpected status code " + r.status() + (shown.isEmpty() ? "" : ": " + shown));
  }

  /** Sends a request and returns any response. */
  public Reply any(ClientRequest call, Duration limit)
      throws NotifyException, InterruptedException {
    try (ClientResponse a = client.send(call.withTimeout(limit))) {
      String body;
      try {
        body = new String(a.bytes(MAX_ANSWER_BYTES), StandardCharsets.UTF_8);
      } catch (ClientResponse.TooLargeException e) {
        body = "";
      }
      return new Reply(call.uri(), a.status(), body, a.headers());
    } catch (IOException e) {
      String text = Redaction.withoutUrl(call.uri(), IoFailures.describe(e));
      Reason reason = text.contains("deadline exceeded") ? Reason.DEADLINE_EXCEEDED : Reason.OTHER;
      throw new NotifyException(true, reason, text);
    }
  }

  /**
   * Reads the URL of a call.
   *
   * @throws NotifyException if the text is not a valid URL
   */
  public static URI uri(String url) throws NotifyException {
    try {
      return ConfigTypes.url(url.strip());
    } catch (IllegalArgumentException e) {
      throw NotifyException.lost("the URL is not valid: " + e.getMessage());
    }
  }

  /** Returns the configured secret, or the current content of its file. */
  public static String secret(Secret given, String file) throws NotifyException {
    return file.isEmpty() ? given.value() : fromFile(file);
  }

  /** Returns the current contents of a file, without surrounding spaces. */
  public static String fromFile(String file) throws NotifyException {
    try {
      return Files.readString(Path.of(file)).strip();
    } catch (IOException e) {
      throw NotifyException.lost("could not read " + file + ": " + IoFailures.reason(e));
    }
  }

  /** Returns a copy with a token, given directly or in a file. */
  public static HttpClientConfig withBearer(HttpClientConfig c, Secret token, String file) {
    return new HttpClientConfig(
        c.basicAuth(),
        new HttpClientConfig.Authorization("Bearer", file.isEmpty() ? token : Secret.NONE, file),
        c.oauth2(),
        c.tls(),
        c.followRedirects(),
        c.enableHttp2(),
        c.proxy(),
        c.headers());
  }

  /** Returns the URL with a trailing slash, for use as a base URL. */
  public static String folder(URI u) {
    String s = u.toString();
    return s.endsWith("/") ? s : s + "/";
  }

  /** Encodes fields as a form or a query. */
  public static String form(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(e -> GoStrings.queryEscape(e.getKey()) + "=" + GoStrings.queryEscape(e.getValue()))
        .collect(Collectors.joining("&"));
  }

  /** Parses a response as JSON; invalid JSON may be retried. */
  public static JsonNode json(String body) throws NotifyException {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw NotifyException.again("the response is not JSON: " + JsonFailures.describe(e));
    }
  }

  /** Returns the smaller of a limit and a configured one; zero means not configured. */
  public static Duration limit(Duration limit, Duration configured) {
    return configured.isPositive() && configured.compareTo(limit) < 0 ? configured : limit;
  }
}

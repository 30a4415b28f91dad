package dev.tethys.pipeline.receiver.kubernetes;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;

/** Requests a single JSON document from an API, a kubelet or a daemon. */
public final class JsonDocumentClient {
  /** Maximum size of a response; a node with thousands of containers returns 10 MB. */
  private static final long MAX_BYTES = 64 << 20;

  /** Maximum size of a stream of objects. */
  private static final long MAX_EVENTS = 1L << 32;

  /** Read timeout after which a silent server counts as gone. */
  private static final ClientRequest.ReadTimeouts TIME_LIMIT =
      new ClientRequest.ReadTimeouts(Duration.ofSeconds(30), Duration.ofMinutes(3));

  /** Maximum length of an error body in logs. */
  private static final int MAX_SHOWN = 500;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ClusterAccess access;
  private final ResourceWatch.Sender sender;
  private final @Nullable Path socket;

  public JsonDocumentClient(ClusterAccess access, ResourceWatch.Sender sender) {
    this(access, sender, null);
  }

  /**
   * @param socket local socket to connect to instead of the URL's host, or null for TCP
   */
  public JsonDocumentClient(
      ClusterAccess access, ResourceWatch.Sender sender, @Nullable Path socket) {
    this.access = access;
    this.sender = sender;
    this.socket = socket;
  }

  /** Thrown for an unexpected response that an immediate retry would not change. */
  public static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;

    public RefusedException(int status, String message) {
      super(message);
      this.status = status;
    }

    public int status() {
      return status;
    }
  }

  /**
   * Requests the object at a path.
   *
   * @throws RefusedException if the status is not 200
   * @throws IOException with the URL if there is no response, or it is not an object
   */
  public JsonNode get(String path, Duration timeout) throws IOException, InterruptedException {
    return get(path, timeout, false);
  }

  /** Variant for a list. */
  public JsonNode list(String path, Duration timeout) throws IOException, InterruptedException {
    return get(path, timeout, true);
  }

  /** Consumer of a stream of objects. */
  @FunctionalInterface
  public interface Events {
    void take(JsonNode event) throws IOException, InterruptedException;
  }

  /** Reads a stream of objects until the server ends it or the time limit expires. */
  public void events(String path, Duration time, Events to)
      throws IOException, InterruptedException {
    ClientRequest call =
        ClientRequest.get(uri(path))
            .withTimeout(time)
            .withUnixSocket(socket)
            .withHeader("Accept", "application/json")
            .withHeader("Accept-Encoding", "identity") // objects arrive one by one
            .withReadTimeouts(TIME_LIMIT);
    try (ClientResponse a = opened(call);
        InputStream in = a.decoded(MAX_EVENTS);
        MappingIterator<JsonNode> all = JSON.readerFor(JsonNode.class).readValues(in)) {
      while (all.hasNextValue()) {
        to.take(all.nextValue());
      }
    } catch (JacksonException e) {
      if (!(e.getCause() instanceof ClientResponse.TooLargeException)
          && !(e.getCause() instanceof HttpTimeoutException)) {
        throw new IOException(
            call.uri() + " returned an unreadable response: " + JsonFailures.describe(e), e);
      } // otherwise the caller requests more
    }
  }

  private JsonNode get(String path, Duration timeout, boolean list)
      throws IOException, InterruptedException {
    ClientRequest call =
        ClientRequest.get(uri(path))
            .withTimeout(timeout)
            .withUnixSocket(socket)
            .withHeader("Accept", "application/json")
            .withHeader("Accept-Encoding", "gzip");
    URI uri = call.uri();
    try (ClientResponse a = opened(call)) {
      JsonNode n;
      try (InputStream in = a.decoded(MAX_BYTES)) {
        n = JSON.readTree(in);
      } catch (JacksonException e) {
        throw new IOException(
            uri + " returned an unreadable response: " + JsonFailures.describe(e), e);
      }
      if (list ? !n.isArray() : !n.isObject()) {
        throw new IOException(uri + ": the response is not a JSON " + (list ? "list" : "object"));
      }
      return n;
    }
  }

  private URI uri(String path) throws IOException {
    try {
      return URI.create(access.base() + path);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "\"" + access.base() + path + "\" is not a valid URL: " + e.getMessage(), e);
    }
  }

  /** Opens the response and checks its status. */
  private ClientResponse opened(ClientRequest call) throws IOException, InterruptedException {
    ClientResponse a = sender.send(access.client(), call);
    if (a.status() == 200) {
      return a;
    }
    try (a) {
      if (a.status() == 401) {
        access.refused();
      }
      throw new RefusedException(
          a.status(), call.uri() + " answered with status " + a.status() + message(a));
    }
  }

  private static String message(ClientResponse a) throws IOException {
    String body;
    try {
      body = new String(a.bytes(1 << 20), StandardCharsets.UTF_8).strip();
    } catch (ClientResponse.TooLargeException e) {
      return "";
    }
    try {
      body = JSON.readTree(body).path("message").asString(body);
    } catch (JacksonException e) {
      // shown as is
    }
    body = body.length() > MAX_SHOWN ? body.substring(0, MAX_SHOWN) + "…" : body;
    return body.isEmpty() ? "" : ": " + body;
  }
}

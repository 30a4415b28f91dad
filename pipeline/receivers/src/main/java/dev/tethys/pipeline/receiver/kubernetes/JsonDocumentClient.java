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

/** Asks an API, a kubelet or a daemon for one JSON document. */
public final class JsonDocumentClient {
  /** The longest answer that is read: what a node with thousands of containers says is 10 MB. */
  private static final long MAX_BYTES = 64 << 20;

  /** The most that is read of objects that come one after the other. */
  private static final long MAX_EVENTS = 1L << 32;

  /** A server that says nothing for so long may be gone without a word. */
  private static final ClientRequest.ReadTimeouts TIME_LIMIT =
      new ClientRequest.ReadTimeouts(Duration.ofSeconds(30), Duration.ofMinutes(3));

  /** How much of the body of an error is logged. */
  private static final int MAX_SHOWN = 500;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ClusterAccess access;
  private final ResourceWatch.Sender sender;
  private final @Nullable Path socket;

  public JsonDocumentClient(ClusterAccess access, ResourceWatch.Sender sender) {
    this(access, sender, null);
  }

  /**
   * @param socket of this machine, to connect to instead of the URL's host; null for TCP
   */
  public JsonDocumentClient(
      ClusterAccess access, ResourceWatch.Sender sender, @Nullable Path socket) {
    this.access = access;
    this.sender = sender;
    this.socket = socket;
  }

  /** An answer that is not what was asked for, which asking again at once would not change. */
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
   * The object at a path.
   *
   * @throws RefusedException when the answer has another status than 200
   * @throws IOException with the URL when there is no answer, or one that is no object
   */
  public JsonNode get(String path, Duration timeout) throws IOException, InterruptedException {
    return get(path, timeout, false);
  }

  /** The same for a list. */
  public JsonNode list(String path, Duration timeout) throws IOException, InterruptedException {
    return get(path, timeout, true);
  }

  /** Takes one of several objects that come one after the other. */
  @FunctionalInterface
  public interface Events {
    void take(JsonNode event) throws IOException, InterruptedException;
  }

  /** Reads objects that come one after the other, until the server ends or the time is up. */
  public void events(String path, Duration time, Events to)
      throws IOException, InterruptedException {
    ClientRequest call =
        ClientRequest.get(uri(path))
            .withTimeout(time)
            .withUnixSocket(socket)
            .withHeader("Accept", "application/json")
            .withHeader("Accept-Encoding", "identity") // they come one by one
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
            call.uri() + " answered with what cannot be read: " + JsonFailures.describe(e), e);
      } // else a caller that requires more asks again
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
            uri + " answered with what cannot be read: " + JsonFailures.describe(e), e);
      }
      if (list ? !n.isArray() : !n.isObject()) {
        throw new IOException(uri + " answered with what is no JSON " + (list ? "list" : "object"));
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

  /** The answer, which is one that was wanted. */
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
      // then as it is
    }
    body = body.length() > MAX_SHOWN ? body.substring(0, MAX_SHOWN) + "…" : body;
    return body.isEmpty() ? "" : ": " + body;
  }
}

package dev.tethys.store.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * HTTP requests to one store: compressed responses, read within the time and the bytes of a query,
 * and error messages of the server. Thread-safe.
 */
public final class HttpQueries {
  private static final int MAX_SAID = 4096;
  private static final int MAX_SHOWN = 1024;

  private final StoreConfig config;
  private final WebClient client;
  private final StoreLimits limits;

  public HttpQueries(StoreConfig config, WebClient client, StoreLimits limits) {
    this.config = config;
    this.client = client;
    this.limits = limits;
  }

  /** Reads a response to its end. */
  @FunctionalInterface
  public interface Reading {
    /**
     * @throws CodecException if it is not the requested data
     */
    void read(InputStream in) throws IOException;
  }

  /** Thrown for an unexpected status. */
  public static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String body;

    RefusedException(int status, String body) {
      super("HTTP status " + status + (body.isEmpty() ? "" : ": " + shown(body)));
      this.status = status;
      this.body = body;
    }

    /** Beginning of a body in one line. */
    private static String shown(String body) {
      return (body.length() <= MAX_SHOWN ? body : body.substring(0, MAX_SHOWN))
          .replaceAll("\\s+", " ");
    }

    public int status() {
      return status;
    }

    /** Returns the beginning of the body. */
    public String body() {
      return body;
    }
  }

  /** Returns the URI of a path, with its query, below the URL of the configuration. */
  public URI at(String path) {
    String base = config.url().toString();
    return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
  }

  /**
   * Sends a request and reads its response.
   *
   * @throws RefusedException if the status is not of success
   * @throws IOException also if the response is not the requested data
   * @throws dev.tethys.model.storage.StorageException if it is larger than is taken
   */
  public void ask(ClientRequest call, Reading to) throws IOException, InterruptedException {
    ask(call, Set.of(), to);
  }

  /**
   * Sends a request that may also return other statuses.
   *
   * @param also statuses that are read in addition to success
   */
  public void ask(ClientRequest call, Set<Integer> also, Reading to)
      throws IOException, InterruptedException {
    ClientRequest c = call.withHeader("Accept-Encoding", "gzip").withTimeout(config.timeout());
    try (ClientResponse a = client.send(c);
        InputStream in = limits.bounded(a.decoded(Long.MAX_VALUE), "store " + config.name())) {
      if (a.status() / 100 != 2 && !also.contains(a.status())) {
        throw new RefusedException(
            a.status(), new String(in.readNBytes(MAX_SAID), StandardCharsets.UTF_8).strip());
      }
      to.read(in);
    } catch (CodecException | NumberFormatException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}

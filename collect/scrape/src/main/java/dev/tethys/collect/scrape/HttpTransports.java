package dev.tethys.collect.scrape;

import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Scrapes over the HTTP clients of the process. */
public final class HttpTransports implements ScrapeTransport.Factory {
  private final HttpClientFactory clients;

  public HttpTransports(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public ScrapeTransport open(ScrapeConfig config, String unixSocket) {
    try {
      return new Http(
          clients.client(config.client()), unixSocket.isEmpty() ? null : Path.of(unixSocket));
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private record Http(WebClient client, @Nullable Path socket) implements ScrapeTransport {
    @Override
    public Response get(URI url, Map<String, String> headers, Duration timeout)
        throws IOException, InterruptedException {
      ClientResponse answer =
          client.send(new ClientRequest("GET", url, headers, null, timeout, socket));
      return new Answered(answer);
    }

    /** Connections belong to the factory. */
    @Override
    public void close() {}
  }

  private record Answered(ClientResponse answer) implements ScrapeTransport.Response {
    @Override
    public int status() {
      return answer.status();
    }

    @Override
    public String reason() {
      return switch (answer.status()) {
        case 400 -> "Bad Request";
        case 401 -> "Unauthorized";
        case 403 -> "Forbidden";
        case 404 -> "Not Found";
        case 405 -> "Method Not Allowed";
        case 406 -> "Not Acceptable";
        case 408 -> "Request Timeout";
        case 429 -> "Too Many Requests";
        case 500 -> "Internal Server Error";
        case 501 -> "Not Implemented";
        case 502 -> "Bad Gateway";
        case 503 -> "Service Unavailable";
        case 504 -> "Gateway Timeout";
        default -> "";
      };
    }

    @Override
    public String header(String name) {
      return answer.header(name, "");
    }

    @Override
    public InputStream body() {
      return answer.body();
    }

    @Override
    public void close() {
      answer.close();
    }
  }
}

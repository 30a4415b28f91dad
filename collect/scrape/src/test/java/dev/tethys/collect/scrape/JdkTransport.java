package dev.tethys.collect.scrape;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/** The JDK's HTTP client as a transport without authentication. */
final class JdkTransport implements ScrapeTransport {
  private final HttpClient client;

  JdkTransport(HttpClient client) {
    this.client = client;
  }

  @Override
  public Response get(URI url, Map<String, String> headers, Duration timeout)
      throws IOException, InterruptedException {
    HttpRequest.Builder b = HttpRequest.newBuilder(url).timeout(timeout);
    headers.forEach(b::header);
    HttpResponse<InputStream> r = client.send(b.build(), HttpResponse.BodyHandlers.ofInputStream());
    return new Response() {
      @Override
      public int status() {
        return r.statusCode();
      }

      @Override
      public String reason() {
        return r.statusCode() == 500 ? "Internal Server Error" : "";
      }

      @Override
      public String header(String name) {
        return r.headers().firstValue(name).orElse("");
      }

      @Override
      public InputStream body() {
        return r.body();
      }

      @Override
      public void close() throws IOException {
        r.body().close();
      }
    };
  }

  @Override
  public void close() {}
}

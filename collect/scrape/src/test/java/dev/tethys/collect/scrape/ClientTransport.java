package dev.tethys.collect.scrape;

import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** A client as a transport. */
record ClientTransport(WebClient client) implements ScrapeTransport {
  @Override
  public Response get(URI url, Map<String, String> headers, Duration timeout)
      throws IOException, InterruptedException {
    ClientResponse a = client.send(new ClientRequest("GET", url, headers, null, timeout, null));
    return new Response() {
      @Override
      public int status() {
        return a.status();
      }

      @Override
      public String reason() {
        return a.status() == 500 ? "Internal Server Error" : "";
      }

      @Override
      public String header(String name) {
        return a.header(name, "");
      }

      @Override
      public InputStream body() {
        return a.body();
      }

      @Override
      public void close() {
        a.close();
      }
    };
  }

  @Override
  public void close() {}
}

package dev.tethys.alert.notify;

import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Sends a request to an Alertmanager. */
@FunctionalInterface
interface AlertPost {
  /** Maximum number of bytes read of a response, so that its connection can be reused. */
  int MAX_ANSWER_BYTES = 1 << 20;

  /** Maximum length of the response text shown in addition to the status. */
  int MAX_SAID = 200;

  /**
   * A response.
   *
   * @param errorText reason of a failure; "" without one
   */
  record Reply(int status, String errorText) {}

  Reply post(URI url, byte[] json) throws IOException, InterruptedException;

  /** Creates an HTTP sender. */
  static AlertPost over(HttpClientFactory clients, AlertmanagerConfig config) throws IOException {
    WebClient client = clients.client(config.client());
    return (url, json) -> {
      ClientRequest call =
          ClientRequest.post(url, "application/json", json).withTimeout(config.timeout());
      try (ClientResponse a = client.send(call)) {
        byte[] body = a.bytes(MAX_ANSWER_BYTES);
        return new Reply(a.status(), a.status() / 100 == 2 ? "" : errorText(body));
      }
    };
  }

  /**
   * Returns the reason for a rejection, which is only in the body; HTML pages from proxies are
   * omitted.
   */
  private static String errorText(byte[] body) {
    String s = new String(body, StandardCharsets.UTF_8).strip();
    return s.startsWith("<") ? "" : s.length() <= MAX_SAID ? s : s.substring(0, MAX_SAID) + "…";
  }
}

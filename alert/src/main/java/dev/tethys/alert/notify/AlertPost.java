package dev.tethys.alert.notify;

import dev.tethys.web.client.Answer;
import dev.tethys.web.client.Call;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;

/** How a request reaches an Alertmanager. */
@FunctionalInterface
interface AlertPost {
  /** What is read of an answer at most, so that its connection can be used again. */
  int MAX_ANSWER_BYTES = 1 << 20;

  /** The status of the answer. */
  int post(URI url, byte[] json) throws IOException, InterruptedException;

  /** Over HTTP. */
  static AlertPost over(HttpClientFactory clients, AlertmanagerConfig config) throws IOException {
    WebClient client = clients.client(config.client());
    return (url, json) -> {
      Call call = Call.post(url, "application/json", json).withTimeout(config.timeout());
      try (Answer a = client.send(call)) {
        a.bytes(MAX_ANSWER_BYTES);
        return a.status();
      }
    };
  }
}

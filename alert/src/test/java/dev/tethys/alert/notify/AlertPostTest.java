package dev.tethys.alert.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.NameScheme;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests that an Alertmanager receives over HTTP. */
class AlertPostTest {
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final AlertPost post = AlertPost.over(clients, config());
  private HttpListener listener;
  private volatile int status;
  private volatile String body = "";

  AlertPostTest() throws IOException {}

  private static AlertmanagerConfig config() {
    return AlertingConfig.read(
            YamlDocument.parse("a.yml", null, "alertmanagers: [{}]").root(), NameScheme.UTF8)
        .alertmanagers()
        .getFirst();
  }

  @BeforeEach
  void start() throws IOException {
    Routes routes = new Routes();
    routes.post("/alerts", (q, r) -> r.status(status).send(body));
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
    clients.close();
  }

  private AlertPost.Reply answer(int s, String text) throws Exception {
    status = s;
    body = text;
    URI url = URI.create("http://127.0.0.1:" + listener.port() + "/alerts");
    return post.post(url, new byte[] {'[', ']'});
  }

  @Test
  void readsReasonOfRejectedAlerts() throws Exception {
    assertThat(answer(200, "fine")).isEqualTo(new AlertPost.Reply(200, ""));
    assertThat(answer(400, "\"bad label\"\n")).isEqualTo(new AlertPost.Reply(400, "\"bad label\""));
    assertThat(answer(502, "<html><p>proxy")).isEqualTo(new AlertPost.Reply(502, ""));
    assertThat(answer(500, "x".repeat(1000)).errorText())
        .isEqualTo("x".repeat(AlertPost.MAX_SAID) + "…");
  }

  @Test
  void reportsErrorWithoutPassword() {
    int port = listener.port();
    listener.close();
    URI url = URI.create("http://joe:secret@127.0.0.1:" + port + "/alerts");
    assertThatThrownBy(() -> post.post(url, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "Post \"http://joe:xxxxx@127.0.0.1:" + port + "/alerts\": connect: connection refused");
  }
}

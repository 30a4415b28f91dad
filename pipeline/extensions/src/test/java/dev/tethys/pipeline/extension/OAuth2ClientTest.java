package dev.tethys.pipeline.extension;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class OAuth2ClientTest {
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final AtomicLong millis = new AtomicLong(1_700_000_000_000L);

  @AfterEach
  void close() {
    clients.close();
  }

  private Extension make(String yaml) {
    OAuth2ClientFactory f = new OAuth2ClientFactory(clients);
    YamlDocument d = YamlDocument.parse("c.yaml", null, yaml);
    OAuth2ClientFactory.Settings s = f.settings().read(d.root());
    d.refuseNotBuilt();
    return f.create(s, new Alone());
  }

  @Test
  void cachesATokenUntilRejected() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    try (HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/token",
                    (q, r) -> {
                      asked.add(
                          q.header("Authorization") + " " + new String(q.bodyBytes(10_000), UTF_8));
                      r.send(
                          "application/json",
                          ("{\"access_token\":\"t"
                                  + asked.size()
                                  + "\",\"token_type\":\"bearer\",\"expires_in\":3600}")
                              .getBytes(UTF_8));
                    }),
            null)) {
      Extension e =
          make(
              """
              client_id: me
              client_secret: secret
              token_url: http://127.0.0.1:%d/token
              scopes: [write, read]
              endpoint_params: {audience: [db]}
              """
                  .formatted(l.port()));
      ClientAuth a = (ClientAuth) e;
      assertThatThrownBy(a::headers).isInstanceOf(IOException.class);
      e.start();
      assertThat(a.headers()).isEqualTo(Map.of("Authorization", "Bearer t1"));
      assertThat(a.headers()).isEqualTo(Map.of("Authorization", "Bearer t1"));
      a.refused();
      assertThat(a.headers())
          .as("another one would fare no better than one of a moment ago")
          .isEqualTo(Map.of("Authorization", "Bearer t1"));
      millis.addAndGet(60_000);
      a.refused();
      assertThat(a.headers()).isEqualTo(Map.of("Authorization", "Bearer t2"));
      for (int i = 0; i < 10; i++) {
        a.refused();
        assertThat(a.headers()).isEqualTo(Map.of("Authorization", "Bearer t2"));
      }
    }
    assertThat(asked)
        .hasSize(2)
        .containsOnly(
            "Basic bWU6c2VjcmV0 grant_type=client_credentials&scope=write+read&audience=db");
  }

  @Test
  void readsTheClientIdFromAFileAndSignsForTokens(@TempDir Path folder) throws Exception {
    new TestCertificates(folder).issueRsa("signer", "dns:localhost");
    Path name = Files.writeString(folder.resolve("name"), "one\n");
    List<String> asked = new CopyOnWriteArrayList<>();
    try (HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/token",
                    (q, r) -> {
                      asked.add(new String(q.bodyBytes(10_000), UTF_8));
                      r.send(
                          "application/json",
                          ("{\"access_token\":\"t" + asked.size() + "\",\"expires_in\":3600}")
                              .getBytes(UTF_8));
                    }),
            null)) {
      Extension e =
          make(
              """
              client_id_file: %s
              grant_type: urn:ietf:params:oauth:grant-type:jwt-bearer
              client_certificate_key_file: %s
              client_certificate_key_id: k1
              signature_algorithm: RS512
              audience: there
              claims: {team: a}
              expiry_buffer: 5m
              token_url: http://127.0.0.1:%d/token
              """
                  .formatted(name, folder.resolve("signer.key"), l.port()));
      ClientAuth a = (ClientAuth) e;
      e.start();
      assertThat(a.headers()).containsEntry("Authorization", "Bearer t1");
      millis.addAndGet(54 * 60_000);
      assertThat(a.headers()).containsEntry("Authorization", "Bearer t1");
      millis.addAndGet(2 * 60_000);
      assertThat(a.headers()).as("five minutes before").containsEntry("Authorization", "Bearer t2");
      Files.writeString(name, "two\n");
      assertThat(a.headers()).as("of another").containsEntry("Authorization", "Bearer t3");
    }
    String assertion = asked.getLast().replaceFirst(".*assertion=", "");
    String[] parts = assertion.split("\\.");
    assertThat(new String(Base64.getUrlDecoder().decode(parts[0]), UTF_8))
        .contains("\"alg\":\"RS512\"", "\"kid\":\"k1\"");
    assertThat(new String(Base64.getUrlDecoder().decode(parts[1]), UTF_8))
        .contains("\"iss\":\"two\"", "\"aud\":\"there\"", "\"team\":\"a\"");
  }

  @Test
  void rejectsInvalidSettings() {
    for (String[] w :
        new String[][] {
          {"{client_id: a, token_url: 'http://x'}", "requires client_secret"},
          {"{client_id: a, client_secret: s, token_url: nowhere}", "token_url must be a URL"},
          {"{client_secret: s, token_url: 'http://x'}", "client_id"},
          {
            "{client_id: a, client_secret: s, token_url: 'http://x', expiry_buffer: -1m}",
            "negative"
          },
          {
            "{client_id: a, token_url: 'http://x', grant_type:"
                + " 'urn:ietf:params:oauth:grant-type:jwt-bearer'}",
            "requires client_certificate_key"
          }
        }) {
      assertThatThrownBy(() -> make(w[0])).as(w[0]).hasMessageContaining(w[1]);
    }
  }

  private final class Alone implements Context {
    @Override
    public ComponentId id() {
      return ComponentId.parse("oauth2client");
    }

    @Override
    public String name() {
      return "extension oauth2client";
    }

    @Override
    public ItemAccounting account(Signal signal) {
      return new ItemAccounting("extension", "x", signal);
    }

    @Override
    public Scheduler clock() {
      return new Scheduler() {
        @Override
        public long millis() {
          return millis.get();
        }

        @Override
        public long nanos() {
          throw new UnsupportedOperationException();
        }

        @Override
        public void execute(String name, Runnable task) {
          throw new UnsupportedOperationException();
        }

        @Override
        public Timer schedule(Duration after, Runnable task) {
          throw new UnsupportedOperationException();
        }
      };
    }

    @Override
    public System.Logger logger() {
      return System.getLogger("test");
    }

    @Override
    public Registry metrics() {
      return new Registry();
    }

    @Override
    public <T> T extension(Reference reference, Class<T> capability) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Exporter exporter(
        DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
      throw new UnsupportedOperationException();
    }
  }
}

package dev.tethys.pipeline.extension.opamp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.ServerToAgent;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.client.FirstUseClient;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.opamp.InstanceUid;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.RetryAfter;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Connection over plain HTTP: a request for each message, and polling requests for messages of the
 * server.
 */
final class PollingLink implements OpampLink {
  private final OpampSettings.Server server;
  private final Duration every;
  private final @Nullable ClientAuth auth; // in addition to the client's signing
  private final FirstUseClient client;
  private final ReconnectBackoff pace;
  private final Scheduler clock;
  private volatile boolean up;

  PollingLink(
      OpampSettings.Server server,
      Duration every,
      @Nullable ClientAuth auth,
      HttpClientFactory clients,
      ReconnectBackoff pace,
      Scheduler clock) {
    this.server = server;
    this.every = every;
    this.auth = ClientAuth.withSigning(auth);
    HttpClientConfig how =
        ClientAuth.signing(
            new HttpClientConfig(
                null,
                null,
                null,
                server.tls(),
                true,
                true,
                new ProxyConfig(null, "", true, Map.of()),
                Map.of()),
            auth);
    this.client = new FirstUseClient(() -> clients.client(how));
    this.pace = pace;
    this.clock = clock;
  }

  @Override
  public void runSession(Reports reports) throws IOException, InterruptedException {
    up = false;
    reports.begin();
    while (!reports.isStopping()) {
      Reports.Draft d = reports.next(true);
      if (d != null) {
        ServerToAgent message = send(d.message(), pace.request());
        reports.messageSent(d);
        up = true;
        reports.receive(message);
        reports.pause(pace.gap());
        reports.await(every);
      }
    }
    if (up) {
      send(reports.last(), pace.farewell());
    }
  }

  private ServerToAgent send(AgentToServer message, Duration timeout)
      throws IOException, InterruptedException {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    server.headers().forEach((k, v) -> all.put(k, v.value()));
    if (auth != null) {
      all.putAll(auth.headers());
    }
    UUID uid = InstanceUid.of(message.uid());
    all.put("Content-Type", "application/x-protobuf");
    all.put("OpAMP-Instance-UID", uid.toString());
    URI to = server.endpoint();
    ClientAuth.edited(auth, all);
    ClientRequest call =
        new ClientRequest("POST", to, new LinkedHashMap<>(all), message.encoded(), timeout, null);
    try (ClientResponse a = client.get().send(call)) {
      if (a.status() == 200) {
        byte[] body = a.bytes(OpampAgent.MAX_MESSAGE);
        return ServerToAgent.decoded(body, 0, body.length);
      }
      if (auth != null && auth.isRefusal(a.status())) {
        auth.refused();
      }
      throw new Busy(
          "it answers HTTP status " + a.status(),
          a.status() == 429 || a.status() == 503
              ? RetryAfter.of(a, Instant.ofEpochMilli(clock.millis()))
              : Duration.ZERO);
    } catch (CodecException e) {
      throw new IOException("the response is not an OpAMP message: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean isUp() {
    return up;
  }

  @Override
  public void end() {
    // A request ends by its own time.
  }
}

package dev.tethys.contrib.clusteragent;

import dev.tethys.codec.CodecException;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Databases of the path {@code /v1/config} of Coroot or of a server. Those of the last answer stay
 * while the server is away.
 */
final class ConfigSource implements TargetSource {
  /** Most bytes of an answer. */
  static final int MAX_ANSWER = 4 << 20;

  private static final System.Logger LOG = JulLogger.of(ConfigSource.class.getName());

  private final Settings settings;
  private final HttpClientFactory clients;
  private final WebClient client;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread thread;
  private volatile InstrumentationJson.Answer last = InstrumentationJson.Answer.EMPTY;
  private volatile String problem = "";

  /**
   * Settings of the requests.
   *
   * @param url of Coroot or of a server
   * @param apiKey header X-Api-Key, empty if none
   */
  record Settings(
      URI url,
      String apiKey,
      boolean insecureSkipVerify,
      String caFile,
      Duration interval,
      Duration timeout,
      String userAgent) {
    /** Without the key. */
    @Override
    public String toString() {
      return url.toString();
    }
  }

  /**
   * Starts to ask.
   *
   * @throws IOException if a file of the settings cannot be read
   */
  ConfigSource(Settings settings) throws IOException {
    this.settings = settings;
    this.clients = new HttpClientFactory(settings.userAgent());
    this.client =
        clients.client(ClusterAgentFlags.client(settings.caFile(), settings.insecureSkipVerify()));
    this.thread =
        Thread.ofVirtual()
            .name("cluster-agent-config")
            .start(SupervisedLoop.of("cluster_agent_config", this::run));
  }

  @Override
  public String name() {
    return "configuration of " + settings.url().getHost();
  }

  @Override
  public List<FoundDatabase> databases() {
    return last.databases();
  }

  @Override
  public String problem() {
    return problem;
  }

  @Override
  public void awaitFirst(Duration limit) throws InterruptedException {
    first.await(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void run() {
    try {
      while (true) {
        ask();
        first.countDown();
        Thread.sleep(settings.interval());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void ask() throws InterruptedException {
    try {
      InstrumentationJson.Answer next = InstrumentationJson.read(fetched(), name());
      if (!next.note().equals(last.note()) && !next.note().isEmpty()) {
        LOG.log(Level.WARNING, "Configuration read in part url={0}: {1}", settings, next.note());
      }
      last = next;
      problem = next.note();
    } catch (IOException | CodecException e) {
      problem = LimitedLog.cut(e.getMessage());
      failures.log(
          Level.WARNING,
          "Databases could not be requested, the former ones continue url={0} error=\"{1}\"",
          settings,
          problem);
    }
  }

  private byte[] fetched() throws IOException, InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Accept", "application/json");
    if (!settings.apiKey().isEmpty()) {
      headers.put("X-Api-Key", settings.apiKey());
    }
    URI url =
        URI.create(
            settings.url().toString().replaceAll("/+$", "")
                + InstrumentationJson.PATH
                + "?"
                + InstrumentationJson.INCOMPLETE
                + "=true");
    ClientRequest request =
        new ClientRequest("GET", url, headers, new byte[0], settings.timeout(), null);
    try (ClientResponse a = client.send(request)) {
      if (a.status() != 200) {
        throw new IOException("HTTP status " + a.status() + remedy(a.status()));
      }
      byte[] body = a.body().readNBytes(MAX_ANSWER + 1);
      if (body.length > MAX_ANSWER) {
        throw new IOException("the answer has more than " + MAX_ANSWER + " bytes");
      }
      return body;
    }
  }

  private static String remedy(int status) {
    return switch (status) {
      case 401, 403 -> ": set --api-key to a key that the server accepts";
      case 404 -> ": --coroot-url is not a server that lists databases";
      default -> "";
    };
  }

  @Override
  public void close() {
    thread.interrupt();
    clients.close();
  }
}

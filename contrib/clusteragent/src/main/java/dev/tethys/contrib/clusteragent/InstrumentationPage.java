package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.exporter.ObservedDatabase;
import dev.tethys.contrib.clusteragent.FoundSettings.Use;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Page {@code /v1/config} of a server: the databases of its service map that cluster agents are to
 * read. Passwords are in it only for a user that the file names, over TLS or from this machine.
 */
final class InstrumentationPage implements HttpHandler {
  private static final System.Logger LOG = JulLogger.of(InstrumentationPage.class.getName());

  private final Supplier<ClusterAgentConfig> config;
  private final ServiceMapSource observed;
  private final LimitedLog refusals = new LimitedLog(LOG);

  InstrumentationPage(
      Supplier<ClusterAgentConfig> config, Supplier<List<ObservedDatabase>> observed) {
    this.config = config;
    this.observed = new ServiceMapSource(observed, InstantSource.system());
  }

  @Override
  public void handle(HttpRequest q, HttpResponse r) throws IOException {
    ClusterAgentConfig c = config.get();
    List<DatabaseTarget> served = List.of();
    if (c.found().use() == Use.SERVE) {
      // Databases of the file are read by this server.
      served =
          TargetMerge.of(c, List.of(observed.databases())).targets().stream()
              .filter(t -> !t.foundBy().isEmpty())
              .toList();
    }
    boolean incomplete = "true".equals(q.query().first(InstrumentationJson.INCOMPLETE));
    r.header("Cache-Control", "no-store");
    r.send(
        "application/json",
        InstrumentationJson.write(served, mayHavePasswords(q, c.found()), incomplete)
            .getBytes(StandardCharsets.UTF_8));
  }

  private boolean mayHavePasswords(HttpRequest q, FoundSettings settings) {
    InetAddress from = q.remoteAddress().getAddress();
    boolean local = from != null && from.isLoopbackAddress();
    boolean permitted = permits(q.user(), q.isSecure(), local, settings);
    if (!permitted && permits(q.user(), true, true, settings)) {
      refusals.log(
          Level.WARNING,
          "Credentials not sent over plain HTTP user={0} client={1}; enable TLS in"
              + " --web.config.file",
          q.user(),
          from);
    }
    return permitted;
  }

  /**
   * Whether a request gets passwords.
   *
   * @param user null if it is not authenticated
   */
  static boolean permits(
      @Nullable String user, boolean secure, boolean local, FoundSettings settings) {
    return user != null && settings.users().contains(user) && (secure || local);
  }
}

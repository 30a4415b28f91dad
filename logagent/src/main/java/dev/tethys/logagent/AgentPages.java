package dev.tethys.logagent;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.file.FileTarget;
import dev.tethys.collect.logs.push.ServerTls;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.exposition.Registry;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.ListenAddress;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** HTTP pages of {@code tethys logs}. */
final class AgentPages implements AutoCloseable {
  private final Agent agent;
  private final Registry registry;
  private final boolean tapAllowed;
  private @Nullable HttpListener listener;

  AgentPages(Agent agent, Registry registry, boolean tapAllowed) {
    this.agent = agent;
    this.registry = registry;
    this.tapAllowed = tapAllowed;
  }

  void listen(PromtailConfig.Server s) throws IOException {
    Routes routes = new Routes();
    String home = s.externalUrl().isEmpty() ? s.prefix() : s.externalUrl().replaceAll("/+$", "");
    WebUi pages =
        new WebUi(path(home), "Tethys", "logs")
            .without("/")
            .with(WebUi.Part.LOGS)
            .unlessBrowsed("/targets", (q, r) -> r.send(targetsPage()))
            .unlessBrowsed("/service-discovery", (q, r) -> r.send(discoveryPage()))
            .unlessBrowsed(
                "/config", (q, r) -> r.send(YamlWriter.writeRedacted(agent.config().tree())));
    pages.routes(routes);
    LogsApi.addTo(routes, agent, registry, tapAllowed);
    routes.get("/", (q, r) -> r.redirect(303, home + "/targets"));
    routes.get("/-/ready", (q, r) -> r.send("Tethys is ready.\n")); // requested by pages
    routes.get("/ready", (q, r) -> ready(s, r));
    if (s.instrumentation()) {
      routes.get("/metrics", (q, r) -> MetricsPage.answer(q, r, registry.gather()));
    }
    if (s.runtimeReload()) {
      routes.get("/reload", this::reload).post("/reload", this::reload).changesByGet("/reload");
    }
    String address = s.address() + ":" + s.port();
    try {
      ListenAddress.check(address);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "server, http_listen_address and http_listen_port: " + e.getMessage(), e);
    }
    HttpListenerOptions options =
        s.limits().of(HttpListenerOptions.on(address).withRoutePrefix(s.prefix()));
    ServerTls tls = s.tls();
    if (tls == null) {
      listener =
          ListenFlags.listening(
              "server.http-listen-port", () -> HttpListener.start(options, routes, null));
    } else {
      WebConfig web = tls.web();
      listener =
          ListenFlags.listening(
              "server.http-listen-port",
              () -> HttpListener.start(options, () -> web, routes, null));
    }
  }

  /** Path prefix of the pages as seen by browsers. */
  private static String path(String home) {
    return home.startsWith("/") || home.isEmpty() ? home : URI.create(home).getRawPath();
  }

  private void ready(PromtailConfig.Server s, HttpResponse r) throws IOException {
    if (s.healthCheckTarget()
        && agent.jobs().stream()
            .allMatch(j -> j.sources.isEmpty() && j.targets().files().isEmpty())) {
      r.status(500)
          .send(
              "Not ready: Unable to find any logs to tail. Please verify permissions,"
                  + " volumes, scrape_config, etc.");
    } else {
      r.send("Ready");
    }
  }

  private void reload(HttpRequest q, HttpResponse r) throws IOException {
    String wrong = agent.reload();
    if (wrong == null) {
      r.send("");
    } else {
      r.status(500).send("failed to reload config: " + wrong);
    }
  }

  private String targetsPage() {
    StringBuilder sb = new StringBuilder();
    for (LogJob j : agent.jobs()) {
      for (LogSource s : j.sources) {
        sb.append(j.name()).append(' ').append(s.labels()).append(' ');
        sb.append(s.details()).append('\n');
      }
      for (FileTarget f : j.targets().files()) {
        sb.append(j.name()).append(' ').append(f.path()).append(' ').append(f.labels());
        sb.append('\n');
        j.files
            .status(f)
            .forEach(
                (path, s) ->
                    sb.append("  ")
                        .append(path)
                        .append(" size=")
                        .append(s.size())
                        .append(" read=")
                        .append(s.read())
                        .append(" delivered=")
                        .append(s.delivered())
                        .append(s.problem() != null ? " cannot be read" : "")
                        .append('\n'));
      }
    }
    return sb.toString();
  }

  private String discoveryPage() {
    StringBuilder sb = new StringBuilder();
    for (LogJob j : agent.jobs()) {
      FileTargets t = j.targets();
      t.files()
          .forEach(f -> sb.append(j.name()).append(" active ").append(f.labels()).append('\n'));
      t.dropped()
          .forEach(
              d ->
                  sb.append(j.name())
                      .append(" dropped ")
                      .append(d.discovered())
                      .append(": ")
                      .append(d.why())
                      .append('\n'));
    }
    return sb.toString();
  }

  @Override
  public void close() {
    HttpListener l = listener;
    if (l != null) {
      l.close();
    }
  }
}

package dev.tethys.pipeline.extension.zpages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoDurationText;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.GraphWatcher;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.ServedExtension;
import dev.tethys.pipeline.web.Json;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code zpages}: diagnostic pages at the Collector's paths. */
public final class ZPagesFactory implements ExtensionFactory<ZPagesFactory.Settings> {
  /**
   * The settings.
   *
   * @param variables whether environment variables of the process are shown
   */
  public record Settings(HttpServerSettings http, boolean variables) {}

  private static final Section SECTION =
      new Section("zpages", "HTTP pages about the running process.");
  private static final HttpServerSettings.Keys SERVER =
      new HttpServerSettings.Keys(SECTION, "localhost:55679");
  private static final Section EXPVAR = new Section("expvar", "Page of variables of the process.");
  private static final Key<Boolean> EXPVAR_ENABLED =
      EXPVAR.key("enabled", Type.BOOL, false, "Enables the page of variables.");
  private static final Key<Boolean> EXPVAR_KEY =
      SECTION.key(
          "expvar",
          EXPVAR.type(o -> o.get(EXPVAR_ENABLED)),
          false,
          "Page of variables of the process.");

  private final String version;
  private final String revision;

  /** Creates the factory for a program with this version and build commit. */
  public ZPagesFactory(String version, String revision) {
    this.version = version;
    this.revision = revision;
  }

  @Override
  public String type() {
    return "zpages";
  }

  @Override
  public String about() {
    return "Serves diagnostic pages over HTTP: pipelines, extensions, the build.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(ZPagesFactory::read);
  }

  private static Settings read(YamlObject o) {
    return new Settings(SERVER.read(o), o.get(EXPVAR_KEY));
  }

  @Override
  public Extension create(Settings s, Context context) {
    Map<String, String> build = new LinkedHashMap<>();
    build.put("Command", "tethys");
    build.put("Version", version);
    build.put("Revision", revision);
    build.put("Java", Runtime.version().toString());
    return new Running(s, Authenticators.find(s.http.auth(), context), build, context.clock());
  }

  static final class Running extends ServedExtension implements GraphWatcher {
    private static final List<String> PAGES =
        List.of("servicez", "pipelinez", "extensionz", "featurez", "tracez");

    private final Map<String, String> build;
    private final Scheduler clock;
    private volatile RunningGraph graph = RunningGraph.NONE;
    private volatile @Nullable Instant since;

    Running(Settings s, @Nullable ServerAuth auth, Map<String, String> build, Scheduler clock) {
      super(s.http, auth, clock);
      this.build = build;
      this.clock = clock;
      endpoint().on("GET", "/debug/servicez", (q, r) -> send(r, service()));
      endpoint().on("GET", "/debug/pipelinez", (q, r) -> send(r, pipelines()));
      endpoint().on("GET", "/debug/extensionz", (q, r) -> send(r, extensions()));
      endpoint().on("GET", "/debug/featurez", (q, r) -> send(r, features()));
      endpoint().on("GET", "/debug/tracez", (q, r) -> send(r, traces()));
      if (s.variables) {
        endpoint().on("GET", "/debug/expvarz", (q, r) -> r.send("application/json", variables()));
      }
      endpoint()
          .on(
              "GET",
              "/{other...}",
              (q, r) ->
                  r.status(404)
                      .send("page not found; available pages under /debug/: " + PAGES + "\n"));
    }

    /** Properties of the Java process, in place of a Go program's variables. */
    private byte[] variables() {
      MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
      Json j = new Json().open('{').key("memory").open('{');
      j.key("heap_used_bytes").number(heap.getUsed());
      j.key("heap_committed_bytes").number(heap.getCommitted());
      j.key("heap_max_bytes").number(heap.getMax()).close('}');
      j.key("collections").open('{');
      for (GarbageCollectorMXBean b : ManagementFactory.getGarbageCollectorMXBeans()) {
        j.key(b.getName()).open('{').key("count").number(b.getCollectionCount());
        j.key("milliseconds").number(b.getCollectionTime()).close('}');
      }
      j.close('}').key("threads").number(ManagementFactory.getThreadMXBean().getThreadCount());
      j.key("uptime_milliseconds").number(ManagementFactory.getRuntimeMXBean().getUptime());
      return j.close('}').toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void start() throws IOException {
      super.start();
      since = Instant.ofEpochMilli(clock.millis());
    }

    @Override
    public void runs(RunningGraph now) {
      graph = now;
    }

    private static void send(HttpResponse r, Page page) throws IOException {
      r.send("text/html; charset=utf-8", page.toString().getBytes(StandardCharsets.UTF_8));
    }

    private Page service() {
      Map<String, String> runtime = new LinkedHashMap<>();
      Instant started = since;
      if (started != null) {
        Duration up = Duration.between(started, Instant.ofEpochMilli(clock.millis()));
        runtime.put("StartTimestamp", started.toString());
        runtime.put("Uptime", GoDurationText.of(up.toNanos()));
      }
      runtime.put("OS", System.getProperty("os.name", ""));
      runtime.put("Arch", System.getProperty("os.arch", ""));
      return new Page("Service")
          .links(PAGES)
          .heading("Build And Runtime")
          .table(build)
          .table(runtime)
          .heading("Pipelines")
          .paragraph(
              graph.pipelines().size()
                  + " run, with "
                  + graph.extensions().size()
                  + " extensions.");
    }

    private Page pipelines() {
      return new Page("Pipelines")
          .links(PAGES)
          .table(
              List.of("FullName", "InputType", "Receivers", "Processors", "Exporters"),
              graph.pipelines().stream()
                  .map(
                      p ->
                          List.of(
                              p.id().toString(),
                              p.id().signal().name().toLowerCase(Locale.ROOT),
                              join(p.receivers()),
                              join(p.processors()),
                              join(p.exporters())))
                  .toList());
    }

    private static String join(List<ComponentId> ids) {
      return ids.stream().map(ComponentId::toString).collect(Collectors.joining(", "));
    }

    private Page extensions() {
      return new Page("Extensions")
          .links(PAGES)
          .table(
              List.of("FullName"),
              graph.extensions().stream().map(e -> List.of(e.toString())).toList());
    }

    private static Page features() {
      return new Page("Features")
          .links(PAGES)
          .paragraph("There are no feature gates: all supported features are enabled.");
    }

    private static Page traces() {
      return new Page("Traces")
          .links(PAGES)
          .paragraph(
              "Pipelines keep no spans to show: items that pass are"
                  + " counted by otelcol_* of the metrics. A server (tethys server) sends spans "
                  + "of its requests to tracing.endpoint of prometheus.yml.");
    }
  }
}

package dev.tethys.logagent;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.file.FileStatus;
import dev.tethys.collect.logs.file.FileTarget;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.exporter.loki.LokiClient;
import dev.tethys.pipeline.web.Json;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * {@code /api/v1/logs}: files and positions, dropped entries, patterns of lines, results of stages.
 * Answers are Prometheus's envelope.
 */
final class LogsApi {
  /** Files, or dropped targets, of a response. */
  static final int MAX_LISTED = 1000;

  /** Maximum number of lines tested at a time. */
  static final int MAX_TRIED = 100;

  private static final int MAX_TRIED_CHARS = 64 << 10;
  private static final double MAX_PER_SECOND = 10;

  private final Agent agent;
  private final Registry registry;
  private final boolean tapAllowed;

  private LogsApi(Agent agent, Registry registry, boolean tapAllowed) {
    this.agent = agent;
    this.registry = registry;
    this.tapAllowed = tapAllowed;
  }

  /**
   * Adds the endpoints.
   *
   * @param tapAllowed whether entries may be inspected as they pass
   */
  static void addTo(Routes routes, Agent agent, Registry registry, boolean tapAllowed) {
    LogsApi a = new LogsApi(agent, registry, tapAllowed);
    routes
        .get("/api/v1/logs/targets", a::targets)
        .get("/api/v1/logs/losses", a::losses)
        .get("/api/v1/logs/patterns", a::patterns)
        .get("/api/v1/logs/config", a::config)
        .get("/api/v1/logs/stages", a::stages)
        .get("/api/v1/logs/inspect", a::inspect)
        .post("/api/v1/logs/try", a::attempt);
  }

  private static void send(HttpResponse r, Json data) throws IOException {
    r.send(
        "application/json",
        ("{\"status\":\"success\",\"data\":" + data + "}").getBytes(StandardCharsets.UTF_8));
  }

  private record Listed(String job, FileTarget target, String path, FileStatus status) {}

  private void targets(HttpRequest q, HttpResponse r) throws IOException {
    String words = q.query().first("search", "").toLowerCase(Locale.ROOT);
    List<Listed> files = new ArrayList<>();
    Json j = new Json().open('{').key("at").number(System.currentTimeMillis());
    j.key("jobs").open('[');
    for (LogJob job : agent.jobs()) {
      j.open('{').key("name").text(job.name()).key("sources").open('[');
      for (LogSource s : job.sources) {
        j.open('{').key("labels");
        EntryTrace.texts(j, s.labels());
        j.key("details");
        EntryTrace.texts(j, s.details());
        j.close('}');
      }
      j.close(']');
      targets(j, job, files);
      j.close('}');
    }
    j.close(']').key("files");
    files(j, files, words);
    send(r, j.close('}'));
  }

  private static void targets(Json j, LogJob job, List<Listed> files) {
    FileTargets t = job.targets();
    j.key("targets").open('[');
    int listed = 0;
    for (var e : t.active().entrySet()) {
      FileTarget f = e.getKey();
      var status = job.files.status(f);
      status.forEach((path, s) -> files.add(new Listed(job.name(), f, path, s)));
      if (listed++ < MAX_LISTED) {
        j.open('{').key("path").text(f.path().toString());
        if (f.exclude() != null) {
          j.key("exclude").text(f.exclude().toString());
        }
        j.key("labels");
        EntryTrace.texts(j, f.labels());
        j.key("discovered");
        EntryTrace.texts(j, e.getValue());
        j.key("files").number(status.size()).close('}');
      }
    }
    j.close(']').key("active").number(t.active().size());
    j.key("droppedCount").number(t.dropped().size()).key("dropped").open('[');
    t.dropped().stream()
        .limit(MAX_LISTED)
        .forEach(
            d -> {
              j.open('{').key("discovered");
              EntryTrace.texts(j, d.discovered());
              j.key("reason").text(d.reason()).key("why").text(d.why()).close('}');
            });
    j.close(']');
  }

  /** Files with the most undelivered data, first. */
  private static void files(Json j, List<Listed> files, String words) {
    List<Listed> matching =
        files.stream()
            .filter(
                f ->
                    words.isEmpty()
                        || (f.path + " " + f.job + " " + f.target.labels())
                            .toLowerCase(Locale.ROOT)
                            .contains(words))
            .sorted(
                Comparator.<Listed>comparingInt(f -> f.status.problem() == null ? 1 : 0)
                    .thenComparing(f -> f.status.behind(), Comparator.reverseOrder())
                    .thenComparing(f -> f.path))
            .toList();
    j.open('{').key("total").number(files.size()).key("matching").number(matching.size());
    j.key("size").number(files.stream().mapToLong(f -> f.status.size()).sum());
    j.key("behind").number(files.stream().mapToLong(f -> f.status.behind()).sum());
    j.key("failed").number(files.stream().filter(f -> f.status.problem() != null).count());
    j.key("shown").open('[');
    matching.stream()
        .limit(MAX_LISTED)
        .forEach(
            f -> {
              FileStatus s = f.status;
              j.open('{').key("job").text(f.job).key("path").text(f.path).key("labels");
              EntryTrace.texts(j, f.target.labels());
              j.key("size").number(s.size()).key("read").number(s.read());
              j.key("delivered").number(s.delivered()).key("behind").number(s.behind());
              j.key("modified").number(s.modified() / 1_000_000);
              j.key("compressed").raw(String.valueOf(s.compressed()));
              if (s.problem() != null) {
                j.key("problem").text(s.problem());
              }
              j.close('}');
            });
    j.close(']').close('}');
  }

  private void losses(HttpRequest q, HttpResponse r) throws IOException {
    Json j = new Json().open('{').key("losses");
    LostEntries.write(j, registry.gather());
    send(r, j.close('}'));
  }

  private void patterns(HttpRequest q, HttpResponse r) throws IOException {
    Json j = new Json().open('{');
    for (MetricFamily f : registry.gather()) {
      String key =
          switch (f.name()) {
            case "tethys_log_messages_total" -> "severities";
            case "tethys_log_patterns_total" -> "patterns";
            default -> "";
          };
      if (!key.isEmpty()) {
        j.key(key).open('[');
        for (MetricFamily.Metric m : f.metrics()) {
          if (m.point() instanceof MetricFamily.Value v) {
            j.open('{');
            m.labels().toList().forEach(l -> j.key(l.name()).text(l.value()));
            j.key("count").number((long) v.value()).close('}');
          }
        }
        j.close(']');
      }
    }
    send(r, j.close('}'));
  }

  private void config(HttpRequest q, HttpResponse r) throws IOException {
    String yaml = YamlWriter.writeRedacted(agent.config().tree());
    send(r, new Json().open('{').key("yaml").text(yaml).close('}'));
  }

  /** Lists the stages of jobs, and whether they may be inspected. */
  private void stages(HttpRequest q, HttpResponse r) throws IOException {
    Json j = new Json().open('{').key("tap").raw(String.valueOf(tapAllowed)).key("jobs").open('[');
    for (LogJob job : agent.jobs()) {
      j.open('{').key("name").text(job.name()).key("stages").number(job.pipeline.size());
      j.key("labels");
      EntryTrace.texts(j, labels(job));
      j.close('}');
    }
    j.close(']').key("clients").open('[');
    for (LokiClient c : agent.clients()) {
      OutboxStatus s = c.status();
      j.open('{').key("name").text(c.name()).key("host").text(String.valueOf(c.url().getHost()));
      j.key("queued").number(s.items());
      j.key("failing").raw(String.valueOf(s.isFailing(System.currentTimeMillis())));
      j.key("lastError").text(s.lastError()).key("lastErrorMillis").number(s.lastErrorMillis());
      j.close('}');
    }
    send(r, j.close(']').close('}'));
  }

  /** Returns the labels of one of the job's entries before the first stage. */
  private static Labels labels(LogJob job) {
    for (FileTarget t : job.targets().active().keySet()) {
      String path = job.files.status(t).keySet().stream().findFirst().orElse(t.path().toString());
      return t.labels().toBuilder().set("filename", path).build();
    }
    return job.sources.isEmpty() ? Labels.EMPTY : job.sources.getFirst().labels();
  }

  private LogJob job(Params p) {
    String name = p.first("job", "");
    return agent.jobs().stream()
        .filter(j -> j.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new HttpException(
                    404, "unknown job \"" + name + "\"; /api/v1/logs/stages lists them"));
  }

  private void inspect(HttpRequest q, HttpResponse r) throws IOException, InterruptedException {
    if (!tapAllowed) {
      throw new HttpException(
          403, "inspecting entries is disabled; start with --web.enable-tap to enable it");
    }
    LogJob job = job(q.query());
    double perSecond;
    try {
      perSecond = Double.parseDouble(q.query().first("per_second", "1"));
    } catch (NumberFormatException e) {
      perSecond = -1;
    }
    if (!(perSecond > 0 && perSecond <= MAX_PER_SECOND)) {
      throw new HttpException(400, "per_second must be a number above 0, up to 10");
    }
    StageInspection.Watch w = job.pipeline.inspection().watch(perSecond);
    if (w == null) {
      throw new HttpException(
          429, "this job already has " + StageInspection.MAX_WATCHES + " inspections");
    }
    boolean[] gone = new boolean[1];
    r.header("Content-Type", "application/x-ndjson").uncompressed();
    try (w;
        HttpRequest.Watch watch = q.whenClientGone(() -> gone[0] = true);
        OutputStream out = r.stream()) {
      out.write('\n'); // the page knows that it began
      out.flush();
      while (!gone[0] && agent.jobs().contains(job)) {
        EntryTrace t = w.next(1000);
        Json j = new Json();
        if (t != null) {
          t.write(j);
        }
        // An empty line occasionally, so that a disconnected client is detected.
        out.write((j + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    }
  }

  private void attempt(HttpRequest q, HttpResponse r) throws IOException {
    Params p = q.params();
    LogJob job = job(p);
    String text = p.first("text", "");
    if (text.length() > MAX_TRIED_CHARS) {
      throw new HttpException(413, "at most " + MAX_TRIED_CHARS + " characters are tried");
    }
    List<String> lines = text.lines().filter(l -> !l.isEmpty()).toList();
    if (lines.size() > MAX_TRIED) {
      throw new HttpException(413, "at most " + MAX_TRIED + " lines are tried");
    }
    Json j = new Json().open('{').key("traces").open('[');
    StageTestRun.of(job.name(), job.config().stages(), labels(job), lines).forEach(t -> t.write(j));
    send(r, j.close(']').close('}'));
  }
}

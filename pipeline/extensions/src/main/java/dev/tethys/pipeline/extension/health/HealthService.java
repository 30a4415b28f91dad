package dev.tethys.pipeline.extension.health;

import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.ExporterHealth;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.GraphWatcher;
import dev.tethys.pipeline.component.HealthWatcher;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.web.Json;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * Answers over HTTP and gRPC how the pipelines are, as the second version of health checks does.
 */
final class HealthService implements Extension, PipelineWatcher, GraphWatcher, HealthWatcher {
  /** Interval at which exporters are checked for failures. */
  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

  private final GraphHealth health;
  private final HealthRpc rpc;
  private final PushReceiver listener;
  private final Context context;
  private volatile boolean stopped;

  HealthService(HealthServiceSettings s, Context context) {
    this.context = context;
    this.health = new GraphHealth(s.recovery(), context.clock()::millis);
    this.rpc = new HealthRpc(health);
    HttpServerEndpoint http = null;
    if (s.http() != null) {
      http =
          new HttpServerEndpoint(
              new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES),
              s.http().server(),
              Authenticators.find(s.http().server().auth(), context));
      String path = s.http().status();
      if (path != null) {
        http.on("GET", path, this::answer);
      }
    }
    GrpcServerEndpoint grpc = null;
    if (s.grpc() != null) {
      grpc =
          new GrpcServerEndpoint(
              new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES),
              s.grpc(),
              Authenticators.find(s.grpc().auth(), context));
      rpc.at(grpc);
    }
    this.listener = new PushReceiver(grpc, http, context.clock()::nanos);
  }

  /** Returns the HTTP port after the start; otherwise -1. */
  int httpPort() {
    return listener.httpPort();
  }

  /** Returns the number of watching clients. */
  int watching() {
    return rpc.watching();
  }

  /** Returns the gRPC port after the start; otherwise -1. */
  int grpcPort() {
    return listener.grpcPort();
  }

  private void answer(HttpRequest q, HttpResponse r) throws IOException {
    GraphHealth.Status s;
    String pipeline = q.query().first("pipeline");
    s = pipeline == null ? health.whole() : health.pipeline(pipeline);
    if (s == null) {
      r.status(404).send("pipeline not found\n");
      return;
    }
    String verbose = q.query().first("verbose");
    boolean all = q.query().has("verbose") && !"false".equals(verbose);
    Json j = new Json().open('{');
    j.key("start_time").text(GraphHealth.time(health.started()));
    s.write(j, all);
    j.close('}');
    r.status(s.http()).send("application/json", j.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void start() throws IOException {
    listener.start();
    refreshStatus();
  }

  private void refreshStatus() {
    if (!stopped) {
      try {
        health.refresh();
      } catch (RuntimeException e) { // the next check may succeed
        context.logger().log(Level.ERROR, context.name() + ": health of exporters not readable", e);
      }
      rpc.notifyWatchers(); // an error lasts longer, too
      context
          .clock()
          .schedule(
              CHECK_INTERVAL, () -> context.clock().execute(context.name(), this::refreshStatus));
    }
  }

  @Override
  public void runs(RunningGraph graph) {
    health.runs(graph);
    rpc.notifyWatchers();
  }

  @Override
  public void watchExporters(Supplier<List<ExporterHealth>> exporters) {
    health.watchExporters(exporters);
  }

  @Override
  public void ready() {
    health.become(GraphHealth.State.OK);
    rpc.notifyWatchers();
  }

  @Override
  public void notReady() {
    health.become(GraphHealth.State.STOPPING);
    rpc.notifyWatchers();
  }

  @Override
  public void stop(Duration timeLimit) {
    stopped = true;
    rpc.end();
    listener.stop(
        Duration.ofSeconds(1).compareTo(timeLimit) < 0 ? Duration.ofSeconds(1) : timeLimit);
  }
}

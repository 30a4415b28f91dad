package dev.tethys.bench;

import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.control.ControlServer;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rollouts of bad versions to collector processes that take OTLP, with the default guard. The
 * versions: one that does not parse, one with a node that does not start, one that drops every
 * twentieth record, and one with which the process is killed, once or again and again. Each must
 * reach one agent at most and be undone automatically within 30 s; items are counted for each. The
 * version with which a process ends is imitated by SIGKILL from here, as no built-in component ends
 * its process.
 */
final class RolloutRace {
  private static final int RECORDS = 20; // of a request, one with the severity DEBUG
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String GOOD = version("", "batch", "");

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Agent> agents = new ArrayList<>();
  private final byte[] request = request();
  private final int pause; // milliseconds between two requests to an agent
  private volatile int port;
  private volatile boolean paused;
  private volatile boolean done;
  private boolean wrong;

  private RolloutRace(int pause) {
    this.pause = pause;
  }

  /** Collector process with the data sent to it. */
  private static final class Agent {
    private final int port;
    private final List<String> command;
    private final Map<String, String> environment;
    private final Path log;
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong arrived = new AtomicLong();
    private Process process;

    Agent(int port, List<String> command, Map<String, String> environment, Path log)
        throws IOException {
      this.port = port;
      this.command = command;
      this.environment = environment;
      this.log = log;
      this.process = start();
    }

    private Process start() throws IOException {
      ProcessBuilder b =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      b.environment().putAll(environment);
      return b.start();
    }

    void restart() throws IOException {
      process = start();
    }

    void kill() throws InterruptedException {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  /** Life of a process with the version. */
  private enum Fate {
    LIVES,
    ENDS,
    ENDS_AGAIN_AND_AGAIN
  }

  /** Items before a version. */
  private record Counts(long acknowledged, long failed, long arrived, long dropped) {}

  /** Runs with {@code agents=… rate=…}: processes, and log records per second of each. */
  static int run(String[] args) throws Exception {
    Options o = new Options().with("agents", 20).with("rate", 200).read(args);
    Path folder = Files.createTempDirectory("tethys-bench-rollouts");
    RolloutRace race = new RolloutRace(Math.max(1, 1000 * RECORDS / o.count("rate")));
    Routes routes = new Routes();
    for (int i = 0; i < o.count("agents"); i++) {
      int n = i;
      routes.post("/" + n, (q, r) -> race.take(n, q, r));
    }
    try (ControlServer control =
            ControlServer.start(
                HttpListenerOptions.on("127.0.0.1:0"),
                folder.resolve("control"),
                null,
                BuiltIn.components(),
                1000,
                null,
                List.of());
        HttpListener sink =
            HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
        ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      race.port = control.port();
      try {
        race.start(folder, o.count("agents"), sink.port(), taken.getLocalPort());
        return race.race();
      } finally {
        race.done = true;
        race.end();
      }
    }
  }

  private void start(Path folder, int count, int sink, int taken) throws IOException {
    for (int i = 0; i < count; i++) {
      Path own = folder.resolve("agent-" + i);
      Files.createDirectories(own);
      Files.writeString(own.resolve("own.yaml"), GOOD);
      int in = ServerUnderTest.freePort();
      agents.add(
          new Agent(
              in,
              List.of(
                  ServerUnderTest.launcher().toString(),
                  "collector",
                  "--config=" + own.resolve("own.yaml"),
                  "--control=http://127.0.0.1:" + port,
                  "--control.data=" + own.resolve("data"),
                  "--control.label=n=" + i,
                  "--log.level=warn"),
              Map.of("OTLP_PORT", "" + in, "SINK", sink + "/" + i, "TAKEN_PORT", "" + taken),
              own.resolve("log")));
    }
  }

  private void end() throws InterruptedException {
    for (Agent a : agents) {
      a.process.destroy();
    }
    for (Agent a : agents) {
      if (!a.process.waitFor(20, TimeUnit.SECONDS)) {
        a.process.destroyForcibly();
      }
    }
  }

  private int race() throws Exception {
    await(
        "all agents are connected",
        () -> {
          for (Agent a : agents) {
            if (!a.process.isAlive()) {
              throw new IOException("a collector ended: " + Files.readString(a.log));
            }
          }
          return connected() == agents.size();
        });
    AtomicInteger busy = new AtomicInteger();
    for (Agent a : agents) {
      Thread.ofVirtual().start(() -> send(a, busy));
    }
    push("shop", GOOD, true);
    long first = rollOut(body().put("soak", "0s").put("minItems", 0));
    await("the good version is everywhere", () -> state(first).equals("done"));
    await("records have passed", () -> agents.stream().allMatch(a -> a.arrived.get() > 1000));
    System.out.printf(
        Locale.ROOT,
        "%d collector processes, a request of %d records every %d ms to each%n",
        agents.size(),
        RECORDS,
        pause);
    ObjectNode broken = body().put("name", "shop").put("text", "receivers: [").put("reason", "bad");
    int refused = post("/configurations", broken).statusCode();
    System.out.printf(
        Locale.ROOT,
        "%-34s refused with %d, 0 agents%n",
        "does not parse, as it is checked",
        refused);
    wrong |= refused != 422;
    bad("does not read, unchecked", "receivers: {unknown: {}}\n", Fate.LIVES, busy);
    bad(
        "node does not start",
        version(
            "",
            "batch",
            "otlp/second: {protocols: {http: {endpoint: " + "\"127.0.0.1:${env:TAKEN_PORT}\"}}}"),
        Fate.LIVES,
        busy);
    bad(
        "drops every twentieth record",
        version("  filter: {logs: {log_record: ['severity_number < 9']}}\n", "filter, batch", ""),
        Fate.LIVES,
        busy);
    bad("process ends", version("  batch/other: {}\n", "batch, batch/other", ""), Fate.ENDS, busy);
    bad(
        "process ends again and again",
        version("  batch/third: {}\n", "batch, batch/third", ""),
        Fate.ENDS_AGAIN_AND_AGAIN,
        busy);
    return wrong ? 1 : 0;
  }

  private void bad(String what, String text, Fate fate, AtomicInteger busy) throws Exception {
    Counts before = settled(busy);
    int version = push("shop", text, false);
    String hash = get("/configurations/shop/" + version).path("hash").asString();
    long begin = System.nanoTime();
    long id = rollOut(body());
    double undone = Double.NaN;
    long actAt = 0; // time of the next kill or start
    @Nullable Agent victim = null;
    long kills = 0;
    while (true) {
      long now = System.nanoTime();
      if (now - begin > PATIENCE.toNanos()) {
        break;
      }
      if (Double.isNaN(undone) && !List.of("running", "paused").contains(state(id))) {
        undone = (now - begin) / 1e9;
        if (victim != null && !victim.process.isAlive()) {
          victim.restart();
        }
      }
      if (!Double.isNaN(undone) && haveGood()) {
        break;
      }
      if (fate != Fate.LIVES && Double.isNaN(undone)) {
        Agent with = running(hash);
        if (with != null && with.process.isAlive() && (kills == 0 || actAt > 0 && now > actAt)) {
          victim = with;
          victim.kill();
          kills++;
          actAt = 0;
        } else if (victim != null
            && !victim.process.isAlive()
            && fate == Fate.ENDS_AGAIN_AND_AGAIN) {
          victim.restart();
          actAt = System.nanoTime() + 5_000_000_000L; // it is connected for most of this time
        }
      }
      LockSupport.parkNanos(20_000_000);
    }
    double back = (System.nanoTime() - begin) / 1e9;
    JsonNode r = rollout(id);
    int reached = r.path("agents").size();
    Counts after = settled(busy);
    long acknowledged = after.acknowledged - before.acknowledged;
    long failed = after.failed - before.failed;
    long arrived = after.arrived - before.arrived;
    long dropped = kills > 0 ? 0 : after.dropped - before.dropped;
    long difference = arrived + dropped - acknowledged;
    // A request without a response may have been taken.
    boolean exact = difference >= 0 && difference <= failed;
    boolean good =
        exact
            && reached <= 1
            && r.path("state").asString().equals("undone")
            && undone <= LONGEST.toSeconds()
            && (kills > 0 || back <= LONGEST.toSeconds());
    wrong |= !good;
    System.out.printf(
        Locale.ROOT,
        "%-34s reached %d of %d, %s after %.1f s, all with the former version after %.1f s%s;"
            + " %d acknowledged, %d arrived, %d dropped by it, %d of requests without an answer,"
            + " %d lost: %s%n%36s%s%n",
        what,
        reached,
        agents.size(),
        r.path("state").asString(),
        undone,
        back,
        kills > 0 ? " (" + kills + " kills, last start included)" : "",
        acknowledged,
        arrived,
        dropped,
        failed,
        Math.max(0, -difference),
        good ? "good" : "NOT GOOD",
        "",
        r.path("stateReason").asString());
  }

  /** Counts when nothing is in transit, and the last reports of accounts have arrived. */
  private Counts settled(AtomicInteger busy) throws Exception {
    paused = true;
    await("the senders wait", () -> busy.get() == 0);
    Counts[] now = new Counts[1];
    long[] since = {System.nanoTime()};
    await(
        "data has stopped arriving",
        () -> {
          Counts c = counts();
          if (!c.equals(now[0])) {
            now[0] = c;
            since[0] = System.nanoTime();
          }
          return System.nanoTime() - since[0] > 2_000_000_000L;
        });
    paused = false;
    return now[0];
  }

  private Counts counts() throws Exception {
    long acknowledged = 0;
    long failed = 0;
    long arrived = 0;
    for (Agent a : agents) {
      acknowledged += a.acknowledged.get();
      failed += a.failed.get();
      arrived += a.arrived.get();
    }
    long dropped = 0;
    for (JsonNode a : get("/agents")) {
      for (JsonNode d : a.path("items").path("dropped")) {
        dropped += d.asLong();
      }
    }
    return new Counts(acknowledged, failed, arrived, dropped);
  }

  private void send(Agent a, AtomicInteger busy) {
    java.net.http.HttpRequest q =
        java.net.http.HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + a.port + "/v1/logs"))
            .header("Content-Type", "application/x-protobuf")
            .timeout(Duration.ofSeconds(20))
            .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(request))
            .build();
    try {
      while (!done) {
        busy.incrementAndGet();
        try {
          if (!paused) {
            int status =
                http.send(q, java.net.http.HttpResponse.BodyHandlers.discarding()).statusCode();
            (status == 200 ? a.acknowledged : a.failed).addAndGet(RECORDS);
          }
        } catch (IOException e) {
          a.failed.addAndGet(RECORDS);
        } finally {
          busy.decrementAndGet();
        }
        Thread.sleep(pause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(int agent, HttpRequest q, HttpResponse r) throws IOException {
    byte[] body = q.bodyBytes(1 << 24);
    agents.get(agent).arrived.addAndGet(OtlpScanner.count(OtlpSignal.LOGS, body, 0, body.length));
    r.status(200).header("Content-Type", "application/x-protobuf").send();
  }

  /** Returns the agent that runs a version, or null if none. */
  private @Nullable Agent running(String hash) throws Exception {
    for (JsonNode a : get("/agents")) {
      JsonNode c = a.path("configuration");
      if (a.path("connected").asBoolean()
          && c.path("hash").asString().startsWith(hash)
          && c.path("state").asString().equals("applied")) {
        return agents.get(Integer.parseInt(a.path("labels").path("n").asString()));
      }
    }
    return null;
  }

  private boolean haveGood() throws Exception {
    int n = 0;
    for (JsonNode a : get("/agents")) {
      JsonNode c = a.path("configuration");
      n +=
          a.path("connected").asBoolean()
                  && c.path("version").asInt() == 1
                  && c.path("current").asBoolean()
              ? 1
              : 0;
    }
    return n == agents.size();
  }

  private int connected() throws Exception {
    int n = 0;
    for (JsonNode a : get("/agents")) {
      n += a.path("connected").asBoolean() ? 1 : 0;
    }
    return n;
  }

  private int push(String name, String text, boolean validate) throws Exception {
    return data(post(
            "/configurations",
            body()
                .put("name", name)
                .put("text", text)
                .put("reason", "bench")
                .put("validate", validate)))
        .path("version")
        .asInt();
  }

  private long rollOut(ObjectNode guard) throws Exception {
    return data(post("/rollouts", guard.put("configuration", "shop").put("reason", "bench")))
        .path("id")
        .asLong();
  }

  private JsonNode rollout(long id) throws Exception {
    for (JsonNode r : get("/rollouts")) {
      if (r.path("id").asLong() == id) {
        return r;
      }
    }
    throw new IOException("there is no rollout " + id);
  }

  private String state(long id) throws Exception {
    return rollout(id).path("state").asString();
  }

  private static ObjectNode body() {
    return JsonMapper.shared().createObjectNode();
  }

  private java.net.http.HttpResponse<String> post(String path, ObjectNode body) throws Exception {
    return http.send(
        java.net.http.HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body.toString()))
            .build(),
        java.net.http.HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode get(String path) throws Exception {
    return data(
        http.send(
            java.net.http.HttpRequest.newBuilder(uri(path)).build(),
            java.net.http.HttpResponse.BodyHandlers.ofString()));
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + "/api/v1/control" + path);
  }

  private static JsonNode data(java.net.http.HttpResponse<String> r) throws IOException {
    if (r.statusCode() != 200) {
      throw new IOException(r.uri() + " answered " + r.statusCode() + ": " + r.body());
    }
    return JsonMapper.shared().readTree(r.body()).path("data");
  }

  /** Condition that is waited for. */
  @FunctionalInterface
  private interface Condition {
    boolean holds() throws Exception;
  }

  private void await(String what, Condition c) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!c.holds()) {
      if (System.nanoTime() > end) {
        throw new IOException("within " + PATIENCE.toSeconds() + " s not: " + what);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  /**
   * Returns a configuration.
   *
   * @param processors besides batch, each with an end of line
   * @param receiver further one; "" for none
   */
  private static String version(String processors, String names, String receiver) {
    String second = receiver.isEmpty() ? "" : ", " + receiver.substring(0, receiver.indexOf(':'));
    return "receivers:\n"
        + "  otlp: {protocols: {http: {endpoint: \"127.0.0.1:${env:OTLP_PORT:-4318}\"}}}\n"
        + (receiver.isEmpty() ? "" : "  " + receiver + "\n")
        + "processors:\n  batch: {timeout: 100ms}\n"
        + processors
        + "exporters:\n"
        + "  otlp_http: {logs_endpoint: \"http://127.0.0.1:${env:SINK:-1/0}\", compression: none}\n"
        + "service:\n  telemetry: {metrics: {level: none}}\n  pipelines:\n"
        + "    logs: {receivers: [otlp"
        + second
        + "], processors: ["
        + names
        + "], exporters: [otlp_http]}\n";
  }

  private static byte[] request() {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", "shop");
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int i = 0; i < RECORDS; i++) {
      LogRecord l = new LogRecord();
      l.setSeverityNumber(i == 0 ? 5 : 9);
      l.setBody("GET /cart took " + i + " ms");
      s.items().add(l);
    }
    r.scopes().add(s);
    d.resources().add(r);
    return new OtlpWriter().write(d);
  }
}

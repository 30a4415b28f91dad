package dev.tethys.control.automation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.control.FleetCase;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.archive.Archive;
import dev.tethys.testkit.S3Double;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Replays by MDAI's rules and resources: objects of its archive in S3, a destination over HTTP. */
@Timeout(120)
@Tag("contrib")
@Tag("slow")
class ReplaysTest extends FleetCase {
  private static final String FOLDER = "test-logs/year=2025/month=08/day=14/hour=17/minute=";

  private final S3Double s3 = start3();
  private final List<String> arrived = new CopyOnWriteArrayList<>();
  private final List<String> objects = new CopyOnWriteArrayList<>(); // of what arrived
  private volatile boolean away;
  private volatile String held = ""; // what the destination answers late
  private final Semaphore release = new Semaphore(0);

  private final HttpListener sink = sink();
  private Manifests manifests = Manifests.NONE;

  private static S3Double start3() {
    try {
      return new S3Double("mdai-collector-logs");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private HttpListener sink() {
    try {
      return HttpListener.start(
          HttpListenerOptions.on("127.0.0.1:0"), new Routes().post("/v1/logs", this::take), null);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void take(HttpRequest q, HttpResponse r) throws IOException {
    byte[] body = q.bodyBytes(1 << 20);
    if (away) {
      r.status(503).send();
      return;
    }
    if ("gzip".equals(q.header("Content-Encoding"))) {
      body =
          dev.tethys.codec.compression.Compression.GZIP.decompress(body, 0, body.length, 1 << 20);
    }
    LogsData d = new OtlpReader().logs(body, 0, body.length);
    for (ResourceGroup<LogRecord> g : d.resources()) {
      for (ScopeGroup<LogRecord> s : g.scopes()) {
        for (LogRecord l : s.items()) {
          objects.add(String.valueOf(g.resource().attributes().get(Archive.OBJECT_ATTRIBUTE)));
          arrived.add(g.resource().attributes().get(Archive.REPLAY_ATTRIBUTE) + " " + l.body());
        }
      }
    }
    if (!held.isEmpty() && arrived.getLast().endsWith(held)) {
      held = "";
      release.acquireUninterruptibly();
    }
    r.status(200).header("Content-Type", "application/x-protobuf").send();
  }

  @Override
  public Map<String, String> environment() {
    return Map.of("AWS_ENDPOINT_URL_S3", s3.url());
  }

  @Override
  public Manifests manifests() {
    return manifests;
  }

  @AfterEach
  void end() {
    sink.close();
    s3.close();
  }

  private static byte[] json(String... bodies) {
    StringBuilder out = new StringBuilder("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[");
    for (String b : bodies) {
      out.append(out.charAt(out.length() - 1) == '[' ? "" : ",");
      out.append("{\"body\":{\"stringValue\":\"").append(b).append("\"}}");
    }
    return out.append("]}]}]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  private void store(String minute, String name, String... bodies) {
    s3.store("mdai-collector-logs", FOLDER + minute + "/" + name, json(bodies));
  }

  /** MDAI's own sample of a hub with replays, with keys and the destination of this test. */
  private String sample() throws IOException {
    String text =
        Files.readString(Shared.conformance("mdai/operator/samples/mdai_v1_mdaihub_replay.yaml"));
    return text.replace(
            "http://gateway-collector.mdai.svc.cluster.local:4318",
            "http://127.0.0.1:" + sink.port())
        + "\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: aws-credentials, namespace: mdai}\n"
        + "stringData: {AWS_ACCESS_KEY_ID: "
        + S3Double.ACCESS_KEY
        + ", AWS_SECRET_ACCESS_KEY: '"
        + S3Double.SECRET_KEY
        + "'}\n";
  }

  private void define(String text) throws IOException {
    manifests = ManifestReader.parse("hub.yaml", text.replace("us-east-1", S3Double.REGION));
    Objects.requireNonNull(server).reload();
  }

  @Test
  void failedReplayReportsTheReason() throws Exception {
    define(
        sample()
            .replace("AWS_ACCESS_KEY_ID: " + S3Double.ACCESS_KEY, "AWS_ACCESS_KEY_ID: unknown"));
    request("wrong-key");
    until(
        () ->
            get("/mdai")
                .path("replays")
                .path(0)
                .path("error")
                .asString("")
                .startsWith("waiting: cannot read S3: "));
    assertThat(get("/mdai").path("replays").path(0).path("state").asString()).isEqualTo("running");
  }

  private JsonNode request(String name) throws Exception {
    ask(name, "2025-08-14 17:00");
    return get("/mdai").path("steps").get(0);
  }

  /** The response to a request of a replay. */
  private JsonNode ask(String name, String from) throws Exception {
    String data =
        JsonMapper.shared()
            .writeValueAsString(
                Map.of(
                    "replayName",
                    name,
                    "startTime",
                    from,
                    "endTime",
                    "2025-08-14T17:03:00Z",
                    "telemetryType",
                    "logs"));
    var r =
        http.send(
            java.net.http.HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:"
                            + port
                            + "/variables/hub/mdaihub-sample/var/replay_a_request"))
                .header("Content-Type", "application/json")
                .POST(
                    java.net.http.HttpRequest.BodyPublishers.ofString(
                        body().put("data", data).toString()))
                .build(),
            java.net.http.HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(201);
    return JsonMapper.shared().readTree(r.body());
  }

  private JsonNode replay(String name) throws Exception {
    for (JsonNode n : get("/mdai").path("replays")) {
      if (n.path("name").asString().equals(name)) {
        return n;
      }
    }
    return JsonMapper.shared().missingNode();
  }

  private static void wait(Callable<Boolean> c) throws Exception {
    while (!c.call()) {
      Waiting.pause();
    }
  }

  @Test
  void variableStartsAReplayAndCleansUpAtItsEnd() throws Exception {
    store("00", "test-logs_1.json", "a", "b");
    store("02", "test-logs_2.json", "c");
    store("03", "test-logs_3.json", "after the end");
    store("01", "test-traces_1.json", "of another signal");
    define(sample());
    assertThat(request("r1").path("result").asString()).isEqualTo("done");
    wait(() -> arrived.size() == 3);
    // The rule on the status has ended it by itself.
    wait(() -> replay("r1").isMissingNode());
    assertThat(arrived).containsExactly("r1 a", "r1 b", "r1 c");
    wait(() -> !Files.exists(folder.resolve("control/replays/r1")));
    String audit = get("/audit").toString();
    assertThat(audit).contains("Deploy replay", "Clean up replay", "replay_status", "completed");
  }

  @Test
  void replayContinuesAfterRestartWithoutRepetition() throws Exception {
    store("00", "test-logs_1.json", "a");
    store("01", "test-logs_2.json", "b");
    store("02", "test-logs_3.json", "c");
    // Without the rule that cleans up.
    String text = sample();
    define(text.replace("variableUpdated: replay_a_status", "variableUpdated: replay_none"));
    s3.failing(
        p -> p.contains("minute=01/test-logs_2") ? new S3Double.Failure(503, "SlowDown") : null);
    request("r2");
    wait(() -> arrived.size() == 1 && replay("r2").path("items").asInt() == 1);
    assertThat(replay("r2").path("state").asString()).isEqualTo("running");
    Objects.requireNonNull(server).close();
    s3.failing(p -> null);
    start(0, Tokens.NONE);
    wait(() -> replay("r2").path("state").asString().equals("completed"));
    assertThat(arrived).containsExactly("r2 a", "r2 b", "r2 c");
    assertThat(replay("r2").path("items").asInt()).isEqualTo(3);
    JsonNode again = request("r2");
    assertThat(again.path("result").asString()).isEqualTo("failed");
    assertThat(again.path("error").asString()).contains("there is a replay r2");
  }

  /** Three objects, of which the destination has the second and does not respond yet. */
  private void begin(String name) throws Exception {
    store("00", "test-logs_1.json", "a");
    store("01", "test-logs_2.json", "b1", "b2");
    store("02", "test-logs_3.json", "c");
    define(sample().replace("variableUpdated: replay_a_status", "variableUpdated: replay_none"));
    held = "b2";
    request(name);
    wait(() -> arrived.size() == 3 && replay(name).path("items").asInt() == 1);
  }

  @Test
  void stopWaitsForTheCurrentObjectWithoutRepetition() throws Exception {
    begin("r5");
    Thread answer =
        Thread.ofPlatform()
            .start(
                () -> {
                  LockSupport.parkNanos(700_000_000); // control stops meanwhile
                  release.release();
                });
    Objects.requireNonNull(server).close();
    answer.join();
    start(0, Tokens.NONE);
    wait(() -> replay("r5").path("state").asString().equals("completed"));
    assertThat(arrived).containsExactly("r5 a", "r5 b1", "r5 b2", "r5 c");
    assertThat(replay("r5").path("items").asInt()).isEqualTo(4);
  }

  /** What is on disk while it runs is all that a killed process leaves. */
  @Test
  void afterAKillOnlyTheCurrentObjectIsRepeated() throws Exception {
    begin("r6");
    Path data = folder.resolve("control");
    Path killed = folder.resolve("killed");
    copy(data, killed);
    release.release();
    Objects.requireNonNull(server).close();
    arrived.removeIf(a -> a.endsWith(" c")); // of the process that was not killed
    delete(data);
    copy(killed, data);
    int before = arrived.size();
    start(0, Tokens.NONE);
    wait(() -> replay("r6").path("state").asString().equals("completed"));
    assertThat(arrived.subList(before, arrived.size())).containsExactly("r6 b1", "r6 b2", "r6 c");
    assertThat(replay("r6").path("items").asInt()).isEqualTo(4);
    String second = FOLDER + "01/test-logs_2.json";
    assertThat(objects.stream().filter(second::equals)).hasSize(4);
    Objects.requireNonNull(server).close();
    start(0, Tokens.NONE);
    assertThat(replay("r6").path("items").asInt()).isEqualTo(4);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path p : all.toList()) {
        Path at = to.resolve(from.relativize(p).toString());
        if (Files.isDirectory(p)) {
          Files.createDirectories(at);
        } else {
          Files.copy(p, at);
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
  }

  @Test
  void reportsEmptyRangeAndDuplicateName() throws Exception {
    store("00", "test-logs_1.json", "before");
    define(sample().replace("variableUpdated: replay_a_status", "variableUpdated: replay_none"));
    assertThat(ask("r7", "2025-08-14 17:01").has("failed")).isFalse();
    wait(() -> replay("r7").path("state").asString().equals("completed"));
    String none = "no objects of logs between 2025-08-14 17:01 and 2025-08-14T17:03:00Z";
    assertThat(replay("r7").path("hint").asString()).startsWith(none);
    wait(() -> get("/mdai").path("resources").toString().contains(none));
    JsonNode failed = ask("r7", "2025-08-14 17:00").path("failed");
    assertThat(failed.size()).as(failed.toString()).isEqualTo(1);
    assertThat(failed.get(0).path("error").asString()).contains("there is a replay r7");
  }

  private static final String RULE_REPLAY =
      """
      rules:
        - name: resend
          trigger: {webhook: outage}
          cool_down: 0s
          actions:
            - replay: {signal: logs, from: '2025-08-14T17:00:00Z', to: '2025-08-14T17:03:00Z', bucket: mdai-collector-logs, region: REGION, path: test-logs, prefix: test-, destination: 'http://127.0.0.1:SINK'}
      """;

  @Override
  public List<AutomationRule> rules() {
    return AutomationRule.read(
        dev.tethys.config.YamlDocument.parse(
            "a.yaml",
            null,
            RULE_REPLAY
                .replace("REGION", S3Double.REGION)
                .replace("SINK", String.valueOf(sink.port()))));
  }

  /** Keys of S3 for replays of rules, which in production are those of the process. */
  private void allowRules() throws IOException {
    manifests =
        new Manifests(
            List.of(),
            Map.of(
                new Manifests.DataKey(true, "", ""),
                Map.of(
                    "AWS_ACCESS_KEY_ID",
                    S3Double.ACCESS_KEY,
                    "AWS_SECRET_ACCESS_KEY",
                    S3Double.SECRET_KEY)),
            List.of());
    Objects.requireNonNull(server).reload();
  }

  private JsonNode replayStep() throws Exception {
    JsonNode steps = get("/automation").path("steps");
    assertThat(steps.size()).as(steps.toString()).isLessThanOrEqualTo(1);
    return steps.path(0);
  }

  @Test
  void ruleStepHasTheResultOfItsReplay() throws Exception {
    store("00", "test-logs_1.json", "a", "b");
    store("02", "test-logs_2.json", "c");
    allowRules();
    done(post("/automation/webhooks/outage", body()));
    wait(() -> replayStep().path("result").asString().equals("done"));
    JsonNode step = replayStep();
    assertThat(step.path("action").asString()).isEqualTo("replay");
    assertThat(step.path("detail").asString()).endsWith(": 3 items replayed");
    assertThat(arrived).hasSize(3);
    assertThat(get("/audit?text=replay.done").toString())
        .contains("automation:resend", "3 items replayed");
  }

  @Test
  void notesReplayEndAfterRestart() throws Exception {
    store("00", "test-logs_1.json", "a");
    store("02", "test-logs_2.json", "b");
    allowRules();
    s3.failing(
        p -> p.contains("minute=02/test-logs_2") ? new S3Double.Failure(503, "SlowDown") : null);
    done(post("/automation/webhooks/outage", body()));
    wait(() -> arrived.size() == 1);
    assertThat(replayStep().path("result").asString()).isEqualTo("started");
    Objects.requireNonNull(server).close();
    s3.failing(p -> null);
    start(0, Tokens.NONE);
    wait(() -> replayStep().path("result").asString().equals("done"));
    assertThat(replayStep().path("rule").asString()).isEqualTo("resend");
    assertThat(replayStep().path("detail").asString()).endsWith(": 2 items replayed");
    Objects.requireNonNull(server).close();
    start(0, Tokens.NONE); // it is noted once
    assertThat(get("/audit?text=replay.done").size()).isEqualTo(1);
  }

  @Test
  void waitsForAnUnreachableDestination() throws Exception {
    store("00", "test-logs_1.json", "a");
    away = true;
    define(sample());
    request("r3");
    wait(() -> replay("r3").path("state").asString().equals("running"));
    away = false;
    wait(() -> arrived.size() == 1);
    wait(() -> replay("r3").isMissingNode());
    assertThat(arrived).containsExactly("r3 a");
  }

  @Test
  void resourceStartsAReplayThatEndsWithIt() throws Exception {
    store("00", "test-logs_1.json", "a");
    String text =
        """
        apiVersion: hub.mydecisive.ai/v1
        kind: MdaiReplay
        metadata: {name: outage, namespace: mdai}
        spec:
          hubName: mdaihub-sample
          statusVariableRef: replay_a_status
          startTime: "2025-08-14 17:00"
          endTime: "2025-08-14 17:02"
          telemetryType: logs
          source:
            aws: {awsAccessKeySecret: aws-credentials}
            s3: {s3Region: us-east-1, s3Bucket: mdai-collector-logs, filePrefix: test-, s3Path: test-logs, s3Partition: minute}
          destination: {otlpHttp: {endpoint: "http://127.0.0.1:PORT"}}
        """
            .replace("PORT", "" + sink.port());
    define(sample() + "---\n" + text.replace("telemetryType: logs", "telemetryType: \"\""));
    wait(() -> replay("outage").path("state").asString().equals("invalid"));
    assertThat(replay("outage").path("error").asString()).contains("telemetryType");
    define(
        sample()
                .replace("replay_completed", "done")
                .replace(
                    "cleanUpReplay: {}", "setVariable: {scalar: replay_a_request, value: over}")
            + "---\n"
            + text);
    wait(() -> replay("outage").path("state").asString().equals("completed"));
    assertThat(arrived).containsExactly("outage a");
    // A reload and a restart repeat nothing.
    Objects.requireNonNull(server).reload();
    Objects.requireNonNull(server).close();
    start(0, Tokens.NONE);
    wait(() -> replay("outage").path("state").asString().equals("completed"));
    define(sample());
    wait(() -> replay("outage").isMissingNode());
    assertThat(arrived).hasSize(1);
  }

  @Test
  void requestWithMissingOrInvalidTimeFailsByName() throws Exception {
    define(
        sample()
            .replace(
                "replay_a_request\n        updateType", "replay_a_request\n        updateType"));
    assertThat(request("../up").path("error").asString()).contains("the name of the replay");
    String text = sample().replace("s3Bucket: mdai-collector-logs", "s3Bucket: \"no bucket\"");
    define(text);
    assertThat(request("r4").path("error").asString()).contains("is not a valid bucket name");
  }
}

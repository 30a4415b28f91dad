package dev.tethys.pipeline.receiver.pyroscope;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.AgentProcess;
import dev.tethys.pipeline.receiver.GrpcJava;
import dev.tethys.pipeline.receiver.ProfileText;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import io.opentelemetry.proto.profiles.v1development.Profile;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With Pyroscope's agent for Java, and requests as its SDKs write them. */
@Tag("slow")
class PyroscopeReceiverTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient http = HttpClient.newHttpClient();
  private PushReceiver receiver = start();
  @TempDir private Path folder;

  private PushReceiver start() {
    PyroscopeReceiverFactory f = new PyroscopeReceiverFactory();
    return PyroscopeReceiverFactory.receiver(
        TestPipeline.read(f.settings(), "{endpoint: '127.0.0.1:0'}"),
        pipeline.of(Signal.PROFILES),
        null,
        Scheduler.system());
  }

  @BeforeEach
  void open() throws IOException {
    receiver.start();
  }

  @AfterEach
  void close() {
    receiver.stop(Duration.ZERO);
    http.close();
  }

  private HttpResponse<String> post(String path, String type, byte[] body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + receiver.httpPort() + path))
            .header("Content-Type", type)
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private ProfilesData only() {
    assertThat(pipeline.batches).hasSize(1);
    return ProfileText.of(pipeline.batches.removeFirst());
  }

  @Test
  void receivesRecordingsFromTheJavaAgent() throws Exception {
    try (AgentProcess agent =
        new AgentProcess(
            "io.pyroscope.javaagent.PyroscopeAgent",
            BusyProgram.class,
            folder,
            Map.of(
                "PYROSCOPE_SERVER_ADDRESS", "http://127.0.0.1:" + receiver.httpPort(),
                "PYROSCOPE_APPLICATION_NAME", "busy",
                "PYROSCOPE_LABELS", "env=test",
                "PYROSCOPE_UPLOAD_INTERVAL", "1s",
                "PYROSCOPE_PROFILER_ALLOC", "",
                "PYROSCOPE_FORMAT", "jfr"))) {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (pipeline.batches.isEmpty()) {
        assertThat(System.nanoTime()).as(agent.log()).isLessThan(until);
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
    ProfilesData d = ProfileText.of(pipeline.batches.getFirst());
    assertThat(ProfileText.resource(d))
        .containsEntry("service.name", "busy")
        .containsEntry("env", "test")
        .containsEntry("pyroscope_spy", "javaspy");
    Profile cpu =
        ProfileText.profiles(d).stream()
            .filter(
                p ->
                    ProfileText.type(d.getDictionary(), p.getSampleType())
                        .equals("cpu/nanoseconds"))
            .findFirst()
            .orElseThrow();
    assertThat(cpu.getPeriod()).isEqualTo(10_000_000);
    assertThat(cpu.getTimeUnixNano()).isGreaterThan(1_700_000_000_000_000_000L);
    assertThat(ProfileText.samples(d.getDictionary(), cpu))
        .anyMatch(
            s ->
                s.contains(
                    "dev/tethys/pipeline/receiver/pyroscope/BusyProgram.computeMuch<"
                        + "dev/tethys/pipeline/receiver/pyroscope/BusyProgram.main"));
  }

  @Test
  void readsTheTypeOfTextStacksFromTheName() throws Exception {
    String query = "?from=1700000000&until=1700000010&sampleRate=50&spyName=rbspy&name=";
    byte[] body = "main;work 3\nmain;work;deep 2\nmain;work 1\n".getBytes(UTF_8);
    assertThat(post("/ingest" + query + "app.cpu%7Benv%3Da%7D", "text/plain", body).statusCode())
        .isEqualTo(200);
    ProfilesData d = only();
    assertThat(ProfileText.resource(d))
        .isEqualTo(Map.of("service.name", "app", "env", "a", "pyroscope_spy", "rbspy"));
    Profile p = ProfileText.profiles(d).getFirst();
    assertThat(ProfileText.type(d.getDictionary(), p.getSampleType())).isEqualTo("cpu/nanoseconds");
    assertThat(p.getPeriod()).isEqualTo(20_000_000);
    assertThat(p.getTimeUnixNano()).isEqualTo(1_700_000_000_000_000_000L);
    assertThat(p.getDurationNano()).isEqualTo(10_000_000_000L);
    assertThat(ProfileText.samples(d.getDictionary(), p))
        .containsExactly("work<main=80000000", "deep<work<main=40000000");

    assertThat(
            post(
                    "/ingest?name=app.alloc_space&format=lines",
                    "text/plain",
                    "a;b\na;b\n".getBytes(UTF_8))
                .statusCode())
        .isEqualTo(200);
    d = only();
    p = ProfileText.profiles(d).getFirst();
    assertThat(ProfileText.type(d.getDictionary(), p.getSampleType()))
        .isEqualTo("alloc_space/bytes");
    assertThat(ProfileText.samples(d.getDictionary(), p)).containsExactly("b<a=2");
  }

  private static byte[] nodes(Object... all) {
    ProtoWriter w = new ProtoWriter();
    for (Object o : all) {
      if (o instanceof String s) {
        w.varint(s.length()).raw(s.getBytes(UTF_8), 0, s.length());
      } else {
        w.varint((int) o);
      }
    }
    return w.toByteArray();
  }

  @Test
  void convertsTriesAndTreesToStacks() throws Exception {
    byte[] trie = nodes("", 0, 1, "main;", 0, 2, "work", 4, 1, ";deep", 1, 0, "wait", 2, 0);
    assertThat(post("/ingest?name=a.goroutines&format=trie", "", trie).statusCode()).isEqualTo(200);
    ProfilesData d = only();
    assertThat(ProfileText.samples(d.getDictionary(), ProfileText.profiles(d).getFirst()))
        .containsExactly("work<main=4", "deep<work<main=1", "wait<main=2");
    byte[] tree = nodes("", 0, 1, "main", 0, 2, "work", 4, 1, "deep", 1, 0, "wait", 2, 0);
    assertThat(post("/ingest?name=a.goroutines", "binary/octet-stream+tree", tree).statusCode())
        .isEqualTo(200);
    d = only();
    assertThat(ProfileText.samples(d.getDictionary(), ProfileText.profiles(d).getFirst()))
        .containsExactly("work<main=4", "deep<work<main=1", "wait<main=2");
    byte[] bomb = nodes("", 0, 100_000_000);
    assertThat(post("/ingest?name=a&format=trie", "", bomb).statusCode()).isEqualTo(400);
  }

  /** Two samples of two types, with labels. */
  private static byte[] pprof() {
    String[] strings = {"", "samples", "count", "cpu", "nanoseconds", "f", "g", "thread", "x", "n"};
    ProtoWriter w = new ProtoWriter();
    for (int t = 1; t <= 3; t += 2) {
      int m = w.begin(1);
      w.int64(1, t).int64(2, t + 1);
      w.end(m);
    }
    for (int s = 1; s <= 2; s++) {
      int m = w.begin(2);
      int l = w.begin(1);
      w.varint(s).varint(1);
      w.end(l);
      l = w.begin(2);
      w.varint(s).varint(10L * s);
      w.end(l);
      l = w.begin(3);
      w.int64(1, 7).int64(2, 8);
      w.end(l);
      l = w.begin(3);
      w.int64(1, 9).int64(3, 5).int64(4, 4);
      w.end(l);
      w.end(m);
    }
    for (int f = 1; f <= 2; f++) {
      int m = w.begin(4);
      w.int64(1, f).int64(3, 0x1000L * f);
      int l = w.begin(4);
      w.int64(1, f).int64(2, 17);
      w.end(l);
      w.end(m);
      m = w.begin(5);
      w.int64(1, f).int64(2, 4L + f);
      w.end(m);
    }
    for (String s : strings) {
      w.string(6, s);
    }
    w.int64(9, 1_700_000_000_000_000_000L).int64(10, 5_000_000_000L).int64(12, 10);
    return w.toByteArray();
  }

  private static byte[] push(byte[] profile) {
    ProtoWriter w = new ProtoWriter();
    int s = w.begin(1);
    int p = w.begin(2);
    w.bytes(1, profile);
    w.end(p);
    for (String[] label :
        new String[][] {{"__name__", "process_cpu"}, {"service_name", "shop"}, {"pod", "p1"}}) {
      int l = w.begin(1);
      w.string(1, label[0]).string(2, label[1]);
      w.end(l);
    }
    w.end(s);
    return w.toByteArray();
  }

  private void pushed() {
    ProfilesData d = only();
    assertThat(ProfileText.resource(d)).isEqualTo(Map.of("service.name", "shop", "pod", "p1"));
    List<Profile> all = ProfileText.profiles(d);
    assertThat(all)
        .extracting(p -> ProfileText.type(d.getDictionary(), p.getSampleType()))
        .containsExactly("samples/count", "cpu/nanoseconds");
    assertThat(ProfileText.samples(d.getDictionary(), all.get(1)))
        .containsExactly("f<f=10", "g<f=20");
    assertThat(ProfileText.attributes(d.getDictionary(), all.get(0).getAttributeIndicesList()))
        .containsExactly("__name__=process_cpu");
    assertThat(
            ProfileText.attributes(
                d.getDictionary(), all.get(0).getSamples(0).getAttributeIndicesList()))
        .containsExactly("thread=x", "n=5nanoseconds");
  }

  @Test
  void receivesPushesOverConnectAndGrpc() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(pprof());
    }
    String path = "/push.v1.PusherService/Push";
    HttpResponse<String> r = post(path, "application/proto", push(packed.toByteArray()));
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("content-type")).hasValue("application/proto");
    pushed();
    String json =
        "{\"series\":[{\"labels\":[{\"name\":\"__name__\",\"value\":\"process_cpu\"},"
            + "{\"name\":\"service_name\",\"value\":\"shop\"},{\"name\":\"pod\",\"value\":\"p1\"}],"
            + "\"samples\":[{\"rawProfile\":\""
            + Base64.getEncoder().encodeToString(pprof())
            + "\"}]}]}";
    assertThat(post(path, "application/json", json.getBytes(UTF_8)).body()).isEqualTo("{}");
    pushed();
    try (GrpcJava grpc = new GrpcJava(receiver.httpPort())) {
      assertThat(grpc.call(path.substring(1), push(pprof()))).isEmpty();
    }
    pushed();
    r = post(path, "application/proto", push("nonsense".getBytes(UTF_8)));
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).startsWith("{\"code\":\"invalid_argument\",\"message\":\"");
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(3));
    r = post(path, "application/proto", push(pprof()));
    assertThat(r.statusCode()).isEqualTo(503);
    assertThat(r.body()).contains("\"code\":\"unavailable\"");
    assertThat(r.headers().firstValue("Retry-After")).hasValue("3");
  }

  @Test
  void oneUnreadableProfileAffectsNoOther() throws Exception {
    String path = "/push.v1.PusherService/Push";
    ByteArrayOutputStream two = new ByteArrayOutputStream();
    two.writeBytes(push("nonsense".getBytes(UTF_8)));
    two.writeBytes(push(pprof()));
    HttpResponse<String> r = post(path, "application/proto", two.toByteArray());
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("series[0].samples[0]: ").doesNotContain("series[1]");
    pushed();
    try (GrpcJava grpc = new GrpcJava(receiver.httpPort())) {
      assertThatThrownBy(() -> grpc.call(path.substring(1), two.toByteArray()))
          .hasMessageContaining("series[0].samples[0]");
    }
    pushed();
    String json =
        "{\"series\":[{\"labels\":[{\"name\":\"__name__\",\"value\":\"process_cpu\"},"
            + "{\"name\":\"service_name\",\"value\":\"shop\"},{\"name\":\"pod\",\"value\":\"p1\"}],"
            + "\"samples\":[{\"rawProfile\":\"no base 64!\"},{\"rawProfile\":\""
            + Base64.getEncoder().encodeToString(pprof())
            + "\"}]}]}";
    r = post(path, "application/json", json.getBytes(UTF_8));
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).contains("series[0].samples[0]: ", "it must be Base64");
    pushed();
  }

  @Test
  void convertsPerfSamples() throws Exception {
    String text =
        """
        java 12/14 [000] 7.5:   10000000 cpu-clock:\s
        \t7f01 pay;+0x1 (/app)
        \t7f02 main (/app)

        java 12 7.6: cycles:P:\s
        \t7f01 pay;+0x5 (/app)
        \t7f02 main (/app)

        java 12 7.7: page-faults:\s
        \t7f02 main (/app)
        """;
    String query = "/ingest?name=app&format=perf_script&sampleRate=50&from=1700000000";
    assertThat(post(query, "text/plain", text.getBytes(UTF_8)).statusCode()).isEqualTo(200);
    ProfilesData d = only();
    List<Profile> found = ProfileText.profiles(d);
    assertThat(found).hasSize(2);
    assertThat(ProfileText.type(d.getDictionary(), found.getFirst().getSampleType()))
        .isEqualTo("cpu/nanoseconds");
    assertThat(ProfileText.samples(d.getDictionary(), found.getFirst()))
        .containsExactly("pay;<main<java=30000000");
    assertThat(ProfileText.type(d.getDictionary(), found.getLast().getSampleType()))
        .isEqualTo("page-faults/count");
    assertThat(ProfileText.samples(d.getDictionary(), found.getLast()))
        .containsExactly("main<java=1");
    assertThat(post(query, "", "hello".getBytes(UTF_8)).body())
        .contains("line 1 is not a sample of perf script");
  }

  @Test
  void usesPyroscopesTypesForWaits() throws Exception {
    post("/ingest?name=app.lock_duration&from=1700000000", "", "main;wait 7".getBytes(UTF_8));
    ProfilesData d = only();
    Profile p = ProfileText.profiles(d).getFirst();
    assertThat(ProfileText.type(d.getDictionary(), p.getSampleType()))
        .isEqualTo("delay/nanoseconds");
    assertThat(ProfileText.type(d.getDictionary(), p.getPeriodType())).isEqualTo("block/count");
    assertThat(ProfileText.attributes(d.getDictionary(), p.getAttributeIndicesList()))
        .containsExactly("__name__=block");
    assertThat(ProfileText.resource(d)).containsEntry("service.name", "app");
  }

  @Test
  void readsTypeNamesOfAForm() throws Exception {
    String boundary = "xyz";
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    form.writeBytes(
        ("--"
                + boundary
                + "\r\nContent-Disposition: form-data; name=\"profile\"; filename=\"p\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n")
            .getBytes(UTF_8));
    form.writeBytes(pprof());
    form.writeBytes(
        ("\r\n--"
                + boundary
                + "\r\nContent-Disposition: form-data; name=\"sample_type_config\"\r\n\r\n"
                + "{\"cpu\":{\"display-name\":\"time\",\"units\":\"ns\"}}\r\n--"
                + boundary
                + "--\r\n")
            .getBytes(UTF_8));
    assertThat(
            post(
                    "/ingest?name=app",
                    "multipart/form-data; boundary=" + boundary,
                    form.toByteArray())
                .statusCode())
        .isEqualTo(200);
    ProfilesData d = only();
    assertThat(ProfileText.profiles(d))
        .extracting(p -> ProfileText.type(d.getDictionary(), p.getSampleType()))
        .containsExactly("time/ns");
  }

  private static byte[] part(String boundary, String name, byte[] content) {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    form.writeBytes(
        ("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n")
            .getBytes(UTF_8));
    form.writeBytes(content);
    form.writeBytes("\r\n".getBytes(UTF_8));
    return form.toByteArray();
  }

  private static byte[] heap(long[]... samples) {
    String[] strings = {"", "alloc_space", "bytes", "inuse_space", "f", "g"};
    ProtoWriter w = new ProtoWriter();
    for (int t = 1; t <= 3; t += 2) {
      int m = w.begin(1);
      w.int64(1, t).int64(2, 2);
      w.end(m);
    }
    for (long[] s : samples) {
      int m = w.begin(2);
      int l = w.begin(1);
      w.varint(s[0]);
      w.end(l);
      l = w.begin(2);
      w.varint(s[1]).varint(s[2]);
      w.end(l);
      w.end(m);
    }
    for (int f = 1; f <= 2; f++) {
      int m = w.begin(4);
      w.int64(1, f).int64(3, 0x1000L * f);
      int l = w.begin(4);
      w.int64(1, f);
      w.end(l);
      w.end(m);
      m = w.begin(5);
      w.int64(1, f).int64(2, 3L + f);
      w.end(m);
    }
    for (String s : strings) {
      w.string(6, s);
    }
    return w.toByteArray();
  }

  @Test
  void subtractsThePreviousCumulativeProfile() throws Exception {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    form.writeBytes(part("xyz", "prev_profile", heap(new long[] {1, 100, 7})));
    form.writeBytes(
        part(
            "xyz",
            "profile",
            heap(new long[] {1, 90, 3}, new long[] {1, 30, 2}, new long[] {2, 5, 5})));
    form.writeBytes("--xyz--\r\n".getBytes(UTF_8));
    assertThat(
            post("/ingest?name=app", "multipart/form-data; boundary=xyz", form.toByteArray())
                .statusCode())
        .isEqualTo(200);
    ProfilesData d = only();
    List<Profile> all = ProfileText.profiles(d);
    assertThat(ProfileText.samples(d.getDictionary(), all.get(0))).containsExactly("f=20", "g=5");
    assertThat(ProfileText.samples(d.getDictionary(), all.get(1)))
        .containsExactly("f=3", "f=2", "g=5");
  }

  private static final String SPEEDSCOPE =
      """
      {"$schema": "https://www.speedscope.app/file-format-schema.json", "version": "0.0.1",
       "shared": {"frames": [{"name": "a", "file": "a.py", "line": 3}, {"name": "b"}, {"name": "c"}]},
       "profiles": [
         {"type": "evented", "name": "one", "unit": "milliseconds", "startValue": 0, "endValue": 14,
          "events": [
            {"type": "O", "frame": 0, "at": 0}, {"type": "O", "frame": 1, "at": 2},
            {"type": "C", "frame": 1, "at": 5}, {"type": "O", "frame": 2, "at": 5},
            {"type": "C", "frame": 2, "at": 12.5}, {"type": "C", "frame": 0, "at": 14}]},
         {"type": "sampled", "name": "two", "unit": "bytes", "startValue": 0, "endValue": 14,
          "samples": [[0, 1], [0], [0, 1]], "weights": [3, 4, 7]}]}
      """;

  @Test
  void convertsSpeedscopeFiles() throws Exception {
    String query = "/ingest?name=app%7Benv%3Da%7D&format=speedscope&from=1700000000";
    HttpResponse<String> r = post(query, "", SPEEDSCOPE.getBytes(UTF_8));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    ProfilesData d = only();
    assertThat(ProfileText.resource(d)).isEqualTo(Map.of("service.name", "app", "env", "a"));
    List<Profile> all = ProfileText.profiles(d);
    assertThat(all)
        .extracting(p -> ProfileText.type(d.getDictionary(), p.getSampleType()))
        .containsExactly("wall/nanoseconds", "space/bytes");
    assertThat(ProfileText.samples(d.getDictionary(), all.get(0)))
        .containsExactly("a=3500000", "b<a=3000000", "c<a=7500000");
    assertThat(ProfileText.samples(d.getDictionary(), all.get(1))).containsExactly("b<a=10", "a=4");
    assertThat(ProfileText.attributes(d.getDictionary(), all.get(1).getAttributeIndicesList()))
        .containsExactly("profile_name=two");
    for (String bad :
        new String[] {
          SPEEDSCOPE.replace("\"frame\": 2", "\"frame\": 3"),
          SPEEDSCOPE.replace("\"at\": 14", "\"at\": 1"),
          SPEEDSCOPE.replace("file-format-schema", "other"),
          SPEEDSCOPE.replace("[3, 4, 7]", "[3, 4]"),
          SPEEDSCOPE.replace("milliseconds", "weeks")
        }) {
      assertThat(post(query, "", bad.getBytes(UTF_8)).statusCode()).as(bad).isEqualTo(400);
    }
    assertThat(pipeline.batches).isEmpty();
  }

  @Test
  void rejectsUnreadableDataWithReason() throws Exception {
    assertThat(post("/ingest?name=a&format=speedscope", "", new byte[1]).body())
        .contains("not JSON");
    assertThat(post("/ingest?name=a&format=xml", "", new byte[1]).body())
        .contains("unknown format xml");
    assertThat(post("/ingest?name=a&format=jfr", "", "no recording".getBytes(UTF_8)).statusCode())
        .isEqualTo(400);
    assertThat(post("/ingest?name=", "", new byte[1]).body()).contains("application is missing");
    assertThat(post("/ingest?name=a", "", "main;work\n".getBytes(UTF_8)).body())
        .contains("line 1 does not end with a space and a number");
    assertThat(pipeline.batches).isEmpty();
  }
}

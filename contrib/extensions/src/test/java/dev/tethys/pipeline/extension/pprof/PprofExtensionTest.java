package dev.tethys.pipeline.extension.pprof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.receiver.ProfileText;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.pprof.ThreadDump;
import io.opentelemetry.proto.profiles.v1development.Profile;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import io.opentelemetry.proto.profiles.v1development.ProfilesDictionary;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Profiles of the process that runs the test. */
@Tag("slow")
class PprofExtensionTest {
  private final PprofExtensionFactory factory = new PprofExtensionFactory();
  private final PprofExtensionFactory.Running running =
      new PprofExtensionFactory.Running(settings("endpoint: '127.0.0.1:0'"), Scheduler.system());
  private final HttpClient http = HttpClient.newHttpClient();
  private volatile boolean done;
  private volatile long spun;

  private PprofExtensionFactory.Settings settings(String yaml) {
    return TestPipeline.read(factory.settings(), yaml);
  }

  @BeforeEach
  void start() throws Exception {
    running.start();
  }

  @AfterEach
  void stop() {
    done = true;
    running.stop(Duration.ZERO);
    http.close();
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + running.port() + "/debug/pprof" + path))
        .build();
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return http.send(request(path), BodyHandlers.ofByteArray());
  }

  private String text(String path, int status) throws Exception {
    HttpResponse<byte[]> r = get(path);
    String text = new String(r.body(), UTF_8);
    assertThat(r.statusCode()).as(text).isEqualTo(status);
    return text;
  }

  private static ProfilesData read(HttpResponse<byte[]> r) throws Exception {
    assertThat(r.statusCode()).as(new String(r.body(), UTF_8)).isEqualTo(200);
    assertThat(r.headers().firstValue("Content-Encoding")).isEmpty();
    assertThat(r.body()).startsWith(0x1f, 0x8b);
    ProfilesWriter out = new ProfilesWriter();
    out.resource(Map.of());
    PprofReader.read(r.body(), 64 << 20, Map.of(), Map.of(), out);
    return ProfilesData.parseFrom(out.toByteArray());
  }

  private static List<String> types(ProfilesData d) {
    return ProfileText.profiles(d).stream()
        .map(p -> ProfileText.type(d.getDictionary(), p.getSampleType()))
        .toList();
  }

  private static List<String> functions(ProfilesData data) {
    ProfilesDictionary d = data.getDictionary();
    return d.getFunctionTableList().stream()
        .map(f -> d.getStringTable(f.getNameStrindex()))
        .toList();
  }

  private void spin() {
    while (!done) {
      spun = spun * 31 + Long.toString(spun).hashCode();
    }
  }

  @Test
  void recordsCpuAndAllocations() throws Exception {
    Thread.ofPlatform().daemon().start(this::spin);
    ProfilesData cpu = read(get("/profile?seconds=2"));
    assertThat(types(cpu)).containsExactly("samples/count", "cpu/nanoseconds");
    assertThat(functions(cpu)).contains(getClass().getName().replace('.', '/') + ".spin");
    Profile p = ProfileText.profiles(cpu).get(1);
    assertThat(p.getPeriod()).isEqualTo(20_000_000);
    assertThat(p.getDurationNano()).isEqualTo(2_000_000_000);
    ProfilesData allocated = read(get("/allocs?seconds=1"));
    assertThat(types(allocated)).containsExactly("alloc_space/bytes");
    assertThat(functions(allocated)).contains(getClass().getName().replace('.', '/') + ".spin");
  }

  @Test
  void showsAllThreadsIncludingVirtualOnes() throws Exception {
    CountDownLatch here = new CountDownLatch(1);
    Thread waits =
        Thread.ofVirtual()
            .name("one that waits")
            .start(
                () -> {
                  here.countDown();
                  lingers();
                });
    here.await();
    String lingering = getClass().getName().replace('.', '/') + ".lingers";
    ProfilesData threads = read(get("/goroutine"));
    assertThat(types(threads)).containsExactly("goroutine/count");
    assertThat(functions(threads)).contains(lingering, "java/lang/Thread.run");
    assertThat(text("/goroutine?debug=1", 200))
        .startsWith("threads: total ")
        .contains("#\t" + lingering + "\tPprofExtensionTest.java:");
    assertThat(text("/goroutine?debug=2", 200)).contains("\"one that waits\"");
    assertThat(text("/goroutine?debug=3", 400)).contains("0, 1 or 2");
    waits.interrupt();
  }

  private static void lingers() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void recordsOneProfileAtATimeAndEndsWithTheProgram() throws Exception {
    CompletableFuture<HttpResponse<byte[]>> first =
        http.sendAsync(request("/profile?seconds=300"), BodyHandlers.ofByteArray());
    String said = "";
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!said.contains("another profile is being recorded")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      if (first.isDone()) { // it arrived during the other recording
        first = http.sendAsync(request("/profile?seconds=300"), BodyHandlers.ofByteArray());
      }
      said = new String(get("/mutex?seconds=1").body(), UTF_8);
    }
    running.stop(Duration.ofSeconds(30));
    assertThat(first.handle((r, e) -> true).get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void explainsUnsupportedProfiles() throws Exception {
    assertThat(text("/", 200)).contains("<a href=\"profile\">").contains("no heap: ");
    assertThat(text("/heap", 501)).contains("jcmd PID GC.class_histogram");
    assertThat(text("/trace", 501)).contains("JFR.start");
    assertThat(text("/nonsense", 404)).contains("allocs, block, cmdline");
    assertThat(text("/profile?seconds=301", 400)).contains("from 1 to 300");
    assertThat(text("/profile?seconds=x", 400)).contains("from 1 to 300");
    assertThat(text("/allocs?debug=1", 501)).contains("only goroutine is served as text");
    assertThat(text("/cmdline", 200).split("\0")[0]).endsWith("java");
  }

  @Test
  void usesFramesOfTheFlightRecorder() {
    assertThat(ThreadDump.frame("java.base/java.lang.Thread.run(Thread.java:1474)"))
        .isEqualTo(new Frame("java/lang/Thread.run", "Thread.java", 1474));
    assertThat(ThreadDump.frame("app//a.B$C.<init>(B.java:7)"))
        .isEqualTo(new Frame("a/B$C.<init>", "B.java", 7));
    assertThat(ThreadDump.frame("java.base@25/java.lang.Object.wait0(Native Method)"))
        .isEqualTo(new Frame("java/lang/Object.wait0", 0));
    assertThat(ThreadDump.frame("app//a.B$$Lambda/0x00007f1234.run(Unknown Source)").function())
        .isEqualTo("a/B$$Lambda/0x00007f1234.run");
  }

  @Test
  void rejectsUnsupportedKeys() {
    assertThat(settings("{block_profile_fraction: 0, mutex_profile_fraction: -1}").endpoint())
        .isEqualTo("localhost:1777");
    assertThatThrownBy(() -> settings("mutex_profile_fraction: 3"))
        .hasMessageContaining("test.yaml:1:25")
        .hasMessageContaining("/debug/pprof/mutex?seconds=N");
    assertThatThrownBy(() -> settings("save_to_file: cpu.pprof"))
        .hasMessageContaining("pprof: {self: {}}");
  }
}

package dev.tethys.pipeline.extension.pprof;

import dev.tethys.config.Key;
import dev.tethys.config.ListenAddressConfig;
import dev.tethys.config.Redaction;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.receiver.pprof.FlightProfile;
import dev.tethys.pipeline.receiver.pprof.ThreadDump;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.ServedExtension;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * {@code pprof}: serves profiles of this process at the paths of Go's {@code net/http/pprof}, in
 * its format. Profiles that Go accumulates since the program's start are recorded here on request.
 */
public final class PprofExtensionFactory
    implements ExtensionFactory<PprofExtensionFactory.Settings> {
  /** The settings. */
  public record Settings(String endpoint) {}

  private static final String ROOT = "/debug/pprof/";
  private static final long USUAL_SECONDS = 30;
  private static final long MAX_SECONDS = 300;

  private static final Section SECTION =
      new Section("pprof", "HTTP endpoint that serves profiles of this process.");
  private static final Key<String> ENDPOINT =
      SECTION.key("endpoint", ListenAddressConfig.TYPE, "localhost:1777", "Address to listen on.");
  private static final Key<Long> BLOCK =
      SECTION.key("block_profile_fraction", Type.INT, 0L, "Only 0 or less is accepted.");
  private static final Key<Long> MUTEX =
      SECTION.key("mutex_profile_fraction", Type.INT, 0L, "Only 0 or less is accepted.");
  private static final Key<String> FILE =
      SECTION.key("save_to_file", Type.STRING, "", "Only an empty value is accepted.");

  static {
    SECTION.notBuilt("dialer", "Settings of client connections; this extension opens none.");
  }

  /** Served profiles with their descriptions. */
  private static final Map<String, String> SERVED =
      new TreeMap<>(
          Map.of(
              "allocs", "memory allocations over the given number of seconds",
              "block", "threads parked for at least 10 ms over the given number of seconds",
              "cmdline", "the command line of this process",
              "goroutine", "all threads, virtual ones too; debug=1 and debug=2 as text",
              "mutex", "monitor waits of at least 10 ms over the given number of seconds",
              "profile", "CPU profile over the given number of seconds"));

  /** Unsupported profiles with the reasons. */
  private static final Map<String, String> NOT_SERVED =
      new TreeMap<>(
          Map.of(
              "heap",
              "the Java virtual machine does not record where live objects were allocated; "
                  + "request allocs, or run jcmd PID GC.class_histogram on its machine",
              "symbol",
              "there are no addresses to look up: functions in profiles have their names",
              "threadcreate",
              "the Java virtual machine does not know where threads were created; ask for"
                  + " goroutine",
              "trace",
              "execution traces are specific to Go; run jcmd PID JFR.start on its machine"));

  @Override
  public String type() {
    return "pprof";
  }

  @Override
  public String about() {
    return "Serves profiles of this process over HTTP, as programs in Go do.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(PprofExtensionFactory::read);
  }

  private static Settings read(YamlObject o) {
    refuseFraction(o, BLOCK, "block");
    refuseFraction(o, MUTEX, "mutex");
    if (!o.get(FILE).isEmpty()) {
      throw o.error(
          FILE,
          "profiles of entire runs are not supported; fetch /debug/pprof/profile?seconds=N, or "
              + "send profiles with the receiver pprof: {self: {}}, and remove the key");
    }
    return new Settings(o.get(ENDPOINT));
  }

  private static void refuseFraction(YamlObject o, Key<Long> key, String name) {
    if (o.get(key) > 0) {
      throw o.error(
          key,
          "the flight recorder takes no fractions: /debug/pprof/"
              + name
              + "?seconds=N has all waits of 10 ms and longer; write 0, or remove the key");
    }
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(settings, context.clock());
  }

  static final class Running extends ServedExtension {
    private final Scheduler clock;

    /** One recording at a time, because it slows the process down. */
    private final Semaphore recordings = new Semaphore(1);

    private volatile @Nullable CountDownLatch end;
    private volatile boolean stopped;

    Running(Settings settings, Scheduler clock) {
      super(HttpServerSettings.at(settings.endpoint), null, clock);
      this.clock = clock;
      HttpServerEndpoint endpoint = endpoint();
      endpoint.on("GET", ROOT, this::index);
      endpoint.on("GET", "/debug/pprof", (q, r) -> r.redirect(301, ROOT));
      endpoint.on("GET", ROOT + "profile", (q, r) -> record(FlightProfile.CPU, q, r));
      endpoint.on("GET", ROOT + "allocs", (q, r) -> record(FlightProfile.ALLOCS, q, r));
      endpoint.on("GET", ROOT + "mutex", (q, r) -> record(FlightProfile.MUTEX, q, r));
      endpoint.on("GET", ROOT + "block", (q, r) -> record(FlightProfile.BLOCK, q, r));
      endpoint.on("GET", ROOT + "goroutine", this::threads);
      endpoint.on("GET", ROOT + "cmdline", (q, r) -> commandLine(r));
      NOT_SERVED.forEach(
          (name, why) ->
              endpoint.any(
                  ROOT + name,
                  (q, r) -> r.status(501).send(name + " is not served: " + why + "\n")));
      endpoint.any(
          ROOT + "{name}",
          (q, r) ->
              r.status(404)
                  .send("profile not found; available profiles are " + SERVED.keySet() + "\n"));
    }

    private void index(HttpRequest q, HttpResponse r) throws IOException {
      StringBuilder sb =
          new StringBuilder(
              "<!DOCTYPE html><html lang=\"en\"><head><title>/debug/pprof/</title></head><body>"
                  + "<h1>/debug/pprof/</h1><p>Profiles of Tethys, by the JDK's flight recorder, in"
                  + " the format of pprof. Recordings take seconds=30 unless the URL says"
                  + " otherwise, at most 300, one at a time.</p><ul>");
      SERVED.forEach(
          (name, what) ->
              sb.append("<li><a href=\"")
                  .append(name)
                  .append(name.equals("goroutine") ? "?debug=1" : "")
                  .append("\">")
                  .append(name)
                  .append("</a>: ")
                  .append(what)
                  .append("</li>"));
      NOT_SERVED.forEach(
          (name, why) ->
              sb.append("<li>no ").append(name).append(": ").append(why).append("</li>"));
      sb.append("</ul></body></html>\n");
      r.send("text/html; charset=utf-8", sb.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void record(FlightProfile what, HttpRequest q, HttpResponse r) throws IOException {
      long seconds = number(q, "seconds", USUAL_SECONDS);
      if (seconds < 1 || seconds > MAX_SECONDS) {
        r.status(400).send("seconds must be a number from 1 to " + MAX_SECONDS + "\n");
        return;
      }
      if (number(q, "debug", 0) != 0) {
        r.status(501).send("only goroutine is served as text; leave debug away\n");
        return;
      }
      if (!FlightRecorder.isAvailable()) {
        r.status(501).send("this Java virtual machine has no flight recorder\n");
        return;
      }
      if (!recordings.tryAcquire()) {
        r.status(503).send("another profile is being recorded; come again when it has ended\n");
        return;
      }
      byte[] profile;
      try {
        CountDownLatch ended = new CountDownLatch(1);
        end = ended;
        if (stopped) {
          ended.countDown();
        }
        HttpRequest.Watch gone = q.whenClientGone(ended::countDown);
        try {
          profile = what.record(Duration.ofSeconds(seconds), ended);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          r.status(503).send("this program stops\n");
          return;
        } finally {
          gone.close();
        }
      } finally {
        recordings.release();
      }
      send(r, what == FlightProfile.CPU ? "profile" : q.path().substring(ROOT.length()), profile);
    }

    private void threads(HttpRequest q, HttpResponse r) throws IOException {
      switch ((int) number(q, "debug", 0)) {
        case 0 ->
            send(r, "goroutine", ThreadDump.profile(TimeUnit.MILLISECONDS.toNanos(clock.millis())));
        case 1 -> r.send(ThreadDump.summary());
        case 2 -> r.send("text/plain; charset=utf-8", ThreadDump.text());
        default -> r.status(400).send("debug must be 0, 1 or 2\n");
      }
    }

    /** Returns the value of a parameter, or -1 if it is not a number. */
    private static long number(HttpRequest q, String name, long absent) {
      String text = q.query().first(name);
      if (text == null || text.isEmpty()) {
        return absent;
      }
      return text.matches("\\d{1,9}") ? Long.parseLong(text) : -1;
    }

    private static void send(HttpResponse r, String name, byte[] gzip) throws IOException {
      r.uncompressed()
          .header("X-Content-Type-Options", "nosniff")
          .header("Content-Disposition", "attachment; filename=\"" + name + "\"");
      r.send("application/octet-stream", gzip);
    }

    /** Words with a zero byte between them, as {@code net/http/pprof} has them. */
    private static void commandLine(HttpResponse r) throws IOException {
      ProcessHandle.Info me = ProcessHandle.current().info();
      Optional<String> command = me.command();
      if (command.isEmpty()) {
        r.status(501).send("this system does not tell the command line\n");
        return;
      }
      List<String> all = new ArrayList<>();
      all.add(command.get());
      all.addAll(List.of(me.arguments().orElse(new String[0])));
      r.send(String.join("\0", Redaction.arguments(all)));
    }

    @Override
    public void stop(Duration timeLimit) {
      stopped = true;
      CountDownLatch running = end;
      if (running != null) {
        running.countDown();
      }
      super.stop(timeLimit);
    }
  }
}

package dev.tethys.pipeline.receiver.pyroscope;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.FoldedStacks;
import dev.tethys.codec.pprof.PerfScript;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.codec.pprof.PprofReader.Named;
import dev.tethys.codec.pprof.Speedscope;
import dev.tethys.codec.pprof.StackProfile;
import dev.tethys.codec.pprof.StackProfile.About;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.pprof.JfrProfiles;
import dev.tethys.pipeline.receiver.pprof.PprofFiles;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Pyroscope's {@code POST /ingest}. Parameters are the application ({@code name}), the time ({@code
 * from}, {@code until}) and the {@code format}; the body is a profile, or a form with one. The
 * response is 200 when it was accepted.
 *
 * <p>For stacks as text, the last part of the application's name is the type ({@code app.cpu},
 * {@code app.alloc_space}), by default {@code cpu}. Source: pkg/ingester/pyroscope of
 * grafana/pyroscope.
 */
final class IngestProtocol {
  private static final int DEFAULT_SAMPLE_RATE = 100;

  private static final String PYTHON_AND_RUBY_TREE = "binary/octet-stream+tree";
  private static final String PYTHON_AND_RUBY_TRIE = "binary/octet-stream+trie";

  /**
   * Profile kind by name suffix.
   *
   * @param name profile name, or "" to derive it from the type
   * @param time whether values are samples, each of which represents a period
   */
  private record Kind(
      String name, String type, String unit, String periodType, String periodUnit, boolean time) {
    static Kind time(String type) {
      return new Kind("", type, "nanoseconds", "cpu", "nanoseconds", true);
    }

    static Kind counted(String type, String unit) {
      return new Kind("", type, unit, "", "", false);
    }

    static Kind waits(String name, String type, String unit) {
      return new Kind(name, type, unit, name, "count", false);
    }
  }

  private static final Kind CPU = Kind.time("cpu");

  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry("cpu", CPU),
          Map.entry("itimer", CPU),
          Map.entry("wall", Kind.time("wall")),
          Map.entry("inuse_objects", Kind.counted("inuse_objects", "count")),
          Map.entry("inuse_space", Kind.counted("inuse_space", "bytes")),
          Map.entry("alloc_objects", Kind.counted("alloc_objects", "count")),
          Map.entry("alloc_space", Kind.counted("alloc_space", "bytes")),
          Map.entry("goroutines", new Kind("goroutine", "goroutines", "count", "", "", false)),
          Map.entry("mutex_count", Kind.waits("mutex", "contentions", "count")),
          Map.entry("mutex_duration", Kind.waits("mutex", "delay", "nanoseconds")),
          Map.entry("block_count", Kind.waits("block", "contentions", "count")),
          Map.entry("block_duration", Kind.waits("block", "delay", "nanoseconds")),
          Map.entry("lock_count", Kind.waits("block", "contentions", "count")),
          Map.entry("lock_duration", Kind.waits("block", "delay", "nanoseconds")),
          Map.entry("live", new Kind("memory", "live", "count", "objects", "count", false)),
          Map.entry("exceptions", Kind.counted("exceptions", "count")));

  /** Perf events whose period is in nanoseconds. */
  private static final Set<String> PERF_CLOCKS = Set.of("cpu-clock", "task-clock");

  private static final Set<String> PERF_CYCLES = Set.of("cycles", "cpu-cycles", "ref-cycles");

  private final HttpServerEndpoint endpoint;
  private final Consumer to;
  private final Scheduler clock;

  IngestProtocol(HttpServerEndpoint endpoint, Consumer to, Scheduler clock) {
    this.endpoint = endpoint;
    this.to = to;
    this.clock = clock;
  }

  void addTo(String prefix) {
    endpoint.post(prefix + "/ingest", this::handle);
  }

  /** Request parameters. */
  private record RequestParameters(
      AppName name, long fromNanos, long durationNanos, int sampleRate) {
    Map<String, String> resource(Params q) {
      Map<String, String> r = AppName.resource(name.app(), name.labels());
      String spy = q.first("spyName", "");
      if (!spy.isEmpty()) {
        r.put("pyroscope_spy", spy);
      }
      return r;
    }
  }

  private void handle(HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    Params q = request.query();
    RequestParameters parameters = readParameters(q);
    try (Hold hold = endpoint.admission().open()) {
      byte[] body = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(4L * body.length);
      ProfilesWriter out = new ProfilesWriter();
      String type = String.valueOf(request.header("Content-Type"));
      Map<String, byte[]> form = FormParts.isForm(type) ? FormParts.read(type, body) : Map.of();
      switch (format(q.first("format", ""), type)) {
        case "pprof" -> {
          Batch read = pprof(form, body, parameters, request, out);
          if (read != null) {
            answer(response, ReceiverAdmission.deliver(read, to, request));
            return;
          }
        }
        case "jfr" -> jfr(form, body, parameters, request, out);
        case "trie" -> folded(s -> FoldedStacks.trie(body, s), parameters, q, out);
        case "tree" -> folded(s -> FoldedStacks.tree(body, s), parameters, q, out);
        case "lines" -> folded(s -> FoldedStacks.lines(body, s), parameters, q, out);
        case "groups" -> folded(s -> FoldedStacks.groups(body, s), parameters, q, out);
        case "perf_script" -> perfScript(body, parameters, q, out);
        case "speedscope" -> speedscope(body, parameters, q, out);
        case String f ->
            throw new HttpException(
                400,
                "unknown format "
                    + f
                    + ": send pprof, jfr, speedscope, perf_script, or folded stacks as groups,"
                    + " lines, trie, tree");
      }
      Outcome o = Outcome.ACCEPTED;
      if (out.samples() > 0) {
        Batch batch =
            new Batch(
                Signal.PROFILES,
                Encoding.OTLP,
                out.toByteArray(),
                out.samples(),
                0,
                endpoint.metadata(request));
        o = ReceiverAdmission.deliver(batch, to, request);
      }
      answer(response, o);
    }
  }

  private static void answer(HttpResponse response, Outcome o) throws IOException {
    if (o instanceof Outcome.Accepted) {
      response.status(200).send();
    } else {
      HttpServerEndpoint.answer(response, o);
    }
  }

  private static String format(String parameters, String contentType) {
    if (parameters.equals("trie") || contentType.equals(PYTHON_AND_RUBY_TRIE)) {
      return "trie";
    }
    if (parameters.equals("tree") || contentType.equals(PYTHON_AND_RUBY_TREE)) {
      return "tree";
    }
    return switch (parameters) {
      case "lines", "jfr", "pprof", "speedscope" -> parameters;
      case "", "groups", "folded" -> FormParts.isForm(contentType) ? "pprof" : "groups";
      default -> parameters;
    };
  }

  private RequestParameters readParameters(Params q) {
    long now = clock.millis() * 1_000_000;
    long from = time(q, "from", now);
    long until = time(q, "until", now);
    int rate = DEFAULT_SAMPLE_RATE;
    String r = q.first("sampleRate", "");
    if (!r.isEmpty()) {
      try {
        rate = Integer.parseInt(r);
      } catch (NumberFormatException e) {
        throw new HttpException(400, "sampleRate=" + r + " is not an integer");
      }
    }
    return new RequestParameters(
        AppName.parse(q.first("name", "")),
        from,
        Math.max(0, until - from),
        rate < 1 ? DEFAULT_SAMPLE_RATE : rate);
  }

  /**
   * Parses seconds, milliseconds, microseconds or nanoseconds since 1970, depending on the number
   * of digits.
   */
  private static long time(Params q, String name, long otherwise) {
    String s = q.first(name, "");
    if (s.isEmpty()) {
      return otherwise;
    }
    try {
      long t = Long.parseLong(s);
      long nanos = t;
      for (int digits = s.length(); digits < 19 && nanos > 0; digits += 3) {
        nanos = Math.multiplyExact(nanos, 1000L);
      }
      return nanos;
    } catch (NumberFormatException | ArithmeticException e) {
      throw new HttpException(400, name + "=" + s + " is not a time since 1970");
    }
  }

  /**
   * Reads a profile.
   *
   * @param out receives the difference of two profiles
   * @return a profile that is not a difference; null if only {@code out} must be delivered
   */
  private @Nullable Batch pprof(
      Map<String, byte[]> form,
      byte[] body,
      RequestParameters parameters,
      HttpRequest request,
      ProfilesWriter out) {
    byte[] profile = form.isEmpty() ? body : form.get("profile");
    if (profile == null) {
      throw new CodecException("the form has no part called profile");
    }
    byte[] before = form.getOrDefault("prev_profile", new byte[0]);
    Map<String, Named> names = named(form.get("sample_type_config"));
    Map<String, String> resource = parameters.resource(request.query());
    if (before.length > 0) {
      out.resource(resource);
      PprofReader.difference(profile, before, endpoint.maxBodyBytes(), names, Map.of(), out);
      return null;
    }
    PprofFiles files = new PprofFiles(endpoint.maxBodyBytes());
    files.add(profile, names, resource, Map.of());
    return files.samples() == 0 ? null : files.batch(endpoint.metadata(request));
  }

  /**
   * Reads {@code sample_type_config}: types by name, with their aliases and unit, and whether they
   * are cumulative since the program's start.
   */
  private static Map<String, Named> named(byte @Nullable [] config) {
    Map<String, Named> names = new LinkedHashMap<>();
    if (config == null || config.length == 0) {
      return names;
    }
    if (!(JsonValues.read(config, 0, config.length) instanceof Attributes all)) {
      throw new CodecException("sample_type_config is not a JSON object");
    }
    for (int i = 0; i < all.size(); i++) {
      if (all.get(all.key(i)) instanceof Attributes one) {
        Object name = one.get("display-name");
        Object unit = one.get("units");
        names.put(
            all.key(i),
            new Named(
                name == null || name.toString().isEmpty() ? all.key(i) : name.toString(),
                unit == null ? "" : unit.toString(),
                Boolean.TRUE.equals(one.get("cumulative"))));
      }
    }
    return names;
  }

  private void jfr(
      Map<String, byte[]> form,
      byte[] body,
      RequestParameters parameters,
      HttpRequest request,
      ProfilesWriter out)
      throws IOException {
    byte[] recording = form.isEmpty() ? body : form.get("jfr");
    if (recording == null) {
      throw new CodecException("the form has no part called jfr");
    }
    out.resource(parameters.resource(request.query()));
    JfrProfiles.read(
        plain(recording, request),
        plain(form.getOrDefault("labels", new byte[0]), request),
        parameters.fromNanos,
        parameters.durationNanos,
        parameters.sampleRate,
        Map.of(),
        out);
  }

  /** Decompresses a part of a form, which may be gzipped. */
  private byte[] plain(byte[] b, HttpRequest request) {
    return b.length > 1 && b[0] == 0x1f && b[1] == (byte) 0x8b
        ? Compression.GZIP.decompress(b, 0, b.length, endpoint.maxBodyBytes(), request::reserve)
        : b;
  }

  /** Sends stacks to a sink. */
  private interface Stacks {
    void read(FoldedStacks.Sink to);
  }

  /** Returns the type in the last part of an application's name; null if it is part of the name. */
  private static @Nullable Kind kind(RequestParameters parameters) {
    String app = parameters.name.app();
    int dot = app.lastIndexOf('.');
    return KINDS.get(dot < 0 ? "" : app.substring(dot + 1));
  }

  /** Starts the resource of an application, with the type removed from its name. */
  private static void begin(
      RequestParameters parameters, @Nullable Kind kind, Params q, ProfilesWriter out) {
    String app = parameters.name.app();
    String name = kind == null ? app : app.substring(0, app.lastIndexOf('.'));
    out.resource(
        new RequestParameters(new AppName(name, parameters.name.labels()), 0, 0, 0).resource(q));
  }

  private static void speedscope(
      byte[] body, RequestParameters parameters, Params q, ProfilesWriter out) {
    Kind kind = kind(parameters);
    begin(parameters, kind, q, out);
    Speedscope.read(
        body, kind == null ? null : kind.type, parameters.fromNanos, parameters.durationNanos, out);
  }

  /** Reads perf samples: clocks and cycles are {@code cpu}, others are named after their event. */
  private static void perfScript(
      byte[] body, RequestParameters parameters, Params q, ProfilesWriter out) {
    Kind named = kind(parameters);
    begin(parameters, named, q, out);
    long period = 1_000_000_000L / parameters.sampleRate;
    Map<String, StackProfile> profiles = new LinkedHashMap<>();
    PerfScript.read(
        body,
        (event, count, names) -> {
          boolean isClock = PERF_CLOCKS.contains(event);
          boolean isTime = isClock || PERF_CYCLES.contains(event);
          Kind other = named == null ? Kind.counted(event, "count") : named;
          Kind kind = isTime ? (named == null ? CPU : named) : other;
          StackProfile p =
              profiles.computeIfAbsent(
                  isTime ? "" : event,
                  _ ->
                      new StackProfile(
                          new About(
                              kind.name,
                              kind.type,
                              kind.unit,
                              kind.periodType,
                              kind.periodUnit,
                              isTime ? period : 0,
                              parameters.fromNanos,
                              parameters.durationNanos),
                          out));
          List<Frame> frames = new ArrayList<>(names.size());
          names.forEach(n -> frames.add(new Frame(n, 0)));
          // Cycles are not a time, but the sampling frequency of the CPU is.
          boolean counts = count > 0 && (isClock || !isTime);
          long value = isTime ? period : 1;
          p.add(StackProfile.stack(frames, out), List.of(), counts ? count : value);
        });
    profiles.values().forEach(p -> p.write(Map.of()));
  }

  private static void folded(
      Stacks stacks, RequestParameters parameters, Params q, ProfilesWriter out) {
    Kind named = kind(parameters);
    begin(parameters, named, q, out);
    Kind kind = named == null ? CPU : named;
    long period = 1_000_000_000L / parameters.sampleRate;
    boolean time = kind.time;
    StackProfile p =
        new StackProfile(
            new About(
                kind.name,
                kind.type,
                kind.unit,
                kind.periodType,
                kind.periodUnit,
                time ? period : 0,
                parameters.fromNanos,
                parameters.durationNanos),
            out);
    stacks.read(
        (folded, value) -> {
          List<Frame> frames = new ArrayList<>();
          for (String f : folded.split(";")) {
            if (!f.isEmpty()) {
              frames.add(new Frame(f, 0));
            }
          }
          p.add(
              StackProfile.stack(frames.reversed(), out), List.of(), time ? value * period : value);
        });
    p.write(Map.of());
  }
}

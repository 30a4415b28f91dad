package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.collect.logs.file.Glob;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code pprof} receivers of profiles that are posted, read from files, or recorded from
 * this process. Responses are 204 when a profile is delivered; 400 when it is invalid or rejected;
 * 503 when the sender should retry.
 */
public final class PprofReceiverFactory implements ReceiverFactory<PprofReceiverFactory.Settings> {
  /** Receiver settings. */
  public record Settings(
      @Nullable HttpServerSettings server, @Nullable Remote remote, List<PolledSource> asked) {}

  /** Source that is polled for profiles. */
  record PolledSource(Supplier<ProfilePoller.Source> source, ProfilePoller.Schedule pace) {}

  /** Program polled over HTTP. */
  record Remote(
      HttpClientSettings client, URI url, ProfilePoller.Schedule pace, Duration timeout) {}

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** Path for posted profiles. */
  static final String PATH = "/v1/pprof";

  private static final Section SERVER =
      new Section("server", "HTTP server that receives profiles posted to " + PATH + ".");
  private static final HttpServerSettings.Keys SERVER_KEYS =
      new HttpServerSettings.Keys(SERVER, "localhost:8080");

  private static final Section SECTION = new Section("pprof", "Receives profiles in pprof format.");
  private static final Key<HttpServerSettings> SERVER_KEY =
      SECTION.optional(
          "server", SERVER.type(SERVER_KEYS::read), "HTTP server that receives profiles.");

  private static final Section FILE = new Section("file", "Profiles read from files.");
  private static final ProfilePoller.Schedule.Keys FILE_PACE =
      new ProfilePoller.Schedule.Keys(FILE);
  private static final Key<Glob> INCLUDE =
      FILE.required(
          "include",
          Type.of("pattern of paths", null, n -> n.parse(Glob::of)),
          "Pattern of the files: * and ** as in Go's doublestar.");
  private static final Key<PolledSource> FILE_KEY =
      SECTION.optional(
          "file",
          FILE.type(
              o -> {
                Glob include = o.get(INCLUDE);
                return new PolledSource(() -> new ProfileFiles(include), FILE_PACE.read(o));
              }),
          "Profiles read from files.");

  private static final Section SELF = new Section("self", "Profiles of this process.");
  private static final ProfilePoller.Schedule.Keys SELF_PACE =
      new ProfilePoller.Schedule.Keys(SELF);
  private static final Key<Long> BLOCK =
      SELF.key(
          "block_profile_fraction", Type.INT, 0L, "Profiling of parked threads; 0 to disable.");
  private static final Key<Long> MUTEX =
      SELF.key(
          "mutex_profile_fraction", Type.INT, 0L, "Profiling of waits for monitors; 0 to disable.");
  private static final Key<PolledSource> SELF_KEY =
      SECTION.optional(
          "self",
          SELF.type(
              o -> {
                boolean monitors = o.get(MUTEX) > 0;
                boolean parked = o.get(BLOCK) > 0;
                return new PolledSource(
                    () -> new OwnProfiles(monitors, parked, false), SELF_PACE.read(o));
              }),
          "Profiles of this process, by the JDK's flight recorder.");

  private static final Section REMOTE =
      new Section("remote", "Profiles fetched from a program over HTTP.");
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(REMOTE);
  private static final ProfilePoller.Schedule.Keys REMOTE_PACE =
      new ProfilePoller.Schedule.Keys(REMOTE);
  private static final Key<Duration> TIMEOUT =
      REMOTE.key(
          "timeout",
          GoDurations.TYPE,
          Duration.ZERO,
          "Timeout of a request; 0 for collection_interval, but at least one " + "minute.");
  private static final Key<Remote> REMOTE_KEY =
      SECTION.optional(
          "remote",
          REMOTE.type(PprofReceiverFactory::remote),
          "Profiles fetched from a program over HTTP.");

  static {
    FILE.notBuilt("timeout", "Collection from files has no timeout.");
    SELF.notBuilt("timeout", "Collection from this process has no timeout.");
  }

  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public PprofReceiverFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  private static Remote remote(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    URI url = client.endpoint();
    if (url == null) {
      throw o.error("remote requires an endpoint: the URL of a profile");
    }
    ProfilePoller.Schedule pace = REMOTE_PACE.read(o);
    Duration timeout = o.get(TIMEOUT);
    if (timeout.isNegative()) {
      throw o.error(TIMEOUT, "must not be negative");
    }
    Duration longest = pace.interval().compareTo(MINUTE) < 0 ? MINUTE : pace.interval();
    return new Remote(client, url, pace, timeout.isZero() ? longest : timeout);
  }

  private ProfilePoller.Source source(Remote r, Context context) {
    Reference auth = r.client.auth();
    return new RemoteProfiles(
        r.url,
        new HttpEndpoint(
            r.client,
            ClientAuth.of(auth, context),
            Map.of(),
            r.timeout,
            clients,
            context.clock()::millis));
  }

  @Override
  public String type() {
    return "pprof";
  }

  @Override
  public String about() {
    return "Receives profiles that are posted as pprof writes them.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          List<PolledSource> asked =
              Stream.of(o.find(FILE_KEY), o.find(SELF_KEY)).filter(Objects::nonNull).toList();
          HttpServerSettings server = o.find(SERVER_KEY);
          Remote remote = o.find(REMOTE_KEY);
          if (server == null && remote == null && asked.isEmpty()) {
            throw o.error("pprof requires server, remote, file or self");
          }
          return new Settings(server, remote, asked);
        });
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.PROFILES);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    HttpServerSettings server = s.server;
    Consumer c = outputs.get(Signal.PROFILES);
    List<ProfilePoller> rounds = new ArrayList<>();
    if (c != null) {
      s.asked.forEach(a -> rounds.add(new ProfilePoller(a.source.get(), a.pace, c)));
      Remote remote = s.remote;
      if (remote != null) {
        rounds.add(new ProfilePoller(source(remote, context), remote.pace, c));
      }
    }
    return new SourceGroup(
        server == null
            ? null
            : receiver(
                    server, outputs, Authenticators.find(server.auth(), context), context.clock())
                .countRefused(PointTally.of(context)),
        rounds);
  }

  static PushReceiver receiver(
      HttpServerSettings server,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth auth,
      Scheduler clock) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), server, auth);
    Consumer c = outputs.get(Signal.PROFILES);
    if (c != null) {
      endpoint.post(PATH, (q, r) -> take(endpoint, c, q, r));
    }
    return new PushReceiver(null, endpoint, clock::nanos);
  }

  /** Sources of one receiver. */
  private record SourceGroup(@Nullable PushReceiver pushed, List<ProfilePoller> rounds)
      implements Receiver {
    @Override
    public void start() throws IOException {
      if (pushed != null) {
        pushed.start();
      }
      for (ProfilePoller r : rounds) {
        r.start();
      }
    }

    @Override
    public void stop(Duration timeLimit) {
      rounds.forEach(ProfilePoller::close);
      if (pushed != null) {
        pushed.stop(timeLimit);
      }
    }

    @Override
    public boolean passesPorts() {
      return pushed != null && pushed.passesPorts();
    }

    @Override
    public boolean isExclusive() {
      return pushed != null && pushed.isExclusive();
    }
  }

  private static void take(
      HttpServerEndpoint endpoint, Consumer to, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(3L * b.length);
      Map<String, String> resource = new LinkedHashMap<>();
      // Pprof has no resource; a sender may specify one in the query.
      for (String name : request.query().names()) {
        resource.put(name, String.valueOf(request.query().first(name)));
      }
      PprofFiles files = new PprofFiles(endpoint.maxBodyBytes());
      files.add(b, Map.of(), resource, Map.of());
      Outcome o = Outcome.ACCEPTED;
      if (files.samples() > 0) {
        o = ReceiverAdmission.deliver(files.batch(endpoint.metadata(request)), to, request);
      }
      HttpServerEndpoint.answer(response, o);
    }
  }
}

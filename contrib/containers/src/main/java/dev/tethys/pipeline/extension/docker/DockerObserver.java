package dev.tethys.pipeline.extension.docker;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.receiver.endpoint.EndpointObserver;
import dev.tethys.pipeline.receiver.endpoint.KnownEndpoints;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Observes the containers of a daemon: lists all, then inspects each that an event names; lists all
 * again at an interval or when the event stream ends.
 */
final class DockerObserver implements Extension, EndpointObserver {
  private static final System.Logger LOG = JulLogger.of(DockerObserver.class.getName());

  private static final String RUNNING =
      "/containers/json?filters=" + encoded("{\"status\":[\"running\"]}");

  private static final String CHANGES =
      "/events?filters="
          + encoded(
              "{\"type\":[\"container\"],\"event\":[\"start\",\"stop\",\"die\",\"destroy\","
                  + "\"pause\",\"unpause\",\"rename\",\"update\"]}");

  /** Overlap of event queries with the previous one, because the daemon's clock may differ. */
  private static final Duration OVERLAP = Duration.ofMinutes(1);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final DockerObserverConfig config;
  private final KubernetesEnvironment environment;
  private final String name;
  private final ContainerEndpoints endpoints;
  private final ResourceWatch.Pause pause;
  private final InstantSource clock;
  private final KnownEndpoints known = new KnownEndpoints();
  private final FailureLog failures = new FailureLog(); // of the thread
  private @Nullable Thread thread;

  /**
   * @param id prefix of endpoint IDs
   */
  DockerObserver(
      DockerObserverConfig config,
      KubernetesEnvironment environment,
      String name,
      String id,
      ResourceWatch.Pause pause,
      InstantSource clock) {
    this.config = config;
    this.environment = environment;
    this.name = name;
    this.endpoints = new ContainerEndpoints(config, id);
    this.pause = pause;
    this.clock = clock;
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  @Override
  public void start() throws IOException {
    JsonDocumentClient daemon = config.daemon().createClient(environment);
    thread =
        Thread.ofVirtual()
            .name(name)
            .start(
                SupervisedLoop.of(
                    "observer",
                    () -> {
                      try {
                        run(daemon);
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt(); // it is stopped
                      }
                    }));
  }

  private void run(JsonDocumentClient daemon) throws InterruptedException {
    Duration wait = FIRST_PAUSE;
    while (true) {
      try {
        Instant since = clock.instant().minus(OVERLAP);
        Instant until = clock.instant().plus(config.sync());
        inspectAll(daemon);
        failures.succeeded();
        wait = FIRST_PAUSE;
        // The daemon ends the stream at that time, unless something ends it before.
        daemon.events(
            CHANGES + "&since=" + since.getEpochSecond() + "&until=" + until.getEpochSecond(),
            config.sync().plus(config.timeout()),
            e -> inspect(daemon, e.path("Actor").path("ID").asString(e.path("id").asString(""))));
        pause.pause(FIRST_PAUSE); // limits the rate if a daemon ends streams immediately
      } catch (IOException | RuntimeException e) { // of any kind, it continues
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        String why =
            e instanceof IOException || e instanceof JacksonException
                ? JsonFailures.describe(e)
                : e.toString();
        if (failures.isNew(why)) {
          LOG.log(Level.WARNING, "{0}: keeping the known endpoints and retrying: {1}", name, why);
        }
        pause.pause(wait);
        wait = wait.multipliedBy(2);
        wait = wait.compareTo(LONGEST_PAUSE) < 0 ? wait : LONGEST_PAUSE;
      }
    }
  }

  private void inspectAll(JsonDocumentClient daemon) throws IOException, InterruptedException {
    Set<String> ids = new HashSet<>();
    for (JsonNode c : daemon.list(RUNNING, config.timeout())) {
      ids.add(c.path("Id").asString(""));
    }
    for (String id : ids) {
      inspect(daemon, id);
    }
    known.keepOnly("", ids);
  }

  private void inspect(JsonDocumentClient daemon, String id)
      throws IOException, InterruptedException {
    if (id.isEmpty()) {
      return;
    }
    try {
      known.set(id, endpoints.of(daemon.get("/containers/" + id + "/json", config.timeout())));
    } catch (JsonDocumentClient.RefusedException e) {
      if (e.status() != 404) {
        throw e;
      }
      known.set(id, java.util.List.of());
    }
  }

  @Override
  public void follow(Follower follower) {
    known.follow(follower);
  }

  @Override
  public void leave(Follower follower) {
    known.leave(follower);
  }

  @Override
  public void stop(Duration timeLimit) {
    if (thread != null) {
      thread.interrupt();
    }
  }
}

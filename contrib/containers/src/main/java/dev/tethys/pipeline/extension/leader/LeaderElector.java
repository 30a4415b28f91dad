package dev.tethys.pipeline.extension.leader;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.Leadership;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.LeaseElection;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Participates in leader election and notifies its followers of the result. */
final class LeaderElector implements Extension, Leadership {
  private static final System.Logger LOG = JulLogger.of(LeaderElector.class.getName());

  /** Maximum time to release the lease; otherwise others wait until it expires. */
  private static final Duration RELEASE = Duration.ofSeconds(2);

  private final LeaderElectorConfig config;
  private final KubernetesEnvironment environment;
  private final String name;
  private final LeaseElection.Clocks clocks;
  private final ResourceWatch.Pause pause;
  private final FailureLog failures = new FailureLog(); // of the thread

  @GuardedBy("itself")
  private final List<Follower> followers = new ArrayList<>();

  @GuardedBy("followers")
  private boolean leads;

  private boolean everLed; // of the thread
  private @Nullable LeaseElection election;
  private @Nullable Thread thread;

  LeaderElector(
      LeaderElectorConfig config,
      KubernetesEnvironment environment,
      String name,
      LeaseElection.Clocks clocks,
      ResourceWatch.Pause pause) {
    this.config = config;
    this.environment = environment;
    this.name = name;
    this.clocks = clocks;
    this.pause = pause;
  }

  @Override
  public void start() throws IOException {
    String host = environment.environment().apply("HOSTNAME");
    String identity = (host == null || host.isEmpty() ? "" : host + "_") + UUID.randomUUID();
    LeaseElection e =
        new LeaseElection(
            config.terms(identity),
            new ResourceWatch.Connection(
                config.access().access(environment), environment.sender(), pause),
            clocks,
            new LeadershipListener());
    election = e;
    LOG.log(Level.INFO, "{0}: joined leader election as {1}", name, identity);
    thread =
        Thread.ofVirtual()
            .name(name)
            .start(
                SupervisedLoop.of(
                    "leader",
                    () -> {
                      try {
                        e.run();
                      } catch (InterruptedException x) {
                        Thread.currentThread().interrupt();
                      }
                    }));
  }

  private final class LeadershipListener implements LeaseElection.Listener {
    @Override
    public void leads(boolean is) {
      failures.succeeded();
      LOG.log(Level.INFO, is ? "{0}: leads" : "{0}: leads no longer", name);
      everLed |= is;
      synchronized (followers) {
        leads = is;
        followers.forEach(f -> f.leads(is));
      }
    }

    @Override
    public void failed(String reason) {
      if (failures.isNew(reason)) {
        LOG.log(Level.WARNING, "{0}: {1}", name, reason);
      }
    }
  }

  @Override
  public void follow(Follower follower) {
    synchronized (followers) {
      followers.add(follower);
      follower.leads(leads);
    }
  }

  @Override
  public void leave(Follower follower) {
    synchronized (followers) {
      followers.remove(follower);
    }
  }

  /** Whether all followers have stopped, before which no other replica may start. */
  private boolean isAlone() {
    synchronized (followers) {
      return followers.isEmpty();
    }
  }

  @Override
  public Duration grace() {
    return Duration.ofSeconds(config.duration().toSeconds()).minus(config.deadline());
  }

  @Override
  public void stop(Duration timeLimit) {
    Thread t = thread;
    LeaseElection e = election;
    if (t == null || e == null) {
      return;
    }
    t.interrupt();
    try {
      if (t.join(RELEASE) && everLed && isAlone()) {
        e.release(RELEASE);
      }
    } catch (IOException x) {
      LOG.log(
          Level.INFO, "{0}: Lease not released, waiting for its expiry: {1}", name, x.getMessage());
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
    }
  }
}

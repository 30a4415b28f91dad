package dev.tethys.collect.observe;

import dev.tethys.collect.observe.container.ContainerRegistry;
import dev.tethys.collect.observe.process.ProcessHandler;
import dev.tethys.collect.observe.tls.JavaTls;
import dev.tethys.collect.observe.tls.TlsProbes;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Passes process start and exit events to the registry and the probes, and counts them. */
final class ProcessLife implements ProcessHandler {
  private final ContainerRegistry containers;
  private @Nullable TlsProbes probes;
  private @Nullable JavaTls java;
  private final AtomicLong forked = new AtomicLong();
  private final AtomicLong executed = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();

  ProcessLife(ContainerRegistry containers) {
    this.containers = containers;
  }

  /** Passes ends of processes to probes as well. Must be called before processes are read. */
  void watch(@Nullable TlsProbes tls, @Nullable JavaTls javaTls) {
    probes = tls;
    java = javaTls;
  }

  /** Returns the number of forked processes. */
  long forks() {
    return forked.get();
  }

  /** Returns the number of processes that executed a program. */
  long executions() {
    return executed.get();
  }

  /** Returns the number of exited processes. */
  long ends() {
    return ended.get();
  }

  @Override
  public void forked(int parent, int child) {
    forked.incrementAndGet();
    containers.processForked(parent, child);
  }

  @Override
  public void executed(int process) {
    executed.incrementAndGet();
    containers.processStarted(process); // its name is that of the program now
    if (probes != null) {
      probes.suspect(process);
    }
  }

  @Override
  public void ended(int process, int signal) {
    ended.incrementAndGet();
    containers.processExited(process, false);
    if (probes != null && signal != 0) {
      probes.killed(process, signal);
    }
    if (java != null && signal != 0) {
      java.killed(process, signal);
    }
  }
}

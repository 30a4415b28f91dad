package dev.tethys.collect.observe.connection;

import dev.tethys.collect.observe.connection.ConnectionTracker.FirstSeenOrigin;
import dev.tethys.collect.observe.kernel.NetworkNamespace;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Connections without eBPF: the sockets of every network namespace at intervals. Connections
 * shorter than the interval, failures and handshake times are not seen. Not thread-safe.
 */
public final class PolledConnections implements TcpSource {
  private static final int MAX_NAMESPACES = 1024;

  private final ConnectionTracker tracker;
  private final Path proc;
  private final ProcessFiles processes;
  private final LocalAddresses addresses;
  private final Map<Long, Integer> processOfInode = new HashMap<>();
  private final Map<Integer, Integer> namespaces = new LinkedHashMap<>();
  private boolean first = true;

  /**
   * Checks that the kernel responds.
   *
   * @throws LibraryException if it does not
   */
  public PolledConnections(ConnectionTracker tracker, Path proc, LocalAddresses addresses)
      throws LibraryException {
    this.tracker = tracker;
    this.proc = proc;
    processes = new ProcessFiles(proc);
    this.addresses = addresses;
    new SocketDiagnosis().close();
  }

  @Override
  public void readEvents(long time) {
    // there are none without eBPF
  }

  @Override
  public void readSockets(Runnable between) throws IOException {
    scanProcesses();
    FutureTask<@Nullable Void> pass =
        new FutureTask<>(
            () -> {
              pass();
              return null;
            });
    Thread.ofPlatform().name("observe-sockets").daemon().start(pass);
    try {
      pass.get();
    } catch (InterruptedException e) {
      pass.cancel(true);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while reading sockets", e);
    } catch (ExecutionException e) {
      throw new IOException("sockets cannot be read: " + e.getMessage(), e);
    }
  }

  /** A pass in a separate thread, which moves from namespace to namespace. */
  private void pass() throws IOException {
    long now = System.nanoTime();
    FirstSeenOrigin unseen = first ? FirstSeenOrigin.KNOWN : FirstSeenOrigin.OPENED;
    int own = addresses.namespaceOf((int) ProcessHandle.current().pid());
    tracker.beginPass();
    passOf(own, now, unseen);
    for (Map.Entry<Integer, Integer> ns : namespaces.entrySet()) {
      if (ns.getKey() != own) {
        try {
          NetworkNamespace.enter(proc, ns.getValue());
          passOf(ns.getKey(), now, unseen);
        } catch (LibraryException e) {
          continue; // the process is gone, or the right is missing
        }
      }
    }
    tracker.endPass(now, false);
    first = false;
  }

  private void passOf(int namespace, long now, FirstSeenOrigin unseen) throws IOException {
    try (SocketDiagnosis sockets = new SocketDiagnosis()) {
      sockets.forEach(
          (v, inode) -> {
            if (v.state == TcpState.LISTEN) {
              locate(v, namespace, inode);
              tracker.listenerInPass(v);
            }
          });
      sockets.forEach(
          (v, inode) -> {
            if (v.state != TcpState.LISTEN) {
              locate(v, namespace, inode);
              tracker.connectionInPass(now, v, unseen);
            }
          });
    }
  }

  private void locate(SocketView v, int namespace, long inode) {
    v.namespace = namespace;
    v.process = processOfInode.getOrDefault(inode, 0);
  }

  /** Records the processes of sockets, and a process in each namespace. */
  private void scanProcesses() throws IOException {
    processOfInode.clear();
    namespaces.clear();
    for (int process : processes.pids()) {
      int namespace = addresses.namespaceOf(process);
      if (namespace != 0 && namespaces.size() < MAX_NAMESPACES) {
        namespaces.putIfAbsent(namespace, process);
      }
      for (ProcessFiles.OpenFile f : processes.openFiles(process)) {
        String inode = f.socketInode();
        if (!inode.isEmpty()) {
          processOfInode.putIfAbsent(Long.parseLong(inode), process);
        }
      }
    }
  }

  @Override
  public long lostEvents() {
    return 0;
  }

  @Override
  public void close() {
    // no connection stays open between passes
  }
}

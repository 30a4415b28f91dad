package dev.tethys.collect.observe.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProcessConnectorTest {
  private static final int WHAT = 36;
  private static final int DATA = 52;

  private static final class Recorded implements ProcessHandler {
    final List<String> events = new ArrayList<>();

    @Override
    public void forked(int parent, int child) {
      events.add("fork " + parent + " " + child);
    }

    @Override
    public void executed(int process) {
      events.add("exec " + process);
    }

    @Override
    public void ended(int process, int signal) {
      events.add("exit " + process + " " + signal);
    }
  }

  private static void report(ProcessHandler to, int what, int... data) {
    ByteBuffer b = ByteBuffer.allocate(DATA + 24).order(ByteOrder.nativeOrder());
    b.putInt(WHAT, what);
    for (int i = 0; i < data.length; i++) {
      b.putInt(DATA + 4 * i, data[i]);
    }
    ProcessConnector.report(b, to);
  }

  @Test
  void leavesOutThreads() {
    Recorded r = new Recorded();
    report(r, 1, 10, 10, 20, 20);
    report(r, 1, 10, 10, 21, 20); // a thread of 20
    report(r, 2, 20, 20);
    report(r, 4, 20, 20); // a change of the user
    report(r, 0x8000_0000, 21, 20, 0, 0);
    report(r, 0x8000_0000, 20, 20, 139, 17); // SIGSEGV with a core
    report(r, 0x8000_0000, 30, 30, 256, 17); // exit(1)
    assertThat(r.events).containsExactly("fork 10 20", "exec 20", "exit 20 11", "exit 30 0");
  }

  @Test
  void reportsProcessesOfThisMachine() throws IOException, InterruptedException {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    ProcessHandler sink =
        new ProcessHandler() {
          @Override
          public void forked(int parent, int child) {
            seen.add("fork " + child);
          }

          @Override
          public void executed(int process) {
            seen.add("exec " + process);
          }

          @Override
          public void ended(int process, int signal) {
            seen.add("exit " + process + " " + signal);
          }
        };
    try (ProcessConnector connector = ProcessConnector.open(sink)) {
      connector.start();
      Process p = new ProcessBuilder("true").start();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (!seen.contains("exit " + p.pid() + " 0") && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      assertThat(seen).contains("exec " + p.pid(), "exit " + p.pid() + " 0");
    } catch (LibraryException e) {
      abort("the kernel has no process connector here: " + e.getMessage());
    }
  }

  /**
   * Who reads what a short process did must know it first, however busy the thread of events is.
   */
  @Test
  void handlesPendingEventsOnDemand() throws Exception {
    Recorded r = new Recorded();
    try (ProcessConnector connector = ProcessConnector.open(r)) {
      Process p = new ProcessBuilder("true").start();
      assertThat(p.waitFor()).isZero();
      connector.readUntil(System.nanoTime());
      assertThat(r.events).contains("exec " + p.pid());
      assertThat(r.events).anyMatch(e -> e.matches("fork \\d+ " + p.pid()));
    } catch (LibraryException e) {
      abort("the kernel has no process connector here: " + e.getMessage());
    }
  }
}
